import { nearest } from '../../findings';
import { type MetricStore, metricStoreOf } from '../../flagger';
import {
  dnsLabelError,
  dnsSubdomainError,
  labelValueError,
  parseGoDuration,
  parseImageReference,
  qualifiedNameError,
} from '../../kube';
import { MESH_FACTS, modeOf } from '../../mesh';
import type { CatalogCode } from '../codes';
import type { Path, Problem } from '../problem';
import type { Catalog } from '../schema';

/** Prometheus' own durations: units in falling order, `d`, `w` and `y` too. @see prometheus/common v0.66 model/time.go */
const PROMETHEUS_DURATION = /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;

/**
 * Namespaces that the platform makes for itself: no service may be in one. What it does not install leaves its namespace
 * free; `kube-system` is there, and is never made.
 */
export function platformNamespaces(platform: Catalog['platform']): string[] {
  const { gateway = {}, prometheus = {} } = platform;
  const { authorizes, exposesBy } = MESH_FACTS[modeOf(platform)];
  return [
    'flux-system',
    'flagger-system',
    ...(prometheus.install === false ? [] : ['monitoring']),
    ...(authorizes === 'istio' ? ['istio-system'] : []),
    ...(exposesBy === 'nothing' || exposesBy === 'entrance' ? [] : [gateway.namespace ?? 'istio-ingress']),
  ];
}

/** What a level below `restricted` admits. */
const ADMITS = {
  baseline: 'pods that run as root, with most capabilities and a writable root file system',
  privileged: 'every pod: privileged ones, and those that use the network, the processes and the disk of the node',
} as const;

/** What lower levels of Pod Security cost, and namespaces that no service is in. */
export function podSecurityProblems({ platform, services, defaults, clusters }: Catalog): Problem[] {
  const { podSecurity = {}, namespace, namespaces = {} } = platform;
  if (Object.keys(podSecurity).length + Object.keys(namespaces).length === 0) return [];
  const levels = typeof podSecurity === 'string' ? { '': podSecurity } : podSecurity;
  const layers = [
    defaults,
    ...services,
    ...clusters.flatMap((one) => [one.defaults, ...Object.values(one.services ?? {})]),
  ];
  const used = new Set([namespace, ...layers.flatMap((layer) => layer?.namespace ?? [])]);
  const unknown = (name: string, path: Path): Problem => {
    const near = nearest(name, used);
    return {
      code: 'unknown-namespace',
      path,
      key: true,
      message: `no service is in namespace "${name}"`,
      nearest: near,
      fix: near ? `write "${near}"` : `remove it, or write one of ${[...used].sort().join(', ')}`,
    };
  };
  const ofNames = Object.entries(namespaces).flatMap(([name, { labels = {}, annotations = {} }]): Problem[] => {
    const path = ['platform', 'namespaces', name];
    return [
      ...(used.has(name) ? [] : [unknown(name, path)]),
      ...Object.entries({ labels, annotations }).flatMap(([field, entries]) =>
        Object.entries(entries).flatMap(([key, value]): Problem[] => {
          const keyError = qualifiedNameError(key);
          const error = keyError ?? (field === 'labels' ? labelValueError(value) : undefined);
          if (error === undefined) return [];
          return [
            {
              code: keyError ? 'invalid-key' : 'invalid-label',
              path: [...path, field, key],
              ...(keyError && { key: true }),
              message: keyError
                ? `the key ${JSON.stringify(key)} in ${field} ${error}`
                : `the label ${key}: ${JSON.stringify(value)} ${error}`,
              fix: keyError
                ? 'write a name such as "team" or "example.com/team"'
                : 'shorten it, or make it an annotation',
            },
          ];
        }),
      ),
    ];
  });
  const ofLevels = Object.entries(levels).flatMap(([name, level]): Problem[] => {
    const path = ['platform', 'podSecurity', ...(name === '' ? [] : [name])];
    if (name !== '' && !used.has(name)) return [unknown(name, path)];
    if (level === 'restricted') return [];
    return [
      {
        code: 'pod-security-lowered',
        severity: 'info',
        path,
        message: `${name === '' ? 'the namespaces of the services admit' : `namespace "${name}" admits`} ${ADMITS[level]}`,
        fix: 'nothing to do; move what needs it into a namespace of its own to keep the others restricted',
      },
    ];
  });
  return [...ofNames, ...ofLevels];
}

