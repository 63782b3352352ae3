import { compareQuantities, parseQuantity, textAt } from '../../kube';
import { changedWorkloads } from '../ask';
import { deploymentOf } from '../case-objects';
import { danger } from '../danger';

/** Down to less than this share of what it was. */
const SHARE_PERCENT = 60n;

export default danger({
  id: 'memory-lowered',
  severity: 'warning',
  since: '0.2.0',
  why: 'A container that needs more than its limit is killed (OOMKilled), again and again, often only under load: after the rollout has ended well.',
  cause: 'a container above its limit is killed, often only under load, after the rollout has ended well',
  source: ['kubernetes.io/docs/concepts/configuration/manage-resources-containers'],
  check(diff, report) {
    for (const { before, after } of changedWorkloads(diff)) {
      const had = new Map(
        before.containers.map(({ name, fields }) => [name, textAt(fields, 'resources', 'limits', 'memory')]),
      );
      for (const { name, fields, pointer } of after.containers) {
        const [was, is] = [had.get(name), textAt(fields, 'resources', 'limits', 'memory')];
        const [old, now] = [parseQuantity(was ?? ''), parseQuantity(is ?? '')];
        if (!old.ok || !now.ok || compareQuantities(now.value, old.value) >= 0) continue;
        if (now.value.nano * 100n >= old.value.nano * SHARE_PERCENT) continue;
        report(after.entry, {
          pointer: `${pointer}/resources/limits/memory`,
          message: `container ${name} of ${after.kind} "${after.name}" gets ${is} of memory in place of ${was}`,
          fix: 'look at what it uses at its peak before, and lower it in steps',
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'half of it',
        before: [deploymentOf('cart', { resources: { limits: { memory: '1Gi' } } })],
        after: [deploymentOf('cart', { resources: { limits: { memory: '512Mi' } } })],
        expect: [
          {
            object: 'Deployment shop/cart',
            message: 'container server of Deployment "cart" gets 512Mi of memory in place of 1Gi',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a little less',
        before: [deploymentOf('cart', { resources: { limits: { memory: '1Gi' } } })],
        after: [deploymentOf('cart', { resources: { limits: { memory: '900Mi' } } })],
      },
    ],
  },
});
