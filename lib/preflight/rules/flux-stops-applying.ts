import { canary, deployment, fluxKustomization, service, virtualService } from '../case-manifests';
import { rule } from '../rule';

const annotations = {
  apply: 'kustomize.toolkit.fluxcd.io/ssa',
  reconcile: 'kustomize.toolkit.fluxcd.io/reconcile',
} as const;

export default rule({
  id: 'flux-stops-applying',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger annotates a Service or route that it updates with kustomize.toolkit.fluxcd.io/reconcile: disabled, so that Flux does not undo it. From then on Flux skips the object in the cluster: whatever is changed in Git later (ports, type, annotations, hosts) is never applied, and nothing says so.',
  cause: 'Flux skips an object that has the annotation reconcile: disabled in the cluster',
  source: [
    'fluxcd/flagger v1.44 pkg/router/util.go (filterMetadata)',
    'fluxcd/kustomize-controller v1.9 internal/controller/kustomization_controller.go (apply)',
    'fluxcd/pkg ssa/manager_apply.go (shouldSkipApply)',
  ],
  codes: ['FLUX_ANNOT_STOPS_GIT'],
  echoOf: ['svc-owned-elsewhere', 'vs-takeover'],
  each: 'canary',
  check(canary, report, world) {
    const routeKind = canary.isIstio ? 'VirtualService' : canary.isGatewayApi ? 'HTTPRoute' : undefined;
    const route = routeKind && world.given(routeKind, canary.namespace, canary.apexName);
    const service = canary.targetRef.kind === 'Service' ? undefined : canary.writtenService;
    for (const written of [service, route]) {
      const kustomization = written && world.kustomizationOf(written);
      if (!kustomization) continue;
      // Who writes one of these knows it.
      if (written.annotations[annotations.apply] || written.annotations[annotations.reconcile] === 'disabled') continue;
      const { kind } = written;
      report(written, {
        about: canary,
        message: `Kustomization "${kustomization.name}" applies ${kind} "${written.name}" only until Flagger takes it over for Canary "${canary.name}": later changes of it in Git have no effect`,
        fix: `write what it has to hold into spec.service of Canary "${canary.name}" and remove ${kind} "${written.name}" from Git${kind === 'Service' ? `, or add the annotation ${annotations.apply}: IfNotPresent to it` : ''}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a Service',
        manifests: [fluxKustomization('apps')],
        files: { 'apps/cart.yaml': [deployment('cart'), service('cart'), canary('cart')] },
        expect: [
          {
            object: 'Service shop/cart',
            severity: 'warning',
            message:
              'Kustomization "apps" applies Service "cart" only until Flagger takes it over for Canary "cart": later changes of it in Git have no effect',
          },
        ],
      },
      {
        name: 'a VirtualService',
        manifests: [fluxKustomization('apps')],
        files: {
          'apps/cart.yaml': [
            deployment('cart'),
            virtualService('cart', { hosts: ['cart'], http: [{ route: [{ destination: { host: 'cart' } }] }] }),
            canary('cart'),
          ],
        },
        expect: [{ object: 'VirtualService shop/cart' }],
      },
    ],
    good: [
      {
        name: 'Flux only creates it',
        manifests: [fluxKustomization('apps')],
        files: {
          'apps/cart.yaml': [
            deployment('cart'),
            service('cart', {}, { annotations: { [annotations.apply]: 'IfNotPresent' } }),
            canary('cart'),
          ],
        },
      },
      {
        name: 'Flagger makes it',
        manifests: [fluxKustomization('apps')],
        files: { 'apps/cart.yaml': [deployment('cart'), canary('cart')] },
      },
      { name: 'Flux does not apply it', manifests: [deployment('cart'), service('cart'), canary('cart')] },
    ],
  }),
});
