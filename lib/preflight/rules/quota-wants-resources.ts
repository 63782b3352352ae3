import { fieldsAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const quota = (hard: object) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'compute', namespace: 'shop' },
  spec: { hard },
});
const limitRange = {
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'defaults', namespace: 'shop' },
  spec: { limits: [{ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '100m' } }] },
};

/** What a quota counts, by the field that each container must then have. */
const counted: readonly (readonly [resource: RegExp, field: 'requests' | 'limits', name: string])[] = [
  [/^(requests\.)?cpu$/, 'requests', 'cpu'],
  [/^(requests\.)?memory$/, 'requests', 'memory'],
  [/^limits\.cpu$/, 'limits', 'cpu'],
  [/^limits\.memory$/, 'limits', 'memory'],
];

export default rule({
  id: 'quota-wants-resources',
  severity: 'warning',
  effect: 'stuck',
  since: '0.3.0',
  why: 'Where a ResourceQuota counts cpu or memory, the API server refuses every pod with a container that does not say it (must specify limits.cpu), unless a LimitRange of the namespace gives it a default. Neither the primary nor the canary gets a pod, and Flagger waits until its deadline.',
  cause: 'the API server refuses a pod that a quota cannot count',
  source: ['kubernetes.io/docs/concepts/policy/resource-quotas (Requests compared to Limits)'],
  codes: [],
  each: 'canary',
  check(one, report, world) {
    const { target, namespace } = one;
    if (!target || world.inNamespace('LimitRange', namespace).length > 0) return;
    for (const quota of world.inNamespace('ResourceQuota', namespace)) {
      const { scopes, scopeSelector, hard } = fieldsAt(quota.object, 'spec');
      if (scopes !== undefined || scopeSelector !== undefined) continue;
      const missing = Object.keys(fieldsAt({ hard }, 'hard')).flatMap((resource) => {
        const [, field, name] = counted.find(([pattern]) => pattern.test(resource)) ?? [];
        if (field === undefined || name === undefined) return [];
        // A limit counts as the request too.
        const lacks = target.containers.find(
          ({ fields }) =>
            fieldsAt(fields, 'resources', field)[name] === undefined &&
            fieldsAt(fields, 'resources', 'limits')[name] === undefined,
        );
        return lacks ? [{ resource, container: lacks.name, path: `resources.${field}.${name}` }] : [];
      });
      const [first] = missing;
      if (!first) continue;
      report(target, {
        about: one,
        message: `ResourceQuota "${quota.name}" counts ${missing.map(({ resource }) => resource).join(', ')}, and container "${first.container}" of "${target.name}" has no ${first.path}: its pods are refused`,
        fix: `write ${[...new Set(missing.map(({ path }) => path))].join(' and ')} into each container of ${target.kind} "${target.name}", or make a LimitRange with defaults in namespace "${namespace}"`,
      });
      return;
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a container without the limit that is counted',
        manifests: [deployment('cart'), canary('cart'), quota({ 'limits.cpu': '4' })],
        expect: [
          {
            object: 'Deployment shop/cart',
            severity: 'warning',
            message:
              'ResourceQuota "compute" counts limits.cpu, and container "server" of "cart" has no resources.limits.cpu: its pods are refused',
          },
        ],
        mended: [
          deployment('cart', { container: { resources: { limits: { cpu: '500m' } } } }),
          canary('cart'),
          quota({ 'limits.cpu': '4' }),
        ],
      },
    ],
    good: [
      {
        name: 'a LimitRange gives defaults',
        manifests: [deployment('cart'), canary('cart'), quota({ 'limits.cpu': '4' }), limitRange],
      },
      { name: 'pods alone are counted', manifests: [deployment('cart'), canary('cart'), quota({ pods: '10' })] },
    ],
  }),
});
