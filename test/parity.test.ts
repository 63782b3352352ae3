import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Catalog } from '../lib/catalog';
import type { KubeObject } from '../lib/kube';
import { onlineBoutique } from './catalog';
import { renderCatalog } from './render';

/**
 * Online Boutique v0.10.6 as its authors release it, against what the catalog makes of it: object by object, field by
 * field. Every difference is a row below with its reason, and every row is a difference that exists.
 */
const folder = resolve(process.env.AVIARY_REFERENCE ?? join(__dirname, '../../shared/reference'));
const present = existsSync(join(folder, 'online-boutique.yaml'));

interface Row {
  /** `Kind/name` of the objects. */
  readonly object: RegExp;
  /** Path of the field in dots; none: the whole object. */
  readonly path?: RegExp;
  readonly reason: string;
}

const ALWAYS: readonly Row[] = [
  {
    object: /^Service\/frontend-external$/,
    reason:
      'a second way in past the canary: it selects the pods, not the routes; the gateway takes its place (docs/online-boutique.md)',
  },
  { object: /^ServiceAccount\/redis-cart$/, reason: 'every workload has an account of its own' },
  { object: /./, path: /^metadata\.labels\.app\.kubernetes\.io\//, reason: 'recommended labels' },
  {
    object: /^ServiceAccount\//,
    path: /^metadata\.labels\.app$/,
    reason: 'the same labels on every object of a service',
  },
  {
    object: /^(ServiceAccount|Deployment|Service)\//,
    path: /^metadata\.namespace$/,
    reason: 'the release leaves the namespace to the user',
  },
  { object: /^ServiceAccount\//, path: /^automountServiceAccountToken$/, reason: 'no service talks to the API server' },
  {
    object: /^Deployment\//,
    path: /^metadata\.annotations\.aviary\.dev\/release-digest$/,
    reason: 'the release digest',
  },
  { object: /^Deployment\//, path: /^spec\.progressDeadlineSeconds$/, reason: 'five minutes, as for the canary' },
  {
    object: /^Deployment\//,
    path: /^spec\.template\.metadata\.labels\.app\.kubernetes\.io\/name$/,
    reason: 'Istio names the service by it',
  },
  {
    object: /^Deployment\//,
    path: /^spec\.template\.spec\.automountServiceAccountToken$/,
    reason: 'as on the account',
  },
  {
    object: /^Deployment\//,
    path: /^spec\.template\.spec\.securityContext\.seccompProfile\.type$/,
    reason: 'Pod Security restricted asks for it',
  },
  {
    object: /^Deployment\/(redis-cart|loadgenerator)$/,
    path: /^spec\.template\.spec\.containers\.0\.name$/,
    reason: 'one name for the container of every workload',
  },
  { object: /^Deployment\/redis-cart$/, path: /^spec\.template\.spec\.serviceAccountName$/, reason: 'its own account' },
  {
    object: /^Deployment\//,
    path: /^spec\.template\.spec\.containers\.0\.ports\.\d+\.(name|protocol)$/,
    reason: 'named ports: Istio and monitors read the protocol from them',
  },
  {
    object: /^Deployment\/loadgenerator$/,
    path: /^spec\.template\.spec\.restartPolicy$/,
    reason: 'Always is what Kubernetes has anyway',
  },
  {
    object: /^Service\//,
    path: /^spec\.ports\.\d+\.(appProtocol|protocol)$/,
    reason: 'the protocol is said, not guessed',
  },
  {
    object: /^Deployment\/loadgenerator$/,
    path: /^spec\.template\.spec\.initContainers\.0\.command\.2$/,
    reason: 'the same script with $NAME: Flux would substitute ${NAME}',
  },
];
const CANARIED: readonly Row[] = [
  {
    object: /^(Canary|HorizontalPodAutoscaler|PodDisruptionBudget)\//,
    reason: 'rollouts, and what production asks for',
  },
  {
    object: /^Service\//,
    path: /^metadata\.annotations\.kustomize\.toolkit\.fluxcd\.io\/ssa$/,
    reason: 'Flagger takes the Service over (docs/decisions/0001)',
  },
  { object: /^ConfigMap\/.*\.release$/, reason: 'tells whether Flagger has seen the release (docs/decisions/0003)' },
  {
    object: /^Deployment\//,
    path: /^spec\.template\.spec\.volumes\.0\./,
    reason: 'the volume of that ConfigMap; no container mounts it',
  },
];

/** The Istio variant, object by object: what stands in our tree for it. */
const ISTIO: Readonly<Record<string, [counterpart: string, reason: string]>> = {
  'VirtualService/frontend': ['Canary/frontend', 'Flagger makes the VirtualService of a canaried service'],
  'Gateway/istio-gateway': ['Gateway/public', 'in a namespace of its own, with the hosts that it serves'],
  'HTTPRoute/frontend-route': ['Canary/frontend', "the canary's own gateways and hosts"],
  'ServiceEntry/allow-egress-googleapis': ['ServiceEntry/google-apis', 'from "external" in the catalog'],
  'ServiceEntry/allow-egress-google-metadata': ['ServiceEntry/google-metadata', 'from "external" in the catalog'],
};

const read = (file: string) =>
  parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => document.toJS() as KubeObject);
const key = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.name}`;

/** Paths and values of a value's leaves; environment variables by name, since their order means nothing here. */
function leaves(value: unknown, path: string, into: Map<string, unknown>): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return into.set(path, value);
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [
        /\.(env|httpHeaders)$/.test(path) ? (item as { name: string }).name : String(index),
        item,
      ])
    : Object.entries(value);
  if (entries.length === 0) return into.set(path, value);
  for (const [name, item] of entries) leaves(item, path ? `${path}.${name}` : name, into);
  return into;
}

/** `Kind/name` or `Kind/name path: reference → ours` of everything that differs. */
function differences(
  reference: readonly KubeObject[],
  ours: readonly KubeObject[],
): { object: string; path?: string; text: string }[] {
  const theirs = new Map(reference.map((object) => [key(object), object]));
  const mine = new Map(ours.map((object) => [key(object), object]));
  return [...new Set([...theirs.keys(), ...mine.keys()])].flatMap((object) => {
    const [a, b] = [theirs.get(object), mine.get(object)];
    if (!a || !b) return [{ object, text: `${object}: ${a ? 'only in the reference' : 'only ours'}` }];
    const [left, right] = [leaves(a, '', new Map()), leaves(b, '', new Map())];
    return [...new Set([...left.keys(), ...right.keys()])]
      .filter((path) => JSON.stringify(left.get(path)) !== JSON.stringify(right.get(path)))
      .map((path) => ({
        object,
        path,
        text: `${object} ${path}: ${JSON.stringify(left.get(path))} → ${JSON.stringify(right.get(path))}`,
      }));
  });
}

function unexplained(
  found: ReturnType<typeof differences>,
  rows: readonly Row[],
): { differences: string[]; unusedRows: string[] } {
  const used = new Set<Row>();
  const open = found.filter(({ object, path }) => {
    const row = rows.find(
      (candidate) =>
        candidate.object.test(object) &&
        (path === undefined ? candidate.path === undefined : (candidate.path?.test(path) ?? false)),
    );
    if (row) used.add(row);
    return !row;
  });
  return {
    differences: open.map(({ text }) => text),
    unusedRows: rows.filter((row) => !used.has(row)).map(({ reason }) => reason),
  };
}

function application(catalog: Catalog, cluster: string): KubeObject[] {
  return renderCatalog(catalog)
    .filter(
      (file) => file.cluster === cluster && file.path.includes('/apps/') && !file.path.endsWith('/kustomization.yaml'),
    )
    .flatMap(({ objects }) => objects);
}

(present ? describe : describe.skip)(
  `Online Boutique as released (${present ? 'reference found' : 'no reference at AVIARY_REFERENCE'})`,
  () => {
    test('without canaries and mesh', () => {
      const catalog = onlineBoutique();
      catalog.platform.mesh = 'kubernetes';
      for (const part of [
        catalog.defaults!,
        ...catalog.services,
        ...catalog.clusters.flatMap(({ services }) => Object.values(services ?? {})),
      ]) {
        if (part.canary !== undefined) part.canary = false;
        if (part.expose !== undefined) part.expose = false;
      }
      for (const cluster of catalog.clusters) delete cluster.defaults;
      expect(unexplained(differences(read('online-boutique.yaml'), application(catalog, 'staging')), ALWAYS)).toEqual({
        differences: [],
        unusedRows: [],
      });
    });

    test('with canaries and mesh', () => {
      const ours = application(onlineBoutique(), 'production');
      const rows = [...ALWAYS, ...CANARIED];
      expect(unexplained(differences(read('online-boutique.yaml'), ours), rows)).toEqual({
        differences: [],
        unusedRows: [],
      });
    });

    test('the Istio variant: everything has its counterpart', () => {
      const ours = renderCatalog(onlineBoutique())
        .filter(({ cluster }) => cluster === 'production')
        .flatMap(({ objects }) => objects.filter(({ metadata }) => metadata !== undefined).map(key));
      const reference = read('online-boutique-istio.yaml').map(key);
      expect(reference.filter((object) => !(object in ISTIO))).toEqual([]);
      expect(
        Object.values(ISTIO)
          .map(([counterpart]) => counterpart)
          .filter((counterpart) => !ours.includes(counterpart)),
      ).toEqual([]);
    });

    test('hosts and ports of the ServiceEntries are those of the reference', () => {
      const entries = (objects: readonly KubeObject[]) =>
        objects
          .filter(({ kind }) => kind === 'ServiceEntry')
          .map(
            ({ spec }) =>
              spec as { hosts: string[]; addresses?: string[]; ports: { number: number; protocol: string }[] },
          )
          .map(({ hosts, addresses, ports }) => ({
            hosts,
            addresses,
            ports: ports.map(({ number, protocol }) => `${number}/${protocol}`),
          }))
          .sort((a, b) => (a.hosts[0]! < b.hosts[0]! ? -1 : 1));
      const ours = renderCatalog(onlineBoutique())
        .filter(({ cluster }) => cluster === 'production')
        .flatMap(({ objects }) => objects);
      expect(entries(ours)).toEqual(entries(read('online-boutique-istio.yaml')));
    });
  },
);

test('a reference that was named must be there', () => {
  expect(process.env.AVIARY_REFERENCE === undefined || present).toBe(true);
});
