import { providerOf } from '../../flagger';
import { fieldsAt, listAt, textAt, textsAt } from '../../kube';
import { type CanaryView, type Entry, qualifyGateway } from '../../world';
import { canary, deployment, virtualService } from '../case-manifests';
import { lostFields } from '../lost-fields';
import { rule } from '../rule';

export default rule({
  id: 'vs-takeover',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: "Flagger writes the VirtualService of the Service's name itself. One of that name from Git is overwritten, and its rules (retries, rewrites, other routes) are lost; the original stays in an annotation only. Its hosts and gateways are those of the Canary then: a route that let users in from outside lets nobody in any more.",
  cause: 'Flagger makes the VirtualService of this name',
  source: ['fluxcd/flagger v1.44 pkg/router/istio.go (reconcileVirtualService)'],
  codes: ['VS_TAKEOVER'],
  each: 'canary',
  check(canary, report, world) {
    if (!canary.isIstio && !canary.isGatewayApi) return;
    const kind = canary.isIstio ? 'VirtualService' : 'HTTPRoute';
    const route = world.given(kind, canary.namespace, canary.apexName);
    if (!route) return;
    const lost = gatewaysOf(route).filter((gateway) => !kept(canary).includes(gateway));
    const all = lost.join(', ');
    const made = providerOf(canary.provider.value)
      .routes.find((one) => one.kind === kind)
      ?.make?.({ canary: canary.entry.object, value: canary.provider.value, analysis: canary.analysis })
      .find(({ metadata }) => metadata.name === route.name);
    const fields = made ? lostFields(fieldsAt(route.object, 'spec'), fieldsAt(made, 'spec')) : [];
    const gone = fields.filter((field) => !['gateways', 'parentRefs', 'hosts', 'hostnames', 'subset'].includes(field));
    report(route, {
      about: canary,
      ...(lost.length > 0 && { severity: 'error', pointer: canary.isIstio ? '/spec/gateways' : '/spec/parentRefs' }),
      message: `${kind} "${route.name}" has the name of the one that Flagger makes for Canary "${canary.name}": its rules are overwritten${gone.length > 0 ? ` (lost: ${gone.join(', ')})` : ''}${lost.length > 0 ? `, and nothing that comes in by Gateway ${all} reaches "${canary.apexName}" any more` : ''}`,
      fix:
        lost.length > 0
          ? `write Gateway ${all} into ${canary.isIstio ? 'spec.service.gateways (with "mesh")' : 'spec.service.gatewayRefs'} of Canary "${canary.name}" and the hosts into spec.service.hosts, move the other rules to spec.service too, and remove ${kind} "${route.name}" from the manifests`
          : 'move its rules to spec.service of the Canary, and remove it from the manifests',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'one of the name',
        manifests: [
          deployment('frontend'),
          virtualService('frontend', {
            hosts: ['frontend'],
            http: [{ route: [{ destination: { host: 'frontend' } }] }],
          }),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'VirtualService shop/frontend',
            message:
              'VirtualService "frontend" has the name of the one that Flagger makes for Canary "frontend": its rules are overwritten',
          },
        ],
      },
      {
        name: 'it was the way in',
        manifests: [
          deployment('frontend'),
          virtualService('frontend', {
            hosts: ['shop.example.com'],
            gateways: ['public'],
            http: [{ route: [{ destination: { host: 'frontend' } }] }],
          }),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'VirtualService shop/frontend',
            pointer: '/spec/gateways',
            severity: 'error',
            message:
              'VirtualService "frontend" has the name of the one that Flagger makes for Canary "frontend": its rules are overwritten, and nothing that comes in by Gateway shop/public reaches "frontend" any more',
          },
        ],
      },
      {
        name: 'the Canary has the same gateway',
        manifests: [
          deployment('frontend'),
          virtualService('frontend', {
            hosts: ['shop.example.com'],
            gateways: ['shop/public'],
            http: [{ route: [{ destination: { host: 'frontend' } }] }],
          }),
          canary('frontend', { service: { gateways: ['public', 'mesh'], hosts: ['shop.example.com'] } }),
        ],
        expect: [{ object: 'VirtualService shop/frontend', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'another name',
        manifests: [
          deployment('frontend'),
          virtualService('cart', { hosts: ['cart'], http: [{ route: [{ destination: { host: 'cart' } }] }] }),
          canary('frontend'),
        ],
      },
    ],
  }),
});

/** The gateways by which somebody's own route lets requests in, as `namespace/name`. */
function gatewaysOf({ object, namespace, kind }: Entry): readonly string[] {
  return kind === 'VirtualService'
    ? textsAt(object, 'spec', 'gateways').flatMap((name) => (name === 'mesh' ? [] : qualifyGateway(name, namespace)))
    : listAt(object, 'spec', 'parentRefs').flatMap((ref) => parentGateway(ref, namespace));
}

/** Those of the route that Flagger makes. */
function kept(canary: CanaryView): readonly string[] {
  return canary.isIstio
    ? canary.gateways.map((name) => qualifyGateway(name, canary.namespace))
    : canary.gatewayRefs.flatMap((ref) => parentGateway(ref, canary.namespace));
}

function parentGateway(ref: unknown, namespace: string): readonly string[] {
  if ((textAt(ref, 'kind') || 'Gateway') !== 'Gateway') return [];
  return [`${textAt(ref, 'namespace') || namespace}/${textAt(ref, 'name') ?? ''}`];
}
