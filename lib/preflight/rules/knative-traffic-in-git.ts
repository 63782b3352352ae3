import { listAt } from '../../kube';
import { canary } from '../case-manifests';
import { rule } from '../rule';

const knative = (spec: object) => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    template: { spec: { containers: [{ image: 'registry.example.com/web:1', ports: [{ containerPort: 8080 }] }] } },
    ...spec,
  },
});
const byKnative = canary('web', {
  spec: { provider: 'knative', targetRef: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'web' } },
});

export default rule({
  id: 'knative-traffic-in-git',
  severity: 'warning',
  effect: 'wrong',
  since: '0.3.0',
  why: 'With provider knative Flagger moves the traffic by spec.traffic of the Service of Knative itself: it pins the primary to its revision and gives the latest one its weight. Who applies a Service with spec.traffic again from Git writes over that: all users get the new revision at once, before any check, or the weights go back in the middle of a rollout.',
  cause: 'Flagger and whoever applies the manifest write the same field, spec.traffic',
  source: ['fluxcd/flagger v1.44 pkg/router/knative.go (Reconcile, SetRoutes)'],
  codes: [],
  each: 'canary',
  shared: (world) => {
    const services = world.ofKind('Service', 'serving.knative.dev');
    return services.length === 0 ? undefined : services;
  },
  check(canary, report, _world, services) {
    if (canary.provider.value !== 'knative') return;
    const service = services.find(
      ({ namespace, name }) => namespace === canary.namespace && name === canary.targetRef.name,
    );
    if (!service || listAt(service.object, 'spec', 'traffic').length === 0) return;
    report(service, {
      about: canary,
      pointer: '/spec/traffic',
      message: `Service "${service.name}" of Knative has spec.traffic in its manifest, which Flagger writes for Canary "${canary.name}": applied again, it takes the weights away`,
      fix: `remove spec.traffic from Service "${service.name}": Flagger writes it`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'all to the latest revision',
        manifests: [knative({ traffic: [{ latestRevision: true, percent: 100 }] }), byKnative],
        expect: [
          {
            object: 'Service shop/web',
            pointer: '/spec/traffic',
            message:
              'Service "web" of Knative has spec.traffic in its manifest, which Flagger writes for Canary "web": applied again, it takes the weights away',
          },
        ],
        mended: [knative({}), byKnative],
      },
    ],
    good: [{ name: 'Flagger alone writes it', manifests: [knative({}), byKnative] }],
  }),
});
