import type { ResolvedService } from '../catalog';
import { listAt, parseServiceHost, textAt } from '../kube';
import { portsOf } from './connections';
import type { PlatformPeers } from './platform';
import { policyPort } from './pods';
import type { Allowed, ExternalEdge, Peer, PolicyPort, ServiceConnections, ServiceEdge } from './types';

/** What is let through to and from the pods of one service: nothing else is. */
export interface ServiceAllowed {
  readonly ingress: readonly Allowed[];
  readonly egress: readonly Allowed[];
}

/** @see fluxcd/flagger v1.44 charts/loadtester, cmd/loadtester */
const DNS_PORTS: readonly PolicyPort[] = [{ port: 53, transport: 'UDP' }, { port: 53 }];
/** The API server: its Service, and behind it the port that kubeadm and the clouds use. */
const API_SERVER_PORTS: readonly PolicyPort[] = [{ port: 443 }, { port: 6443 }];
/** Addresses of nodes and clouds for their own pods, the metadata server among them. */
const LINK_LOCAL = ['169.254.0.0/16'];
const ANYWHERE: Peer = { kind: 'addresses', who: 'the API server', cidrs: ['0.0.0.0/0'], except: LINK_LOCAL };
/**
 * GKE's metadata server, where pods get the tokens of their Google account.
 * @see cloud.google.com/kubernetes-engine docs, how-to/workload-identity (network policy)
 */
const METADATA: readonly Allowed[] = [
  {
    need: 'metadata',
    peer: { kind: 'addresses', who: 'the metadata server', cidrs: ['169.254.169.254/32'] },
    ports: [{ port: 80 }],
    why: 'an account of Google',
  },
  {
    need: 'metadata',
    peer: { kind: 'addresses', who: 'the metadata server', cidrs: ['169.254.169.252/32'] },
    ports: [{ port: 988 }],
    why: 'an account of Google',
  },
];
const GOOGLE_ACCOUNT = 'iam.gke.io/gcp-service-account';

/** The connections of a service: what the catalog names, and what the platform needs to run and measure it. */
export function allowedOf(
  service: ResolvedService,
  { callers, callees, externals = [] }: Pick<ServiceConnections, 'callers' | 'callees' | 'externals'>,
  platform: PlatformPeers,
): ServiceAllowed {
  return {
    ingress: [
      ...fromGateway(service, platform),
      ...callers.map((edge) => ofEdge(edge)),
      ...ofCallers(service),
      ...ofRollout(service, platform),
      ...ofMetrics(service, platform),
      ...ofProbes(platform),
    ],
    egress: [
      ...callees.map((edge) => ofEdge(edge)),
      ...toNames(platform),
      // In ambient mode the proxies are others' pods: ztunnel's, on the node, and the waypoint's.
      ...(hasOwnProxy(platform) ? ofProxy(platform) : []),
      ...externals.map(ofExternal),
      ...ofAccount(service),
    ],
  };
}

function ofEdge({ service, pods, account, ports, requests, why }: ServiceEdge): Allowed {
  return {
    need: 'call',
    peer: { kind: 'pods', who: service, pods, account },
    ports,
    ...(requests && { requests }),
    why,
  };
}

/** Those that the catalog names beside its services. */
function ofCallers(service: ResolvedService): Allowed[] {
  const { callers = [], ports = [] } = service;
  return callers.flatMap(
    ({ name, namespace, labels, account = '*', cidrs, ports: wanted, methods, paths }): Allowed[] => {
      const meant = ports.filter(
        ({ port, name: own, protocol }) => !wanted || wanted.some((one) => one === port || one === (own ?? protocol)),
      );
      if (meant.length === 0) return [];
      const peer: Peer =
        namespace === undefined
          ? { kind: 'addresses', who: name, cidrs: cidrs ?? [] }
          : {
              kind: 'pods',
              who: name,
              pods: { namespace, ...(labels && { labels }) },
              account: `${namespace}/${account}`,
            };
      const requests = { ...(methods && { methods }), ...(paths && { paths }) };
      return [
        {
          need: 'caller',
          peer,
          ports: meant.map(policyPort),
          ...((methods ?? paths) && { requests }),
          why: 'callers',
        },
      ];
    },
  );
}

