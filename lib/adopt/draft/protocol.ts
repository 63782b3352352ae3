import { type Fields, fieldsAt, listAt, numberAt, parseImageReference, textAt } from '../../kube';
import { itemsAt } from '../group';

/** What a port of the catalog speaks. */
export type Protocol = 'http' | 'grpc' | 'tcp';

/** A guess, and what it stands on. */
export interface ProtocolGuess {
  readonly protocol: Protocol;
  /** `port name http-web`; undefined where nothing told and `tcp` was taken. */
  readonly because?: string;
}

/** Names that ports have by convention, and Istio's prefixes. @see istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection */
const BY_WORD: Readonly<Record<string, Protocol>> = {
  grpc: 'grpc',
  'grpc-web': 'http',
  http: 'http',
  http2: 'http',
  https: 'tcp',
  mongo: 'tcp',
  mysql: 'tcp',
  redis: 'tcp',
  tcp: 'tcp',
  tls: 'tcp',
  udp: 'tcp',
  web: 'http',
  kubernetes_io_h2c: 'grpc',
};

/** Ports that the makers of well-known servers give them. */
const BY_NUMBER: Readonly<Record<number, Protocol>> = {
  22: 'tcp',
  25: 'tcp',
  53: 'tcp',
  80: 'http',
  443: 'tcp',
  1433: 'tcp',
  3306: 'tcp',
  4222: 'tcp',
  4317: 'grpc',
  4318: 'http',
  5432: 'tcp',
  5671: 'tcp',
  5672: 'tcp',
  6379: 'tcp',
  8080: 'http',
  9042: 'tcp',
  9092: 'tcp',
  9200: 'http',
  9411: 'http',
  11211: 'tcp',
  27017: 'tcp',
};

/** Servers by the last part of their image. */
const TCP_IMAGES =
  /^(mongo|mongodb|mysql|mariadb|postgres|postgresql|redis|valkey|memcached|rabbitmq|kafka|zookeeper|nats|cassandra|cockroach|etcd|consul-server)\b/;

/**
 * What a port of a Service speaks, from what the manifests say: the field `appProtocol`, the port's name, the probe on the
 * container's port, the image, the number. Nothing of it is certain but the first.
 */
export function guessProtocol(port: Fields, containerPort: number | undefined, template: Fields): ProtocolGuess {
  const appProtocol = textAt(port, 'appProtocol');
  const told = wordOf(appProtocol?.replace(/^.*\//, '').replaceAll('.', '_'));
  if (told) return { protocol: told, because: `appProtocol ${appProtocol}` };
  const name = textAt(port, 'name');
  const named = wordOf(name);
  if (named) return { protocol: named, because: `port name ${name}` };
  const probed = probeOf(template, containerPort);
  if (probed) return { protocol: probed, because: 'its probe' };
  const image = textAt(itemsAt(template, 'spec', 'containers')[0], 'image') ?? '';
  const parsed = parseImageReference(image);
  const last = (parsed.ok ? parsed.value.repository : image).split('/').at(-1) ?? '';
  if (TCP_IMAGES.test(last)) return { protocol: 'tcp', because: `image ${last}` };
  const number = numberAt(port, 'port');
  for (const one of [number, containerPort]) {
    const known = one === undefined ? undefined : BY_NUMBER[one];
    if (known) return { protocol: known, because: `port ${one}` };
  }
  return { protocol: 'tcp' };
}

/** `http-web`, `grpc`, `tcp-redis`: the word before the first `-`, or the whole name. */
function wordOf(name: string | undefined): Protocol | undefined {
  if (name === undefined) return undefined;
  const lower = name.toLowerCase();
  const whole = Object.hasOwn(BY_WORD, lower) ? BY_WORD[lower] : undefined;
  if (whole) return whole;
  const [first = '', second = ''] = lower.split('-');
  if (Object.hasOwn(BY_WORD, first)) return BY_WORD[first];
  return Object.hasOwn(BY_WORD, second) ? BY_WORD[second] : undefined;
}

function probeOf(template: Fields, containerPort: number | undefined): Protocol | undefined {
  for (const container of itemsAt(template, 'spec', 'containers')) {
    const names = new Map(
      itemsAt(container, 'ports').map((port) => [textAt(port, 'name'), numberAt(port, 'containerPort')]),
    );
    for (const kind of ['readinessProbe', 'livenessProbe', 'startupProbe']) {
      const probe = fieldsAt(container, kind);
      for (const [handler, protocol] of [
        ['httpGet', 'http'],
        ['grpc', 'grpc'],
      ] as const) {
        const port = fieldsAt(probe, handler).port;
        const number = typeof port === 'string' ? (names.get(port) ?? Number(port)) : port;
        if (number !== undefined && number === containerPort) return protocol;
      }
      // The usual health check of gRPC servers before kubelet knew it.
      const command = listAt(probe, 'exec', 'command').join(' ');
      if (containerPort !== undefined && command.includes('grpc_health_probe') && command.includes(`:${containerPort}`))
        return 'grpc';
    }
  }
  return undefined;
}
