import { textAt } from '../../kube';
import { type CanaryView, type Entry, push, type Workload, type World } from '../../world';
import { caller, canary, deployment, loadTest, namespace, service } from '../case-manifests';
import { podPort, strictPolicy } from '../mutual-tls';
import { webhookPods } from '../pods';
import { rule } from '../rule';
import { hidingSidecar } from '../sidecar-scope';

const sidecar = (hosts: readonly string[], more: object = {}) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Sidecar',
  metadata: { name: 'default', namespace: 'web' },
  spec: { egress: [{ hosts }], ...more },
});
const refuseOthers = { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } };
const callers = [namespace(), namespace('web'), deployment('cart'), service('cart')];
const frontend = caller('frontend', 'cart.shop:80', { metadata: { namespace: 'web' } });
const tester = [
  deployment('flagger-loadtester', { metadata: { namespace: 'web' } }),
  service('flagger-loadtester', {}, { namespace: 'web' }),
];
const tested = canary('cart', {
  analysis: { webhooks: [{ ...loadTest('cart-canary.shop'), url: 'http://flagger-loadtester.web/' }] },
});

export default rule({
  id: 'sidecar-hides-service',
  severity: 'warning',
  effect: 'fails',
  since: '0.1.0',
  why: 'A Sidecar object says which hosts the proxies of its pods know. A caller whose proxy does not know the Service of a Canary does not know its VirtualService either: it sends to the address as to any outside one, past the weights and in plain text, so to the primary alone, and not at all with REGISTRY_ONLY or where only mutual TLS is taken. The same holds for a load test and the Service with -canary at its end. (What a known VirtualService leads to, primary and canary, Istio adds by itself.)',
  cause: 'a proxy obeys the VirtualServices of the hosts that its Sidecar names, and no others',
  source: [
    'istio/istio 1.31 pilot/pkg/model/sidecar.go (collectImportedServices, convertIstioListenerToWrapper)',
    'istio/istio 1.31 pilot/pkg/model/virtualservice.go (SelectVirtualServices)',
  ],
  codes: ['SIDECAR_EGRESS'],
  echoOf: ['name-too-long'],
  each: 'canary',
  check(canary, report, world) {
    if (world.ofKind('Sidecar').length === 0) return;

    if (!canary.isIstio) return;
    const blind = blindCallers(world, canary);
    const isAlone =
      canary.inbound.length > 0 && canary.inbound.every(({ workload }) => workload && blind.has(workload));
    const bySidecar = new Map<Entry, Workload[]>();
    for (const [workload, entry] of blind) push(bySidecar, entry, workload);
    for (const [entry, workloads] of bySidecar) {
      const refused = canary.primary && refusal(world, entry, canary, canary.primary);
      const names = workloads.map(({ kind, name }) => `${kind} "${name}"`);
      const end = refused ? `their calls are refused (${refused})` : 'their calls reach the primary only';
      report(entry, {
        about: canary,
        pointer: '/spec/egress',
        severity: refused || (isAlone && canary.inboundToCanary.length === 0) ? 'error' : 'warning',
        message: `Sidecar "${entry.name}" of namespace "${entry.namespace}" hides Service ${canary.namespace}/${canary.apexName} of Canary "${canary.name}" from ${names.join(', ')}: ${end}`,
        fix: showing(entry, canary.namespace),
      });
    }
    for (const { webhook, hits } of canary.loadTests) {
      const sender = hits === 'canary' ? webhookPods(world, webhook)?.workload : undefined;
      const entry = sender && hidingSidecar(world, sender, canary.namespace, canary.canaryName, canary.port);
      const refused = entry && canary.target && refusal(world, entry, canary, canary.target);
      if (!entry || !refused) continue;
      report(entry, {
        about: canary,
        pointer: '/spec/egress',
        severity: 'error',
        message: `Sidecar "${entry.name}" of namespace "${entry.namespace}" hides Service ${canary.namespace}/${canary.canaryName} from ${sender.kind} "${sender.name}": the load test "${webhook.name}" of Canary "${canary.name}" is refused (${refused})`,
        fix: showing(entry, canary.namespace),
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'the only caller does not know the Service',
        manifests: [...callers, frontend, sidecar(['./*', 'istio-system/*']), canary('cart')],
        expect: [
          {
            object: 'Sidecar web/default',
            pointer: '/spec/egress',
            severity: 'error',
            message:
              'Sidecar "default" of namespace "web" hides Service shop/cart of Canary "cart" from Deployment "frontend": their calls reach the primary only',
          },
        ],
      },
      {
        name: 'one of two callers does not',
        manifests: [...callers, frontend, caller('report', 'cart:80'), sidecar(['./*']), canary('cart')],
        expect: [{ object: 'Sidecar web/default', severity: 'warning' }],
      },
      {
        name: 'it is the whole mesh that refuses what it does not know',
        manifests: [...callers, caller('report', 'cart:80'), frontend, sidecar(['./*'], refuseOthers), canary('cart')],
        expect: [
          {
            object: 'Sidecar web/default',
            severity: 'error',
            message:
              'Sidecar "default" of namespace "web" hides Service shop/cart of Canary "cart" from Deployment "frontend": their calls are refused (outboundTrafficPolicy REGISTRY_ONLY)',
          },
        ],
      },
      {
        name: 'the load tester knows the Service, and not that of the canary',
        manifests: [...callers, ...tester, sidecar(['shop/cart.shop.svc.cluster.local'], refuseOthers), tested].flat(),
        expect: [
          {
            object: 'Sidecar web/default',
            severity: 'error',
            message:
              'Sidecar "default" of namespace "web" hides Service shop/cart-canary from Deployment "flagger-loadtester": the load test "load-test" of Canary "cart" is refused (outboundTrafficPolicy REGISTRY_ONLY)',
          },
        ],
      },
    ],
    good: [
      { name: 'all hosts of the namespace', manifests: [...callers, frontend, sidecar(['shop/*']), canary('cart')] },
      {
        name: 'the Service alone: Istio adds what its VirtualService leads to',
        manifests: [...callers, frontend, sidecar(['*/cart.shop.svc.cluster.local'], refuseOthers), canary('cart')],
      },
      {
        name: 'a Sidecar of other pods',
        manifests: [
          ...callers,
          frontend,
          sidecar(['./*'], { workloadSelector: { labels: { app: 'report' } } }),
          canary('cart'),
        ],
      },
      {
        name: 'a load test past the proxy reaches pods that take plain text',
        manifests: [...callers, ...tester, sidecar(['./*']), tested],
      },
    ],
  }),
});