/** Where nobody knows the addresses of a host, those that are nobody's in the cluster or the cloud's own network. */
const PRIVATE = ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];

function ofExternal({ name, hosts, addresses, ports, why }: ExternalEdge): Allowed {
  const whole = (address: string): string =>
    address.includes('/') ? address : `${address}/${address.includes(':') ? 128 : 32}`;
  return {
    need: 'external',
    peer: addresses
      ? { kind: 'addresses', who: name, cidrs: addresses.map(whole), hosts }
      : { kind: 'addresses', who: name, cidrs: ['0.0.0.0/0'], except: PRIVATE, hosts },
    ports: ports.map((port) => ({ port })),
    why,
  };
}

function fromGateway(service: ResolvedService, { gateway }: PlatformPeers): Allowed[] {
  const [port] = portsOf(service);
  return service.expose && port ? [{ need: 'gateway', peer: gateway, ports: [port], why: 'expose' }] : [];
}

/** A hook of a rollout, whoever wrote it. */
interface Hook {
  readonly url?: string;
  readonly command?: string;
}

/** Who calls the pods because they are rolled out: the load tester, and Flagger where a hook's address is theirs. */
function ofRollout(service: ResolvedService, { loadTester, flagger }: PlatformPeers): Allowed[] {
  const { canary, name } = service;
  const ports = portsOf(service);
  const [port] = ports;
  if (!canary || !port) return [];
  const found: Allowed[] = [];
  const hooks = hooksOf(canary);
  const hitsOwn = (text: string) => new RegExp(`(^|[^\\w-])${name}(-canary|-primary)?(?![\\w-])`).test(text);
  // Who is promoted without an analysis is not tested either.
  const isAnalysed = (canary.spec?.skipAnalysis ?? canary.skipAnalysis) !== true;
  if (isAnalysed && (canary.loadTest || hooks.some(({ command }) => command !== undefined && hitsOwn(command))))
    found.push({ need: 'load-test', peer: loadTester, ports: [port], why: 'load test' });
  const called = hooks.flatMap(({ url }) => (url === undefined ? [] : [url])).filter((url) => isOwn(url, service));
  if (called.length > 0) found.push({ need: 'webhook', peer: flagger, ports: [port], why: 'webhook' });
  return found;
}

function hooksOf(canary: Exclude<ResolvedService['canary'], false | undefined>): Hook[] {
  const overlay = listAt(canary.spec, 'analysis', 'webhooks');
  return [...(canary.webhooks ?? []), ...overlay].map((hook) => ({
    url: textAt(hook, 'url'),
    command: textAt(hook, 'metadata', 'cmd'),
  }));
}