/** What all services share. */
export function platformProblems({ platform: facts }: Catalog): Problem[] {
  const problems: Problem[] = [];
  const wrong = (path: Path, code: CatalogCode, error: string | undefined, what: string, fix: string) => {
    if (error) problems.push({ code, path: ['platform', ...path], message: `${what} ${error}`, fix });
  };
  wrong(
    ['namespace'],
    'invalid-name',
    dnsLabelError(facts.namespace),
    `the namespace ${JSON.stringify(facts.namespace)}`,
    'use lower case letters, digits and "-"',
  );
  const registry = parseImageReference(`${facts.registry ?? 'none'}/x`);
  wrong(
    ['registry'],
    'invalid-image',
    registry.ok ? undefined : registry.error,
    `the registry ${JSON.stringify(facts.registry)}`,
    'write host and path without a scheme, such as "registry.example.com/shop"',
  );
  const { prometheus = {}, gitops, gateway = {}, alerts, observability = {} } = facts;
  if (prometheus.address !== undefined)
    wrong(
      ['prometheus', 'address'],
      'invalid-address',
      httpError(prometheus.address),
      `the address ${JSON.stringify(prometheus.address)}`,
      'write it like "http://prometheus-prometheus.monitoring:9090"',
    );
  for (const field of ['scrapeInterval', 'retention'] as const) {
    const text = prometheus[field];
    if (text !== undefined)
      wrong(
        ['prometheus', field],
        'invalid-duration',
        text !== '' && PROMETHEUS_DURATION.test(text) ? undefined : 'is not a duration of Prometheus',
        `${field} ${JSON.stringify(text)}`,
        'write it like "15s" or "7d"',
      );
  }
  wrong(
    ['gitops', 'url'],
    'invalid-address',
    /^(https?|ssh):\/\/[^\s/]+\/\S+$/.test(gitops.url) ? undefined : 'is not an https or ssh address',
    `the repository ${JSON.stringify(gitops.url)}`,
    'write it like "https://gitlab.com/group/repository.git" or "ssh://git@host/group/repository.git"',
  );
  if (gitops.path !== undefined)
    wrong(
      ['gitops', 'path'],
      'path-outside',
      gitops.path.startsWith('/') || gitops.path.split('/').includes('..') ? 'leaves the repository' : undefined,
      `the path ${JSON.stringify(gitops.path)}`,
      'write a relative path without ".."',
    );
  if (gitops.branch !== undefined)
    wrong(
      ['gitops', 'branch'],
      'invalid-branch',
      /^[\w][\w./-]*$/.test(gitops.branch) && !gitops.branch.includes('..') ? undefined : 'is not the name of a branch',
      `the branch ${JSON.stringify(gitops.branch)}`,
      'write it like "main"',
    );
  if (gitops.interval !== undefined) {
    const parsed = parseGoDuration(gitops.interval);
    wrong(
      ['gitops', 'interval'],
      'invalid-duration',
      parsed.ok && parsed.value > 0 && /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/.test(gitops.interval)
        ? undefined
        : 'is not a duration',
      `interval ${JSON.stringify(gitops.interval)}`,
      'write it like "1m"',
    );
  }
  const names: [Path, string | undefined][] = [
    [['gitops', 'secretName'], gitops.secretName],
    [['gateway', 'tlsSecretName'], gateway.tlsSecretName],
    [['alerts', 'secretName'], alerts?.secretName],
    [['gateway', 'name'], gateway.name],
  ];
  for (const [path, name] of names)
    if (name !== undefined)
      wrong(
        path,
        'invalid-object-name',
        dnsSubdomainError(name),
        `the name ${JSON.stringify(name)}`,
        'write the name of the object as it is in the cluster',
      );
  if (gateway.namespace !== undefined)
    wrong(
      ['gateway', 'namespace'],
      'invalid-name',
      dnsLabelError(gateway.namespace),
      `the namespace ${JSON.stringify(gateway.namespace)}`,
      'use lower case letters, digits and "-"',
    );
  const taken = [...platformNamespaces(facts), 'kube-system'];
  wrong(
    ['namespace'],
    'reserved-name',
    taken.includes(facts.namespace) ? 'belongs to the platform' : undefined,
    `the namespace "${facts.namespace}"`,
    'give the services a namespace of their own',
  );
  const sampling = observability.tracingSamplingPercent;
  if (sampling !== undefined)
    wrong(
      ['observability', 'tracingSamplingPercent'],
      'invalid-number',
      sampling >= 0 && sampling <= 100 ? undefined : 'is not a percentage',
      `tracingSamplingPercent ${sampling}`,
      'write a number from 0 to 100',
    );
  for (const [name, version] of Object.entries(facts.versions ?? {}))
    wrong(
      ['versions', name],
      'invalid-version',
      /^\d+\.\d+\.\d+([-+][\w.+-]+)?$/.test(version ?? '') ? undefined : 'is not an exact version',
      `the version ${JSON.stringify(version)} of ${name}`,
      'write it like "1.31.1": dist/ says what runs',
    );
  for (const [name, store] of Object.entries(facts.metricStores ?? {}))
    problems.push(...storeProblems(store, ['platform', 'metricStores', name], name));
  const { mesh, provider, policies = 'off' } = facts;
  if (mesh !== undefined && provider !== undefined)
    problems.push({
      code: 'mesh-and-provider',
      path: ['platform', 'provider'],
      message: `the platform has mesh "${mesh}" and provider "${provider}"`,
      cause: 'Traffic is shared out by one of them.',
      fix: 'remove one of the two',
    });
  if (provider !== undefined && policies !== 'off')
    problems.push({
      code: 'mesh-and-provider',
      path: ['platform', 'policies'],
      message: `policies "${policies}" would cut off provider "${provider}"`,
      cause:
        'The catalog does not know where the pods of the ingress controller are, and policies let in only whom it knows.',
      fix: 'remove policies, or use a mesh',
    });
  return problems;
}

