import { fieldsAt, isFields, numberAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'deadline-lt-startup',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'The canary is rolled back when its pods are not available by the deadline of the Canary, or do not progress by that of the Deployment. A deadline below what the probes themselves grant the pods can only be met by luck, and this rollback sends no alert.',
  cause: 'the deadline ends before the probes give up waiting',
  source: ['fluxcd/flagger v1.44 pkg/canary/deployment_ready.go'],
  codes: ['DEADLINE_LT_STARTUP'],
  each: 'canary',
  check(canary, report) {
    const target = canary.target;
    if (!target) return;
    const startup = Math.max(0, ...target.containers.map(({ fields }) => startupSeconds(fields)));
    const own = numberAt(fieldsAt(target.entry.object, 'spec'), 'progressDeadlineSeconds') ?? 600;
    const deadline = Math.min(canary.progressDeadlineSeconds, own);
    if (startup === 0 || startup <= deadline) return;
    const enough = Math.ceil((startup * 1.5) / 60) * 60;
    report(canary, {
      pointer: canary.spec.progressDeadlineSeconds === undefined ? '/spec' : '/spec/progressDeadlineSeconds',
      message: `the pods of Canary "${canary.name}" may take ${startup} s to start by their probes, and the deadline is ${deadline} s`,
      edits: [
        ...(canary.progressDeadlineSeconds < enough
          ? [{ pointer: '/spec/progressDeadlineSeconds', value: enough }]
          : []),
        ...(own < enough ? [{ subject: target, pointer: '/spec/progressDeadlineSeconds', value: enough }] : []),
      ],
      fix: `set progressDeadlineSeconds of the Canary and of the ${target.entry.object.kind} to ${enough} or more`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a start-up probe of 15 minutes',
        manifests: [
          deployment('frontend', {
            container: { startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 10, failureThreshold: 90 } },
          }),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec',
            message: 'the pods of Canary "frontend" may take 900 s to start by their probes, and the deadline is 600 s',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a minute',
        manifests: [
          deployment('frontend', {
            container: { startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 10, failureThreshold: 6 } },
          }),
          canary('frontend'),
        ],
      },
    ],
  }),
});

/** Seconds that the probes grant a container until it must be ready. */
function startupSeconds(container: Readonly<Record<string, unknown>>): number {
  const startup = fieldsAt(container, 'startupProbe');
  const readiness = fieldsAt(container, 'readinessProbe');
  const patience = isFields(container.startupProbe)
    ? (numberAt(startup, 'initialDelaySeconds') ?? 0) +
      (numberAt(startup, 'periodSeconds') ?? 10) * (numberAt(startup, 'failureThreshold') ?? 3)
    : 0;
  return patience + (numberAt(readiness, 'initialDelaySeconds') ?? 0);
}
