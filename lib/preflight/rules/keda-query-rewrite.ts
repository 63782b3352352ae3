import { fieldsAt, isFields, listAt, textAt, textMapAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'keda-query-rewrite',
  severity: 'warning',
  effect: 'wrong',
  since: '0.1.0',
  why: "For the primary Flagger replaces the target's name in every trigger's query, unless primaryScalerQueries gives one by the trigger's name. The plain replacement also hits other words that hold the name.",
  cause: "queries are rewritten by replacing the target's name",
  source: ['fluxcd/flagger v1.44 pkg/canary/scaled_object_reconciler.go (setPrimaryScaledObjectQueries)'],
  codes: ['KEDA_QUERY_REWRITE'],
  each: 'canary',
  check(canary, report) {
    const scaler = canary.autoscaler;
    if (scaler?.kind !== 'ScaledObject') return;
    const given = textMapAt(fieldsAt(canary.spec, 'autoscalerRef'), 'primaryScalerQueries');
    for (const [index, trigger] of listAt(fieldsAt(scaler.object, 'spec'), 'triggers').filter(isFields).entries()) {
      const pods = textAt(trigger, 'metadata', 'podSelector');
      const label = canary.selectorLabel && `${canary.selectorLabel.key}=${canary.selectorLabel.value}`;
      if (pods !== undefined && label !== undefined && pods.split(',').some((one) => one.trim() === label)) {
        report(scaler, {
          about: canary,
          pointer: `/spec/triggers/${index}/metadata/podSelector`,
          message: `trigger ${index} of ScaledObject "${scaler.name}" counts the pods of ${label}, and Flagger copies it as it is: the primary is scaled by the number of the canary's pods, which is 0 between rollouts`,
          fix: `count pods by a label that the target and its primary share, or keep the trigger out of ScaledObject "${scaler.name}"`,
        });
        continue;
      }
      const query = textAt(trigger, 'metadata', 'query');
      const name = textAt(trigger, 'name');
      if (query === undefined || (name !== undefined && given[name] !== undefined)) continue;
      const hits = query.split(canary.targetRef.name).length - 1;
      if (hits === 1) continue;
      report(scaler, {
        about: canary,
        pointer: `/spec/triggers/${index}`,
        message: `the query of trigger ${index} of ScaledObject "${scaler.name}" holds "${canary.targetRef.name}" ${hits === 0 ? "nowhere: the primary is scaled by the canary's numbers" : `${hits} times: all of them become "${canary.targetRef.name}-primary"`}`,
        fix: 'give the trigger a name, and its query for the primary in autoscalerRef.primaryScalerQueries',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a trigger that counts the pods of the target',
        manifests: [
          deployment('frontend'),
          scaledObject([{ type: 'kubernetes-workload', metadata: { podSelector: 'app=frontend', value: '5' } }]),
          canary('frontend', {
            spec: { autoscalerRef: { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'frontend' } },
          }),
        ],
        expect: [{ object: 'ScaledObject shop/frontend', pointer: '/spec/triggers/0/metadata/podSelector' }],
      },
      {
        name: 'a query without the name',
        manifests: [
          deployment('frontend'),
          scaledObject([{ type: 'prometheus', metadata: { query: 'sum(queue)' } }]),
          canary('frontend', {
            spec: { autoscalerRef: { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'frontend' } },
          }),
        ],
        expect: [
          {
            object: 'ScaledObject shop/frontend',
            pointer: '/spec/triggers/0',
            message:
              'the query of trigger 0 of ScaledObject "frontend" holds "frontend" nowhere: the primary is scaled by the canary\'s numbers',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the name once',
        manifests: [
          deployment('frontend'),
          scaledObject([{ type: 'prometheus', metadata: { query: 'sum(queue{app="frontend"})' } }]),
          canary('frontend', {
            spec: { autoscalerRef: { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'frontend' } },
          }),
        ],
      },
    ],
  }),
});

function scaledObject(triggers: readonly Record<string, unknown>[] = []) {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'frontend', namespace: 'shop' },
    spec: { scaleTargetRef: { name: 'frontend' }, triggers },
  };
}