function isOwn(url: string, { name, namespace = '' }: ResolvedService): boolean {
  const host = /^https?:\/\/([^:/?#]+)/i.exec(url)?.[1];
  const service = host === undefined ? undefined : parseServiceHost(host, namespace);
  return service !== undefined && [name, `${name}-canary`, `${name}-primary`].includes(service.name);
}

/** Whether a proxy runs beside the program. */
const hasOwnProxy = ({ proxies }: PlatformPeers): boolean => proxies?.tunnelPort === undefined;

function ofMetrics(service: ResolvedService, platform: PlatformPeers): Allowed[] {
  const { prometheus, proxies } = platform;
  if (!prometheus) return [];
  const own = monitoredPorts(service);
  const proxy = hasOwnProxy(platform) ? proxies?.metricsPort : undefined;
  const scrape = (ports: readonly number[], why: string): Allowed[] =>
    ports.length === 0 ? [] : [{ need: 'scrape', peer: prometheus, ports: ports.map((port) => ({ port })), why }];
  return [...scrape(proxy === undefined ? [] : [proxy], "the proxy's counters"), ...scrape(own, 'monitors')];
}

/** The ports of the pods that the service's own monitors read. */
function monitoredPorts(service: ResolvedService): number[] {
  const byName = new Map<unknown, number>();
  for (const { name, protocol, port, targetPort = port, targetPortName } of service.ports ?? []) {
    // The names that ports have where the catalog gives them none: the second one of a protocol has its number, too.
    byName.set(name ?? (byName.has(protocol) ? `${protocol}-${port}` : protocol), targetPort).set(port, targetPort);
    if (targetPortName !== undefined) byName.set(targetPortName, targetPort);
  }
  for (const { ports } of [service.container, ...(service.containers ?? [])].filter((one) => one !== undefined))
    for (const { name, containerPort } of ports ?? []) if (name !== undefined) byName.set(name, containerPort);
  for (const { ports } of service.services ?? [])
    for (const { name, port, targetPort = port } of ports ?? [])
      if (name !== undefined && typeof targetPort === 'number') byName.set(name, targetPort);
  const found = (service.monitors ?? []).flatMap(({ endpoints }) =>
    endpoints.flatMap(({ port, portNumber, targetPort }) => {
      const written = port ?? portNumber ?? targetPort;
      const number = byName.get(written) ?? written;
      return typeof number === 'number' ? [number] : [];
    }),
  );
  return [...new Set(found)].sort((a, b) => a - b);
}

/** The node's own probes pass by every policy; in ambient mode they come from an address of their own. */
function ofProbes({ proxies }: PlatformPeers): Allowed[] {
  const cidr = proxies?.probesFrom;
  return cidr === undefined
    ? []
    : [
        {
          need: 'probe',
          peer: { kind: 'addresses', who: 'probes of the node', cidrs: [cidr] },
          ports: [],
          why: 'probes',
        },
      ];
}

/** Where names are asked for. */
export const toNames = ({ dns }: PlatformPeers): Allowed[] =>
  dns.map((peer) => ({ need: 'dns', peer, ports: DNS_PORTS, why: 'names' }));

/** Where proxies get their configuration from. */
function toControlPlane({ proxies }: PlatformPeers): Allowed[] {
  return (proxies?.controlPlane ?? []).map(({ who, namespace, labels, ports }): Allowed => {
    const peer: Peer =
      namespace === undefined
        ? { kind: 'addresses', who, cidrs: ['0.0.0.0/0'], except: LINK_LOCAL }
        : { kind: 'pods', who, pods: { namespace, ...(labels && { labels }) } };
    return { need: 'mesh', peer, ports: ports.map((port) => ({ port })), why: 'configuration and certificates' };
  });
}

/** What a proxy needs: configuration, and somebody who takes its spans. */
export function ofProxy(platform: PlatformPeers): Allowed[] {
  const { tracing } = platform;
  const spans: Allowed[] = tracing
    ? [{ need: 'mesh', peer: tracing.peer, ports: [{ port: tracing.port }], why: 'spans' }]
    : [];
  return [...toControlPlane(platform), ...spans];
}

/** Whether the pods get a token; an account that says nothing gives one. */
function mountsToken({ automountToken, automountByDefault }: ResolvedService['serviceAccount'] & object = {}): boolean {
  return automountToken === true || (automountToken === 'account' && automountByDefault !== false);
}

/** What an account is for: the API server where it has a token or rights, Google's metadata server where it is one of Google's. */
function ofAccount({ serviceAccount, access = [] }: ResolvedService): Allowed[] {
  const callsApi = mountsToken(serviceAccount) || access.length > 0;
  return [
    ...(callsApi
      ? [
          {
            need: 'api-server',
            peer: ANYWHERE,
            ports: API_SERVER_PORTS,
            why: 'the account has rights or a token',
          } as const,
        ]
      : []),
    ...(serviceAccount?.annotations?.[GOOGLE_ACCOUNT] === undefined ? [] : METADATA),
  ];
}
