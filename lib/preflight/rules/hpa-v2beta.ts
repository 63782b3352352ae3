import { at, fieldsAt, listAt, textAt } from '../../kube';
import type { CanaryView, Entry } from '../../world';
import { canary, deployment, hpa } from '../case-manifests';
import { rule } from '../rule';

/** @see kubernetes.io/docs/reference/using-api/deprecation-guide */
const servedUntil: Readonly<Record<string, string>> = { 'autoscaling/v2beta1': '1.24', 'autoscaling/v2beta2': '1.25' };

const old = (apiVersion: string) => ({ ...hpa('frontend', 'frontend'), apiVersion });
const scaled = (apiVersion: string) =>
  canary('frontend', {
    spec: { autoscalerRef: { apiVersion, kind: 'HorizontalPodAutoscaler', name: 'frontend' } },
  });

export default rule({
  id: 'hpa-v2beta',
  severity: 'error',
  effect: 'rejected',
  since: '0.1.0',
  why: 'Kubernetes serves autoscaling/v2beta1 up to 1.24 and autoscaling/v2beta2 up to 1.25: a later one refuses the object, so the autoscaler is never made and a Canary that refers to it is never initialized. Flagger 1.44 itself reads autoscaling/v2 only; it never looks at the version in autoscalerRef.',
  cause: 'only autoscaling/v2 is served and read',
  source: [
    'fluxcd/flagger v1.44 CHANGELOG.md (1.44.0)',
    'fluxcd/flagger v1.44 pkg/canary/hpa_reconciler.go (reconcilePrimaryHpa)',
    'kubernetes.io/docs/reference/using-api/deprecation-guide (HorizontalPodAutoscaler v1.25, v1.26)',
  ],
  codes: ['HPA_V2BETA'],
  each: 'world',
  check(world, report) {
    const users = new Map<string, CanaryView>();
    for (const canary of world.canaries()) {
      const ref = fieldsAt(canary.spec, 'autoscalerRef');
      if (textAt(ref, 'kind') !== 'HorizontalPodAutoscaler') continue;
      users.set(`${canary.namespace}/${textAt(ref, 'name') ?? ''}`, canary);
    }
    for (const entry of world.writtenOfKind('HorizontalPodAutoscaler')) {
      const { apiVersion } = entry.object;
      const last = servedUntil[apiVersion];
      if (last === undefined) continue;
      const about = users.get(`${entry.namespace}/${entry.name}`);
      report(entry, {
        pointer: '/apiVersion',
        ...(about ? { about } : {}),
        message: `HorizontalPodAutoscaler "${entry.name}" is of ${apiVersion}, which Kubernetes serves up to ${last} only${about ? `: Canary "${about.name}" waits for it` : ''}`,
        fix: `write apiVersion: autoscaling/v2 into HorizontalPodAutoscaler "${entry.name}"${newMetrics(entry)}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'an autoscaler of v2beta2 with its Canary',
        manifests: [deployment('frontend'), old('autoscaling/v2beta2'), scaled('autoscaling/v2beta2')],
        expect: [
          {
            object: 'HorizontalPodAutoscaler shop/frontend',
            pointer: '/apiVersion',
            severity: 'error',
            message:
              'HorizontalPodAutoscaler "frontend" is of autoscaling/v2beta2, which Kubernetes serves up to 1.25 only: Canary "frontend" waits for it',
          },
        ],
      },
      {
        name: 'an autoscaler of v2beta1 without a Canary',
        manifests: [deployment('frontend'), old('autoscaling/v2beta1')],
        expect: [
          {
            object: 'HorizontalPodAutoscaler shop/frontend',
            message:
              'HorizontalPodAutoscaler "frontend" is of autoscaling/v2beta1, which Kubernetes serves up to 1.24 only',
          },
        ],
      },
    ],
    good: [
      {
        name: 'only the reference is old: Flagger does not read its version',
        manifests: [deployment('frontend'), hpa('frontend', 'frontend'), scaled('autoscaling/v2beta2')],
      },
      {
        name: 'v2',
        manifests: [deployment('frontend'), hpa('frontend', 'frontend'), scaled('autoscaling/v2')],
      },
      { name: 'v1, which is served', manifests: [deployment('frontend'), old('autoscaling/v1')] },
    ],
  }),
});

/** The metrics of v2beta1 in the form of v2, with the numbers that stand there. */
function newMetrics({ object }: Entry): string {
  const texts = listAt(object, 'spec', 'metrics').flatMap((metric) => {
    const name = textAt(metric, 'resource', 'name');
    const utilization = at(metric, 'resource', 'targetAverageUtilization');
    const value = at(metric, 'resource', 'targetAverageValue');
    if (name === undefined || (utilization === undefined && value === undefined)) return [];
    const target =
      utilization === undefined
        ? `{type: AverageValue, averageValue: ${value}}`
        : `{type: Utilization, averageUtilization: ${utilization}}`;
    return [`{type: Resource, resource: {name: ${name}, target: ${target}}}`];
  });
  return texts.length === 0 ? '' : `, and its metrics as [${texts.join(', ')}]`;
}
