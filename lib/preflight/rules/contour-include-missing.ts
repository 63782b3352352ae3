import { nearest } from '../../findings';
import { listAt, textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const root = (name: string) => ({
  apiVersion: 'projectcontour.io/v1',
  kind: 'HTTPProxy',
  metadata: { name: 'root', namespace: 'shop' },
  spec: { virtualhost: { fqdn: 'shop.example' }, includes: [{ name, namespace: 'shop' }] },
});
const byContour = canary('web', { spec: { provider: 'contour' } });

export default rule({
  id: 'contour-include-missing',
  severity: 'error',
  effect: 'outage',
  since: '0.3.0',
  why: 'The HTTPProxy that Flagger makes has no host of its own: a root HTTPProxy has to include it, by the name of spec.service.name (or of the target). A root that includes one which is not there is invalid (include not found), and Contour answers 502 or 404 for its host.',
  cause: 'Contour finds no HTTPProxy of the name that is included',
  source: [
    'fluxcd/flagger v1.44 pkg/router/contour.go (Reconcile)',
    'projectcontour/contour 1.33 internal/dag/httpproxy_processor.go (IncludeNotFound)',
  ],
  codes: [],
  restsOn: ['provider', 'namespace'],
  each: 'canary',
  check(one, report, world) {
    if (one.provider.value !== 'contour') return;
    const roots = world.writtenOfKind('HTTPProxy');
    const includes = roots.flatMap((entry) =>
      listAt(entry.object, 'spec', 'includes').map((include, index) => ({
        entry,
        index,
        name: textAt(include, 'name') ?? '',
        namespace: textAt(include, 'namespace') || entry.namespace,
      })),
    );
    if (includes.some(({ name, namespace }) => name === one.apexName && namespace === one.namespace)) return;
    for (const { entry, index, name, namespace } of includes) {
      if (namespace !== one.namespace || world.has('HTTPProxy', namespace, name)) continue;
      if (nearest(name, [one.apexName, one.name, one.targetRef.name]) === undefined && !name.startsWith(one.apexName))
        continue;
      report(entry, {
        about: one,
        pointer: `/spec/includes/${index}/name`,
        message: `HTTPProxy "${entry.name}" includes HTTPProxy ${namespace}/${name}, which nobody makes; that of Canary "${one.name}" has the name "${one.apexName}"`,
        nearest: one.apexName,
        edits: [{ value: one.apexName }],
        fix: `write name: ${one.apexName}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'another name than that of the Service',
        manifests: [deployment('web'), byContour, root('web-proxy')],
        expect: [
          {
            object: 'HTTPProxy shop/root',
            pointer: '/spec/includes/0/name',
            message:
              'HTTPProxy "root" includes HTTPProxy shop/web-proxy, which nobody makes; that of Canary "web" has the name "web"',
          },
        ],
      },
    ],
    good: [
      { name: 'the name of the Service', manifests: [deployment('web'), byContour, root('web')] },
      { name: 'something else', manifests: [deployment('web'), byContour, root('images')] },
    ],
  }),
});
