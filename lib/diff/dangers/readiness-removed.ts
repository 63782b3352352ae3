import { isFields } from '../../kube';
import { changedWorkloads } from '../ask';
import { deploymentOf } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'readiness-removed',
  severity: 'warning',
  since: '0.2.0',
  why: 'Without a readiness probe a pod gets requests as soon as its process runs, and goes on getting them when it cannot answer. A rollout goes on to the next pod at once: a version that never answers replaces all of them.',
  cause: 'pods get requests before they can answer, and a rollout no longer waits for them',
  source: ['kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes'],
  check(diff, report) {
    for (const { before, after } of changedWorkloads(diff)) {
      const had = new Set(
        before.containers.filter(({ fields }) => isFields(fields.readinessProbe)).map(({ name }) => name),
      );
      const lost = after.containers.find(({ name, fields }) => had.has(name) && !isFields(fields.readinessProbe));
      if (!lost) continue;
      report(after.entry, {
        pointer: lost.pointer,
        message: `container ${lost.name} of ${after.kind} "${after.name}" loses its readiness probe`,
        fix: 'keep the probe, or mend it',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'it goes',
        before: [deploymentOf('cart', { readinessProbe: { httpGet: { port: 80 } } })],
        after: [deploymentOf('cart', {})],
        expect: [
          {
            object: 'Deployment shop/cart',
            message: 'container server of Deployment "cart" loses its readiness probe',
          },
        ],
      },
    ],
    good: [
      {
        name: 'another one',
        before: [deploymentOf('cart', { readinessProbe: { httpGet: { port: 80 } } })],
        after: [deploymentOf('cart', { readinessProbe: { tcpSocket: { port: 80 } } })],
      },
    ],
  },
});
