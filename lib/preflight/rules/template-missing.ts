import { nearest } from '../../findings';
import { canary, deployment, metricTemplate } from '../case-manifests';
import { rule } from '../rule';
import { stateThatItExists, unplacedWords } from '../statement';

export default rule({
  id: 'template-missing',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A metric may take its query from a MetricTemplate by templateRef. Without a namespace the template is looked for in the namespace of the Canary. If it is not there, Flagger reports "Metric template … not found" at each check and rolls back.',
  cause: 'Flagger looks the template up at each check, and counts one that is missing as a failed check',
  source: [
    'fluxcd/flagger v1.44 pkg/controller/scheduler_metrics.go (runMetricChecks, checkMetricProviderAvailability)',
  ],
  codes: ['TEMPLATE_MISSING'],
  restsOn: ['namespace'],
  comesLast: true,
  each: 'canary',
  check(canary, report, world) {
    for (const { templateRef, template, name, pointer } of canary.metrics) {
      if (!templateRef || template) continue;
      if (world.mayExist('MetricTemplate', templateRef.namespace, templateRef.name)) continue;
      const unplaced = world.unplaced('MetricTemplate', templateRef.name);
      if (unplaced) {
        const who = `the metric "${name}" of Canary "${canary.name}" asks for MetricTemplate "${templateRef.name}" in namespace "${templateRef.namespace}"`;
        report(canary, { pointer: `${pointer}/templateRef`, ...unplacedWords(who, unplaced, templateRef.namespace) });
        continue;
      }
      const templates = world.ofKind('MetricTemplate');
      const elsewhere = templates.find((other) => other.name === templateRef.name);
      const near = nearest(
        templateRef.name,
        templates.filter(({ namespace }) => namespace === templateRef.namespace).map((other) => other.name),
      );
      report(canary, {
        pointer: `${pointer}/templateRef`,
        // Manifests without the target, or without any template, are a part of what the cluster holds.
        severity:
          elsewhere || near !== undefined || (canary.target && templates.length > 0) || world.flagger.entry
            ? 'error'
            : 'warning',
        message: `the metric "${name}" of Canary "${canary.name}" asks for MetricTemplate "${templateRef.name}" in namespace "${templateRef.namespace}", which is not among the manifests${elsewhere ? ` (there is one in namespace "${elsewhere.namespace}")` : ''}`,
        ...(near === undefined || elsewhere ? {} : { nearest: near }),
        fix: elsewhere
          ? `add namespace: ${elsewhere.namespace} to the templateRef of "${name}"`
          : near !== undefined
            ? `write name: ${near} in the templateRef of "${name}"`
            : `create MetricTemplate "${templateRef.name}" in namespace "${templateRef.namespace}", correct the templateRef of "${name}", or ${stateThatItExists('MetricTemplate', templateRef.namespace, templateRef.name)}`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the template is in another namespace',
        manifests: [
          deployment('frontend'),
          { ...metricTemplate('errors', 'up'), metadata: { name: 'errors', namespace: 'istio-system' } },
          canary('frontend', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/analysis/metrics/0/templateRef',
            message:
              'the metric "errors" of Canary "frontend" asks for MetricTemplate "errors" in namespace "shop", which is not among the manifests (there is one in namespace "istio-system")',
          },
        ],
      },
      {
        name: 'nobody wrote the template',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
        expect: [{ object: 'Canary shop/frontend' }],
      },
      {
        name: 'an application without any template: those of the cluster may be kept elsewhere',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors', namespace: 'flagger' } }],
            },
          }),
        ],
        expect: [{ object: 'Canary shop/frontend', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'the template is beside the Canary',
        manifests: [
          deployment('frontend'),
          metricTemplate('errors', 'up'),
          canary('frontend', {
            analysis: { metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors' } }] },
          }),
        ],
      },
      {
        name: 'the template is stated to be in the cluster',
        manifests: [
          deployment('frontend'),
          canary('frontend', {
            analysis: {
              metrics: [{ name: 'errors', interval: '1m', templateRef: { name: 'errors', namespace: 'istio-system' } }],
            },
          }),
        ],
        facts: { exists: ['MetricTemplate istio-system/*'] },
      },
    ],
  }),
});
