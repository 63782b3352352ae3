import { textAt } from '../../kube';
import { service } from '../case-objects';
import { danger } from '../danger';

export default danger({
  id: 'service-type-changed',
  severity: 'error',
  since: '0.2.0',
  why: 'A Service of type LoadBalancer that becomes another one gives its address back: DNS and firewalls of others go on pointing at it. NodePort and ExternalName likewise take away what callers use.',
  cause: 'the address by which others reach it is given back at once',
  source: ['kubernetes.io/docs/concepts/services-networking/service (type)'],
  check(diff, report) {
    for (const change of diff.of('Service')) {
      if (!change.before) continue;
      const was = textAt(change.before.object, 'spec', 'type') ?? 'ClusterIP';
      const is = change.after ? (textAt(change.after.object, 'spec', 'type') ?? 'ClusterIP') : undefined;
      const isLost =
        (was === 'LoadBalancer' && is !== was) || (was === 'NodePort' && is !== was && is !== 'LoadBalancer');
      if (!isLost) continue;
      report(change, {
        ...(change.after ? { pointer: '/spec/type' } : {}),
        message: `Service "${change.name}" ${is === undefined ? `of type ${was} goes` : `becomes ${is} in place of ${was}`}: its address is given back`,
        fix: 'make the new way in beside it, move DNS, and remove the old one when nobody uses it',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'an ingress takes over',
        before: [service('web', { type: 'LoadBalancer' })],
        after: [service('web')],
        expect: [
          {
            object: 'Service shop/web',
            message: 'Service "web" becomes ClusterIP in place of LoadBalancer: its address is given back',
          },
        ],
      },
    ],
    good: [{ name: 'the other way', before: [service('web')], after: [service('web', { type: 'LoadBalancer' })] }],
  },
});
