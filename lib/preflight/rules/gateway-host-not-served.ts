import { hostMatches, type KubeObject, listAt, rememberedFor, textsAt } from '../../kube';
import { canary, deployment, istioGateway } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'gateway-host-not-served',
  severity: 'error',
  effect: 'fails',
  since: '0.1.0',
  why: 'A Gateway takes requests only for the hosts of its servers. A host of the Canary that none of them covers is answered with 404.',
  cause: 'no server of the Gateway has the host',
  source: [
    'fluxcd/flagger v1.44 pkg/router/istio.go',
    'istio/api 1.31 networking/v1alpha3/gateway.proto (Server.hosts)',
  ],
  codes: ['GATEWAY_HOST_NOT_SERVED'],
  restsOn: ['namespace'],
  each: 'canary',
  check(canary, report, world) {
    if (!canary.isIstio || canary.hosts.length === 0) return;
    const gateways = canary.gateways.filter((name) => name !== 'mesh').map((name) => world.gateway(name));
    if (gateways.length === 0 || gateways.some((gateway) => gateway === undefined)) return;
    const served = gateways.flatMap((gateway) => (gateway ? servedHosts(gateway.object) : []));
    for (const [index, host] of canary.hosts.entries()) {
      if (!host.includes('.') || host.endsWith('.svc.cluster.local')) continue;
      if (served.some((hosts) => hosts.has(host))) continue;
      report(canary, {
        pointer: `/spec/service/hosts/${index}`,
        message: `no Gateway of Canary "${canary.name}" serves the host "${host}": they serve ${listed(served.flatMap(({ written }) => written))}`,
        fix: 'add the host to a server of the Gateway, or correct it here',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'another host',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'], hosts: ['shop.example.org'] } }),
          istioGateway('public', ['shop.example.com']),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/hosts/0',
            message:
              'no Gateway of Canary "frontend" serves the host "shop.example.org": they serve "shop.example.com"',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a wildcard',
        manifests: [
          deployment('frontend'),
          canary('frontend', { service: { gateways: ['shop/public', 'mesh'], hosts: ['shop.example.com'] } }),
          istioGateway('public', ['*.example.com']),
        ],
      },
    ],
  }),
});

function listed(hosts: readonly string[]): string {
  const shown = hosts.slice(0, 5).map((host) => `"${host}"`);
  return `${shown.join(', ')}${hosts.length > shown.length ? ` and ${hosts.length - shown.length} more` : ''}`;
}

/** The hosts of a Gateway's servers, which thousands of Canaries may share. */
class ServedHosts {
  /** As written: `example.com`, `*.example.com`, `shop/example.com`. */
  readonly written: readonly string[];
  private readonly exact: ReadonlySet<string>;
  private readonly patterns: readonly string[];

  constructor(gateway: KubeObject) {
    this.written = listAt(gateway, 'spec', 'servers').flatMap((server) => textsAt(server, 'hosts'));
    // `namespace/host` says whose routes may have the host.
    this.patterns = this.written.map((host) => host.slice(host.indexOf('/') + 1));
    this.exact = new Set(this.patterns);
  }

  has(host: string): boolean {
    return this.exact.has(host) || this.patterns.some((pattern) => hostMatches(pattern, host));
  }
}

const servedHosts = rememberedFor((gateway: KubeObject) => new ServedHosts(gateway));