/** Workloads that call the Service of the Canary and whose Sidecar does not name it. */
function blindCallers(world: World, canary: CanaryView): ReadonlyMap<Workload, Entry> {
  const blind = new Map<Workload, Entry>();
  for (const { workload } of canary.inbound) {
    if (!workload || workload.injection.sidecar === 'no') continue;
    const entry = hidingSidecar(world, workload, canary.namespace, canary.apexName, canary.port);
    if (entry) blind.set(workload, entry);
  }
  return blind;
}

/** Why a call past the known hosts does not arrive; undefined where it does. */
function refusal(world: World, sidecar: Entry, canary: CanaryView, receiver: Workload): string | undefined {
  const mode =
    textAt(sidecar.object, 'spec', 'outboundTrafficPolicy', 'mode') ??
    textAt(world.istio.meshConfig, 'outboundTrafficPolicy', 'mode');
  if (mode === 'REGISTRY_ONLY') return 'outboundTrafficPolicy REGISTRY_ONLY';
  const policy = strictPolicy(world, receiver, podPort(receiver, canary.ports[0]?.targetPort));
  return policy && `PeerAuthentication ${policy.namespace}/${policy.name} takes mutual TLS only`;
}

function showing(sidecar: Entry, namespace: string): string {
  const host = sidecar.namespace === namespace ? './*' : `${namespace}/*`;
  return `add "${host}" to spec.egress[0].hosts of Sidecar "${sidecar.name}" in namespace "${sidecar.namespace}"`;
}
