import { providerOf } from '../../flagger';
import { fieldsAt, isFields } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { lostFields } from '../lost-fields';
import { rule } from '../rule';

const proxy = (name: string, spec: Readonly<Record<string, unknown>>) => ({
  apiVersion: 'projectcontour.io/v1',
  kind: 'HTTPProxy',
  metadata: { name, namespace: 'shop' },
  spec,
});

/** Their names are those of the Services, or Flagger edits them where they stand: other rules speak of these. */
const ofOtherRules = new Set(['VirtualService', 'HTTPRoute', 'DestinationRule', 'Service', 'Ingress']);

export default rule({
  id: 'route-takeover',
  severity: 'warning',
  effect: 'wrong',
  since: '0.2.0',
  why: 'Flagger writes the route object of the apex name itself, for whatever provider: HTTPProxy, TraefikService, RouteTable, ApisixRoute, TrafficSplit. One of that name from Git is overwritten with the routes that Flagger knows, and what it had beside them is lost. Flagger also marks it (reconcile: disabled; not a TrafficSplit), so that Flux passes over it from then on, and what Git says of it has no effect any more; whoever else applies Git again fights with Flagger.',
  cause: 'Flagger makes the route object of this name, and knows no other fields',
  source: [
    'fluxcd/flagger v1.44 pkg/router/contour.go, traefik.go, gloo.go, apisix.go, smi.go (Reconcile)',
    'fluxcd/flagger v1.44 pkg/router/util.go (filterMetadata)',
    'fluxcd/flagger issue 968',
  ],
  codes: [],
  each: 'canary',
  check(one, report, world) {
    for (const { kind, names, make } of providerOf(one.provider.value).routes) {
      if (ofOtherRules.has(kind)) continue;
      for (const name of names(one.entry.object)) {
        const theirs = world.given(kind, one.namespace, name);
        if (!theirs) continue;
        const made = make?.({ canary: one.entry.object, value: one.provider.value, analysis: one.analysis }).find(
          ({ metadata }) => metadata.name === name,
        );
        const lost = made ? lostFields(fieldsAt(theirs.object, 'spec'), fieldsAt(made, 'spec')) : [];
        const isRoot = kind === 'HTTPProxy' && isFields(fieldsAt(theirs.object, 'spec').virtualhost);
        report(theirs, {
          about: one,
          pointer: '/spec',
          ...(isRoot && {
            severity: 'error' as const,
            cause:
              'Flagger makes the route object of this name, and an HTTPProxy without virtualhost that no other one includes serves nobody',
          }),
          message: `${kind} "${name}" has the name of the one that Flagger makes for Canary "${one.name}": it is overwritten${lost.length > 0 ? `, and ${lost.join(', ')} ${lost.length === 1 ? 'is' : 'are'} lost` : ''}`,
          fix: isRoot
            ? `give HTTPProxy "${name}" another name, and in its routes' place includes: [{name: ${name}, namespace: ${one.namespace}}], which is the one that Flagger makes`
            : lost.length > 0
              ? `remove ${kind} "${name}" from the manifests, and say ${lost.join(', ')} in an object that leads to it${kind === 'HTTPProxy' ? ' (the HTTPProxy with the virtualhost, which includes it)' : ''}, or in the application`
              : `remove ${kind} "${name}" from the manifests: Flagger makes it`,
        });
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'an HTTPProxy with more than Flagger writes',
        manifests: [
          deployment('web'),
          proxy('web', {
            routes: [{ conditions: [{ prefix: '/' }], enableWebsockets: true, services: [{ name: 'web', port: 80 }] }],
          }),
          canary('web', { spec: { provider: 'contour' } }),
        ],
        expect: [
          {
            object: 'HTTPProxy shop/web',
            pointer: '/spec',
            message:
              'HTTPProxy "web" has the name of the one that Flagger makes for Canary "web": it is overwritten, and enableWebsockets is lost',
          },
        ],
      },
      {
        name: 'an HTTPProxy with the host',
        manifests: [
          deployment('web'),
          proxy('web', {
            virtualhost: { fqdn: 'shop.example.com' },
            routes: [{ conditions: [{ prefix: '/' }], services: [{ name: 'web', port: 80 }] }],
          }),
          canary('web', { spec: { provider: 'contour' } }),
        ],
        expect: [
          {
            object: 'HTTPProxy shop/web',
            severity: 'error',
            message:
              'HTTPProxy "web" has the name of the one that Flagger makes for Canary "web": it is overwritten, and virtualhost is lost',
          },
        ],
      },
      {
        name: 'a TraefikService',
        manifests: [
          deployment('web'),
          {
            apiVersion: 'traefik.io/v1alpha1',
            kind: 'TraefikService',
            metadata: { name: 'web', namespace: 'shop' },
            spec: { weighted: { services: [{ name: 'web', port: 80 }], sticky: { cookie: {} } } },
          },
          canary('web', { spec: { provider: 'traefik' } }),
        ],
        expect: [
          {
            object: 'TraefikService shop/web',
            message:
              'TraefikService "web" has the name of the one that Flagger makes for Canary "web": it is overwritten, and sticky is lost',
          },
        ],
      },
    ],
    good: [
      {
        name: 'one that includes it',
        manifests: [
          deployment('web'),
          proxy('root', { virtualhost: { fqdn: 'shop.example.com' }, includes: [{ name: 'web' }] }),
          canary('web', { spec: { provider: 'contour' } }),
        ],
      },
    ],
  }),
});
