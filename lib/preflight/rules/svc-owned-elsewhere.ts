import { listAt, numberAt } from '../../kube';
import { canary, deployment, fluxKustomization, service } from '../case-manifests';
import { rule } from '../rule';

const apply = 'kustomize.toolkit.fluxcd.io/ssa';
const reconcile = 'kustomize.toolkit.fluxcd.io/reconcile';

export default rule({
  id: 'svc-owned-elsewhere',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: 'Flagger points the Service that callers use at the primary and writes its ports. Whoever applies the same Service again from Git (Helm, kubectl, Argo CD) points it back at the target, which has no pods between two rollouts. Ports that the Canary does not have are removed when Flagger takes the Service over.',
  cause: 'Flagger and whoever applies the manifest of the Service write the same selector and ports',
  source: [
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)',
    'fluxcd/pkg ssa/manager_apply.go (shouldSkipApply)',
    'fluxcd/flagger issues 351, 927, 1345 and 1407',
  ],
  codes: ['SVC_OWNED_ELSEWHERE', 'PORTS_DROPPED'],
  echoOf: ['port-caller-mismatch', 'service-omitted'],
  each: 'canary',
  check(canary, report, world) {
    if (canary.targetRef.kind === 'Service') return;
    const written = canary.writtenService;
    if (!written || !world.isTakenOver(written)) return;
    const made = new Set(canary.ports.map(({ port }) => port));
    const dropped = listAt(written.object, 'spec', 'ports').flatMap((port) => numberAt(port, 'port') ?? []);
    const lost = dropped.filter((port) => !made.has(port));
    const knowsPorts = canary.service.portDiscovery !== true || canary.target !== undefined;
    const losesPorts = lost.length > 0 && knowsPorts;
    const isLeftAlone = written.annotations[apply] === 'IfNotPresent' || written.annotations[reconcile] === 'disabled';
    // Flux leaves a Service alone once Flagger has taken it over; Flagger takes ports away all the same.
    if (!losesPorts && (isLeftAlone || world.kustomizationOf(written))) return;
    report(written, {
      about: canary,
      pointer: losesPorts ? '/spec/ports' : '/spec/selector',
      message: losesPorts
        ? `Service "${written.name}" has the ${lost.length === 1 ? 'port' : 'ports'} ${lost.join(', ')}, which Flagger removes when it takes the Service over for Canary "${canary.name}": it writes ${[...made].join(', ')}`
        : `Service "${written.name}" is written here and by Flagger for Canary "${canary.name}": applied again, it selects the target, which has no pods between two rollouts`,
      fix: losesPorts
        ? `write the ports in Canary "${canary.name}" (port, or portDiscovery with container ports ${lost.join(', ')}), or make a second Service of another name for them that selects the pods of the primary`
        : `remove Service "${written.name}" from the manifests: Flagger makes it${world.fluxKustomizations().length > 0 ? `; or, applied by Flux, add the annotation ${apply}: IfNotPresent to it` : ''}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the Service is in Git',
        manifests: [deployment('cart'), canary('cart'), service('cart')],
        expect: [
          {
            object: 'Service shop/cart',
            pointer: '/spec/selector',
            severity: 'warning',
            message:
              'Service "cart" is written here and by Flagger for Canary "cart": applied again, it selects the target, which has no pods between two rollouts',
          },
        ],
      },
      {
        name: 'it has a port that the Canary does not have',
        manifests: [
          deployment('cart'),
          canary('cart'),
          service('cart', {
            ports: [
              { name: 'http', port: 80 },
              { name: 'metrics', port: 9090 },
            ],
          }),
        ],
        expect: [
          {
            object: 'Service shop/cart',
            pointer: '/spec/ports',
            message:
              'Service "cart" has the port 9090, which Flagger removes when it takes the Service over for Canary "cart": it writes 80',
          },
        ],
      },
      {
        name: 'Flux only creates it, and Flagger removes a port all the same',
        manifests: [
          deployment('cart'),
          canary('cart'),
          service(
            'cart',
            {
              ports: [
                { name: 'http', port: 80 },
                { name: 'metrics', port: 9090 },
              ],
            },
            { annotations: { [apply]: 'IfNotPresent' } },
          ),
        ],
        expect: [{ object: 'Service shop/cart', pointer: '/spec/ports', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'Flux only creates it',
        manifests: [
          deployment('cart'),
          canary('cart'),
          service('cart', {}, { annotations: { [apply]: 'IfNotPresent' } }),
        ],
      },
      { name: 'Flagger makes it', manifests: [deployment('cart'), canary('cart')] },
      {
        name: 'Flux applies it, and not again once Flagger has annotated it',
        manifests: [fluxKustomization('apps')],
        files: { 'apps/cart.yaml': [deployment('cart'), canary('cart'), service('cart')] },
      },
    ],
  }),
});
