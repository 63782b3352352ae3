import { isFields, listAt, numberAt, textAt } from '../../kube';
import type { CanaryView } from '../../world';
import { canary, deployment } from '../case-objects';
import { danger } from '../danger';

const pair = (spec: Readonly<Record<string, unknown>>) => [deployment('cart'), canary('cart', spec)];

export default danger({
  id: 'analysis-weakened',
  severity: 'warning',
  since: '0.2.0',
  why: 'An analysis is what stands between a bad release and the users. A threshold that tolerates more failures, a wider range, a metric that goes, fewer or longer steps, or an analysis that is skipped let releases pass that would have been taken back.',
  cause: 'releases pass that would have been taken back until now',
  source: ['docs.flagger.app/usage/metrics', 'fluxcd/flagger v1.44 pkg/controller/scheduler.go'],
  check(diff, report) {
    for (const change of diff.of('Canary')) {
      if (!change.before || !change.after) continue;
      const [was, is] = [diff.before, diff.after].map((world) => world.canary(change.namespace, change.name));
      if (!was || !is) continue;
      const weaker = weakened(was, is);
      if (weaker.length === 0) continue;
      report(change, {
        pointer: is.analysisPointer,
        message: `Canary "${change.name}" judges less strictly: ${weaker.join('; ')}`,
        fix: 'keep what it asks for, or say in the commit why less is enough; a release that must go out now can have skipAnalysis for one commit',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'a range, the threshold and the steps',
        before: pair({}),
        after: pair({
          analysis: {
            threshold: 10,
            stepWeight: 50,
            metrics: [{ name: 'request-success-rate', interval: '1m', thresholdRange: { min: 90 } }],
          },
        }),
        expect: [
          {
            object: 'Canary shop/cart',
            message:
              'Canary "cart" judges less strictly: 10 failed checks are borne in place of 5; request-success-rate may fall to 90 in place of 99; 1 step in place of 5',
          },
        ],
      },
      {
        name: 'it is skipped',
        before: pair({}),
        after: pair({ skipAnalysis: true }),
        expect: [
          {
            object: 'Canary shop/cart',
            message: 'Canary "cart" judges less strictly: the analysis is skipped',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a metric more',
        before: pair({}),
        after: pair({
          analysis: {
            metrics: [
              { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } },
              { name: 'request-duration', interval: '1m', thresholdRange: { max: 500 } },
            ],
          },
        }),
      },
    ],
  },
});

function weakened(was: CanaryView, is: CanaryView): string[] {
  if (is.skipAnalysis) return was.skipAnalysis ? [] : ['the analysis is skipped'];
  const found: string[] = [];
  if (is.analysis.threshold > was.analysis.threshold)
    found.push(`${is.analysis.threshold} failed checks are borne in place of ${was.analysis.threshold}`);
  found.push(...weakerMetrics(was, is));
  const steps = ({ analysis }: CanaryView) =>
    analysis.strategy === 'canary' ? analysis.weightsPercent.length : analysis.iterations;
  if (steps(is) < steps(was) && is.analysis.strategy === was.analysis.strategy)
    found.push(`${steps(is)} ${steps(is) === 1 ? 'step' : 'steps'} in place of ${steps(was)}`);
  const hooks = (view: CanaryView) =>
    listAt(view.analysis.raw, 'webhooks')
      .filter((hook) => isFields(hook) && !/^(event|rollback)$/.test(textAt(hook, 'type') ?? ''))
      .flatMap((hook) => textAt(hook, 'name') ?? []);
  const gone = hooks(was).filter((name) => !hooks(is).includes(name));
  if (gone.length > 0) found.push(`webhook ${gone.join(', ')} goes`);
  return found;
}

function weakerMetrics(was: CanaryView, is: CanaryView): string[] {
  const after = new Map(is.metrics.map((metric) => [metric.name, metric]));
  return was.metrics.flatMap((metric) => {
    const now = after.get(metric.name);
    if (!now) return [`metric ${metric.name} goes`];
    const found: string[] = [];
    if (metric.min !== undefined && (now.min === undefined || now.min < metric.min))
      found.push(`${metric.name} may fall to ${now.min ?? 'anything'} in place of ${metric.min}`);
    if (metric.max !== undefined && (now.max === undefined || now.max > metric.max))
      found.push(`${metric.name} may rise to ${now.max ?? 'anything'} in place of ${metric.max}`);
    const threshold = numberAt(metric.raw, 'threshold');
    if (threshold !== undefined && !metric.hasRange && numberAt(now.raw, 'threshold') === undefined && !now.hasRange)
      found.push(`${metric.name} has no threshold any more`);
    return found;
  });
}
