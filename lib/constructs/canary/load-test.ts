import { type Protocol, type Provider, shellSafe } from '../../flagger';
import { parseGoDuration } from '../../kube';
import { formatSeconds } from '../seconds';

/** What the load tester sends to `<service>-canary` while an analysis runs. */
export interface LoadTest {
  /** URL of Flagger's load tester. @default 'http://flagger-loadtester.flagger-system/' */
  readonly url?: string;
  /** Requests a second in total. @default 10 */
  readonly requestsPerSecond?: number;
  /** Connections at a time. @default 2 */
  readonly concurrency?: number;
  /** How long one run lasts, a Go duration. @default two intervals less five seconds: each second tick starts the next */
  readonly duration?: string;
  /** HTTP: path of the request. @default '/' */
  readonly path?: string;
  /** HTTP headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** gRPC method. @default 'grpc.health.v1.Health/Check', whose proto the load tester brings */
  readonly grpcCall?: string;
  /** Proto file in the load tester; none: server reflection. @default the health proto, with the default method */
  readonly grpcProto?: string;
  /**
   * Where an ingress counts the requests: the host of the route, for the header `Host`. There the load goes to `entrance`, as one that
   * goes to the canary's Service would pass the ingress by.
   */
  readonly host?: string;
  /** Host and port of the ingress. @default the Service that the provider's own chart makes */
  readonly entrance?: string;
}

/** Where the platform's load tester answers. */
export const DEFAULT_LOADTESTER = 'http://flagger-loadtester.flagger-system/';
const HEALTH_CALL = 'grpc.health.v1.Health/Check';
/** Brought by the load tester's image. @see fluxcd/flagger v1.44 Dockerfile.loadtester */
const HEALTH_PROTO = '/tmp/ghz/health.proto';

/** What a load test calls. */
export interface LoadTestTarget {
  readonly apex: string;
  readonly namespace: string | undefined;
  readonly port: number;
  readonly protocol: Protocol;
  readonly provider: Provider | undefined;
  readonly intervalSeconds: number;
}

/** What is wrong with a load test, by property. */
export function loadTestFaults(load: LoadTest, target: LoadTestTarget): string[] {
  const { path, headers = {}, grpcCall, grpcProto, host, entrance } = load;
  const wrong: string[] = [];
  if (target.protocol === 'tcp') wrong.push('loadTest: the load tester speaks HTTP and gRPC, and the protocol is tcp');
  const texts: [string, unknown][] = [
    ['path', path],
    ['grpcCall', grpcCall],
    ['grpcProto', grpcProto],
    ['host', host],
    ['entrance', entrance],
    ...Object.entries(headers).flatMap(([name, value]): [string, unknown][] => [
      ['headers', name],
      [`headers["${name}"]`, value],
    ]),
  ];
  for (const [property, text] of texts)
    if (text !== undefined && (typeof text !== 'string' || !shellSafe.test(text)))
      wrong.push(
        `loadTest.${property} ${JSON.stringify(text)} has characters that a shell would read; use letters, digits and -_./?=&%~:@+,*; for headers also blanks`,
      );
  if (typeof path === 'string' && !path.startsWith('/'))
    wrong.push(`loadTest.path ${JSON.stringify(path)} must begin with "/"`);
  for (const property of ['requestsPerSecond', 'concurrency'] as const) {
    const value = load[property];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      wrong.push(`loadTest.${property} ${JSON.stringify(value)} must be a whole number from 1 on`);
  }
  if (load.duration !== undefined) {
    const parsed = parseGoDuration(String(load.duration));
    if (!parsed.ok || parsed.value < 1000)
      wrong.push(
        `loadTest.duration ${JSON.stringify(load.duration)} must be a duration of 1s or more, such as "1m30s"`,
      );
  }
  if (isAtIngress(target) && host === undefined)
    wrong.push(
      `loadTest.host is missing: provider ${target.provider!.values[0]} weighs and counts at the ingress, which needs the host of the route`,
    );
  if (!isAtIngress(target) && (host !== undefined || entrance !== undefined))
    wrong.push(
      `loadTest.${host === undefined ? 'entrance' : 'host'} is for providers that count at an ingress; here the load goes to the canary's Service`,
    );
  return wrong;
}

const isAtIngress = ({ provider }: LoadTestTarget): boolean => provider?.sharesAt === 'ingress';

/** Straight to the canary's own Service, so every request counts, whatever the weight; or to the ingress, which weighs. */
export function loadTestCommand(load: LoadTest, target: LoadTestTarget): string {
  const { apex, namespace, port, provider } = target;
  const service = `${apex}-canary${namespace ? `.${namespace}` : ''}:${port}`;
  const rate = load.requestsPerSecond ?? 10;
  const workers = load.concurrency ?? 2;
  const duration = load.duration ?? formatSeconds(2 * target.intervalSeconds - 5);
  if (target.protocol === 'grpc') {
    const call = load.grpcCall ?? HEALTH_CALL;
    const proto = load.grpcProto ?? (load.grpcCall === undefined ? HEALTH_PROTO : undefined);
    // ghz has --rps for all workers together; the -q of Flagger's documentation is not a flag of ghz 0.120.
    const flags = `-z ${duration} --rps ${rate} -c ${workers} --insecure${proto ? ` --proto=${word(proto)}` : ''} --call=${word(call)}`;
    return isAtIngress(target)
      ? `ghz ${flags} --authority ${load.host} ${load.entrance ?? `${provider?.entrance}:80`}`
      : `ghz ${flags} ${service}`;
  }
  // hey's -q is per worker.
  const perWorker = Math.max(1, Math.ceil(rate / workers));
  const headers = Object.keys(load.headers ?? {})
    .sort()
    .map((header) => ` -H '${header}: ${load.headers![header]}'`)
    .join('');
  const flags = `-z ${duration} -q ${perWorker} -c ${workers}${headers}`;
  const path = load.path ?? '/';
  return isAtIngress(target)
    ? `hey ${flags} -host ${load.host} ${word(`http://${load.entrance ?? provider?.entrance ?? ''}${path}`)}`
    : `hey ${flags} ${word(`http://${service}${path}`)}`;
}

/** One word for the shell: `&`, `?`, `*` and blanks mean something there. */
const word = (text: string): string => (/^[\w./%:@+,=-]*$/.test(text) ? text : `'${text}'`);