type Store = NonNullable<Catalog['platform']['metricStores']>[string];

/** What a store needs, and what it does not read. */
function storeProblems(store: Store, path: Path, name: string): Problem[] {
  const facts = metricStoreOf(store.type);
  const needs = { address: facts.address, region: facts.region, secretName: facts.secret };
  const problems: Problem[] = [];
  const add = (field: string, message: string, fix: string, code: CatalogCode = 'metric-store') =>
    problems.push({ code, path: field === '' ? path : [...path, field], message, fix });
  for (const [field, need] of Object.entries(needs)) {
    const value = store[field as keyof typeof needs];
    if (need === 'required' && value === undefined)
      add(
        '',
        `the metric store "${name}" has no ${field}, and ${facts.title} needs one`,
        `add ${field}${field === 'secretName' ? `: a Secret with ${keysOf(facts)}` : ''}`,
      );
    if (need === 'unread' && value !== undefined) add(field, `${facts.title} does not read ${field}`, 'remove it');
  }
  for (const field of ['headers', 'insecureSkipVerify'] as const)
    if (!facts[field] && store[field] !== undefined) add(field, `${facts.title} does not read ${field}`, 'remove it');
  const error = store.address === undefined ? undefined : httpError(store.address);
  if (error)
    add(
      'address',
      `the address ${JSON.stringify(store.address)} ${error}`,
      'write it like "https://metrics.example.com"',
      'invalid-address',
    );
  const secretError = store.secretName === undefined ? undefined : dnsSubdomainError(store.secretName);
  if (secretError)
    add(
      'secretName',
      `the name ${JSON.stringify(store.secretName)} ${secretError}`,
      'write the name of the object as it is in the cluster',
      'invalid-object-name',
    );
  return problems;
}

const keysOf = ({ secretKeys }: MetricStore): string => secretKeys.map((keys) => keys.join(' and ')).join(', or ');

function httpError(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not an address';
  const { protocol, hostname } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return 'has no http or https in front';
  return hostname === '' ? 'has no host' : undefined;
}
