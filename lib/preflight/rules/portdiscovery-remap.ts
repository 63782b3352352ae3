import { at, isFields, listAt, numberAt, textAt } from '../../kube';
import type { CanaryView } from '../../world';
import { canary, deployment, service } from '../case-manifests';
import { rule } from '../rule';

const admin = { container: { ports: [{ containerPort: 8080 }, { containerPort: 8210, name: 'admin' }] } };
const discovering = canary('cart', { service: { portDiscovery: true } });

export default rule({
  id: 'portdiscovery-remap',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: 'portDiscovery gives a Service port the number of the container port. A Service that had another number for it (81 for container port 8210) loses it when Flagger takes it over: its callers are refused from then on.',
  cause: 'a discovered port has the number of the container port, in the Service too',
  source: ['fluxcd/flagger v1.44 pkg/router/kubernetes_default.go (reconcileService)', 'fluxcd/flagger issue 927'],
  codes: ['PORTDISCOVERY_REMAP'],
  echoOf: ['svc-owned-elsewhere'],
  each: 'canary',
  check(canary, report) {
    if (canary.service.portDiscovery !== true || !canary.target) return;
    const written = canary.writtenService;
    const made = new Set(canary.ports.map(({ port }) => port));
    listAt(written?.object, 'spec', 'ports').forEach((port, index) => {
      const number = numberAt(port, 'port');
      if (!written || !isFields(port) || number === undefined || made.has(number)) return;
      const target = targetOf(canary, port);
      if (target === undefined || !made.has(target)) return;
      report(written, {
        pointer: `/spec/ports/${index}`,
        about: canary,
        message: `port ${number} of Service "${written.name}" leads to container port ${target}, and portDiscovery of Canary "${canary.name}" makes that port ${target} of the Service: nothing answers on ${number} once the Canary is initialized`,
        fix: `let the callers use port ${target}, or add a second Service of another name with port ${number} that selects the pods of "${canary.targetRef.name}-primary"`,
      });
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the second port has another number in the Service',
        manifests: [
          deployment('cart', admin),
          discovering,
          service('cart', {
            ports: [
              { name: 'http', port: 80, targetPort: 8080 },
              { name: 'admin', port: 81, targetPort: 'admin' },
            ],
          }),
        ],
        expect: [
          {
            object: 'Service shop/cart',
            pointer: '/spec/ports/1',
            message:
              'port 81 of Service "cart" leads to container port 8210, and portDiscovery of Canary "cart" makes that port 8210 of the Service: nothing answers on 81 once the Canary is initialized',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the same number',
        manifests: [
          deployment('cart', admin),
          discovering,
          service('cart', {
            ports: [
              { name: 'http', port: 80, targetPort: 8080 },
              { name: 'admin', port: 8210 },
            ],
          }),
        ],
      },
      { name: 'nobody had a Service', manifests: [deployment('cart', admin), discovering] },
    ],
  }),
});

/** The container port that a port of the written Service leads to. */
function targetOf(canary: CanaryView, port: Readonly<Record<string, unknown>>): number | undefined {
  const target = at(port, 'targetPort');
  if (typeof target === 'number') return target;
  const name = textAt(port, 'targetPort');
  return canary.target?.containerPorts.find((one) => one.name === name)?.containerPort;
}
