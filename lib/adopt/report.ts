import { isDeepStrictEqual } from 'node:util';
import { normalForm } from '../diff';
import { fieldsAt, isFields, type KubeObject, listAt } from '../kube';
import type { AdoptedObject, Adoption } from './adopt';
import { isWorkload, podTemplateOf } from './group';
import { countFields } from './verify';

/** What came of the objects, in numbers. */
export interface AdoptionCounts {
  readonly objects: Readonly<Record<AdoptedObject['as'] | 'leftOut', number>>;
  /** Values; `raw` those of objects that go through as they are. */
  readonly fields: {
    readonly all: number;
    readonly typed: number;
    readonly patched: number;
    readonly raw: number;
    /** Of objects in whose place the platform has its own. */
    readonly platform: number;
    readonly lost: number;
  };
  readonly workloads: { readonly all: number; readonly typed: number; readonly patched: number; readonly raw: number };
}

/** Everything that a team must know before it moves. */
export interface AdoptionReport {
  readonly counts: AdoptionCounts;
  /** Fields of theirs that nothing of the result says. Empty, or a bug of ours. */
  readonly lost: readonly string[];
  /** Questions that only people can answer. */
  readonly decide: readonly string[];
  /** What is only in the result, why, and how to do without. */
  readonly added: readonly {
    readonly what: string;
    readonly count: number;
    readonly why: string;
    readonly without: string;
  }[];
  /** Fields that became patches. */
  readonly patched: readonly string[];
  /** Objects that go through as they are, by reason. */
  readonly raw: readonly { readonly reason: string; readonly objects: readonly string[] }[];
  /** Objects in whose place the platform has its own, with the values that its own do not have. */
  readonly platform: readonly { readonly object: string; readonly reason: string; readonly left: readonly string[] }[];
  /** What the first apply does to what runs. */
  readonly firstApply: {
    readonly restarts: readonly string[];
    readonly runsAgain: readonly string[];
    readonly ofHelm: readonly string[];
  };
  /** Objects that a cluster made, by reason. */
  readonly leftOut: readonly { readonly reason: string; readonly count: number }[];
}

/** How many objects and fields the catalog says by fields, by patches or as they are, and what it leaves out. */
export function countAdoption(adoption: Adoption): AdoptionCounts {
  const objects = { typed: 0, patched: 0, raw: 0, platform: 0, secret: 0, leftOut: adoption.leftOut.length };
  const fields = { all: 0, typed: 0, patched: 0, raw: 0, platform: 0, lost: adoption.lost.length };
  const workloads = { all: 0, typed: 0, patched: 0, raw: 0 };
  for (const { as, object } of adoption.objects) {
    objects[as]++;
    const count = countFields(object);
    fields.all += count;
    if (as === 'raw' || as === 'platform') fields[as] += count;
    else if (as === 'typed' || as === 'patched') fields.typed += count;
    if (!isWorkload(object)) continue;
    workloads.all++;
    if (as === 'typed' || as === 'patched' || as === 'raw') workloads[as]++;
  }
  fields.patched = patchesOf(adoption).reduce((sum, { operations }) => sum + operations.length, 0);
  fields.typed -= fields.patched;
  return { objects, fields, workloads };
}

interface PatchText {
  readonly target: { readonly kind: string; readonly name: string };
  readonly operations: readonly { readonly path: string }[];
}

const patchesOf = ({ catalog }: Adoption): readonly PatchText[] => (catalog.patches ?? []) as readonly PatchText[];

/** What we put beside theirs. */
const ADDED: readonly {
  readonly path: RegExp;
  readonly what: string;
  readonly why: string;
  readonly without: string;
}[] = [
  {
    path: /^spec\.(jobTemplate\.spec\.)?template\.metadata\.labels/,
    what: 'the label app.kubernetes.io/name of pods',
    why: 'tools find the pods of a service by it',
    without: 'write the selector of the service out: { "selector": { "app": "NAME" } }',
  },
  {
    path: /^spec\.template\.spec\.volumes(\[aviary-release\]|$)/,
    what: 'the volume aviary-release of canaried pods, which no container mounts',
    why: 'Flagger tells by it which release it has seen, so that a wave is not ready before its rollouts; the first apply starts one',
    without: 'write "canary": false, and keep the Canary below manifests/',
  },
  {
    path: /^metadata\.labels/,
    what: 'the labels app, app.kubernetes.io/name, managed-by, part-of and version of objects',
    why: 'tools find the objects of a service by them; they start no rollout',
    without: 'not possible',
  },
  {
    path: /^metadata\.annotations/,
    what: 'the annotation aviary.dev/release-digest, on jobs kustomize.toolkit.fluxcd.io/force too',
    why: 'it tells which release an object belongs to; a changed job has to be made anew',
    without: 'not possible; it starts no rollout',
  },
  {
    path: /^spec\.ports\[.*\]\.name$/,
    what: 'names of ports of Services',
    why: 'a mesh tells the protocol by them',
    without: 'not possible; callers see nothing of it',
  },
  {
    path: /\.ports(\[|$)/,
    what: 'ports of containers to which a Service leads',
    why: 'Flagger and people read them',
    without: 'list the ports of the container yourself: { "container": { "ports": [] } }',
  },
  {
    path: /\.env\[.*\]\.valueFrom$/,
    what: 'references to Secrets in place of values',
    why: 'a secret does not belong into Git',
    without: 'not possible',
  },
  {
    path: /^spec\.selector/,
    what: 'selectors',
    why: 'written out in the form that Kubernetes has now',
    without: 'not possible',
  },
];
const OTHER = { what: 'other fields', why: 'see --report json', without: 'a patch can remove them' };

/** The account that a team reads. */
export function adoptionReport(adoption: Adoption): AdoptionReport {
  return {
    counts: countAdoption(adoption),
    lost: adoption.lost.map(({ object, path }) => `${describe(object)}: ${path === '' ? 'all of it' : path}`),
    decide: decisions(adoption),
    added: addedOf(adoption),
    patched: patchesOf(adoption).flatMap(({ target, operations }) =>
      operations.map(({ path }) => `${target.kind} ${target.name}: ${path}`),
    ),
    raw: rawOf(adoption),
    platform: replacedOf(adoption),
    firstApply: firstApply(adoption),
    leftOut: countBy(
      adoption.leftOut.map(({ reason }) =>
        reason.startsWith('made by ') ? `made by a ${reason.split(' ')[2]}` : reason,
      ),
    ),
  };
}

function decisions({ secrets, guesses, catalog, objects, bringsIstio }: Adoption): string[] {
  const platform = fieldsAt(catalog.platform);
  return [
    ...secrets.map(
      ({ service, name, keys }) =>
        `Make the Secret "${name}" with ${keys.map((key) => `"${key}"`).join(', ')}: the values stood in the manifests of "${service}". Encrypt it with SOPS or take it from a store, and change values that were in Git.`,
    ),
    ...objects
      .filter(({ as }) => as === 'secret')
      .map(
        ({ object }) =>
          `Make ${describe(object)}${keysOf(object)} in another way than in plain text: encrypted with SOPS, or by External Secrets.`,
      ),
    ...waitingForNobody(objects),
    ...(guesses.length === 0
      ? []
      : [
          `Say the protocol of ${guesses.map(({ service, port }) => `${service}:${port}`).join(', ')}: nothing tells it, and tcp was taken. Write http or grpc there, or --protocol ${guesses[0]!.service}:${guesses[0]!.port}=http.`,
        ]),
    ...(String(fieldsAt(platform.gitops).url).includes('git.example.com')
      ? ['Write the address of the repository that Flux watches into platform.gitops.url.']
      : []),
    ...(fieldsAt(platform.prometheus).install === false
      ? [
          `The manifests bring Prometheus, so none is installed. ${fieldsAt(platform.prometheus).address === undefined ? 'Write the address' : 'Look at the address'} that Flagger shall ask: platform.prometheus.address.`,
        ]
      : []),
    ...(bringsIstio
      ? [
          `The manifests bring Istio, so platform.mesh is "${platform.mesh}" and none is installed. ${
            platform.mesh === 'kubernetes'
              ? 'For canaries with weights leave istiod out of what is adopted and write "istio-sidecar".'
              : 'Look at the label istio.io/rev of the namespaces: "default" is the revision of an Istio without a name.'
          }`,
        ]
      : []),
    ...(platform.mesh === 'kubernetes' && !bringsIstio
      ? [
          'platform.mesh is "kubernetes": no mesh was seen. Canaries with weights need one; write "istio-sidecar" when the cluster gets it.',
        ]
      : []),
  ];
}

/** Objects of Flux that go through as they are and wait for one that ours take the place of: they would wait for ever. */
function waitingForNobody(objects: Adoption['objects']): string[] {
  const nameOf = (kind: string, namespace: unknown, name: unknown) => `${kind} ${namespace}/${name}`;
  const made = (one: Adoption['objects'][number]) => one.as !== 'platform' || one.verified !== undefined;
  const gone = new Set(
    objects
      .filter((one) => !made(one))
      .map(({ object: { kind, metadata } }) => nameOf(kind, metadata.namespace, metadata.name)),
  );
  return objects.flatMap(({ as, object }) => {
    const { kind, metadata, spec } = object;
    const waits = listAt(fieldsAt(spec), 'dependsOn').map((one) => {
      const { namespace = metadata.namespace, name } = fieldsAt(one);
      return nameOf(kind, namespace, name);
    });
    const lost = as === 'raw' ? waits.filter((one) => gone.has(one)) : [];
    return lost.length === 0
      ? []
      : [
          `Take ${lost.join(', ')} out of dependsOn of ${describe(object)} below manifests/: it is gone, and Flux would wait for it for ever.`,
        ];
  });
}

function keysOf(secret: KubeObject): string {
  const keys = [...Object.keys(fieldsAt(secret.data)), ...Object.keys(fieldsAt(secret.stringData))];
  return keys.length === 0 ? '' : ` (${keys.join(', ')})`;
}

function addedOf(adoption: Adoption): AdoptionReport['added'] {
  const counts = new Map<(typeof ADDED)[number] | typeof OTHER, number>();
  for (const { verified } of adoption.objects)
    for (const { path } of verified?.added ?? []) {
      const kind = ADDED.find((one) => one.path.test(path)) ?? OTHER;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  return [...counts]
    .map(([{ what, why, without }, count]) => ({ what, count, why, without }))
    .sort((a, b) => b.count - a.count);
}

function replacedOf({ objects }: Adoption): AdoptionReport['platform'] {
  return objects.flatMap(({ as, object, reason = '', verified }) =>
    as === 'platform'
      ? [
          {
            object: describe(object),
            reason,
            left: verified ? verified.lost.map(({ path }) => path) : leavesOf({ spec: object.spec }),
          },
        ]
      : [],
  );
}

/** Paths of the values. */
function leavesOf(value: unknown, path = ''): string[] {
  return isFields(value) && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`))
    : [path];
}

function rawOf({ objects }: Adoption): AdoptionReport['raw'] {
  const byReason = new Map<string, Set<string>>();
  for (const { as, object, reason = '' } of objects) {
    if (as !== 'raw') continue;
    const list = byReason.get(reason) ?? new Set();
    byReason.set(reason, list.add(describe(object)));
  }
  return [...byReason].map(([reason, list]) => ({ reason, objects: [...list].sort() }));
}

function firstApply({ objects, leftOut }: Adoption): AdoptionReport['firstApply'] {
  const restarts = new Set<string>();
  const runsAgain = new Set<string>();
  for (const { object, verified } of objects) {
    if (!verified?.made || !isWorkload(object)) continue;
    const [theirs, ours] = [normalForm(object), normalForm(verified.made)].map(podTemplateOf);
    if (isDeepStrictEqual(theirs, ours)) continue;
    if (object.kind === 'Job') runsAgain.add(describe(object));
    else if (object.kind !== 'CronJob') restarts.add(describe(object));
  }
  const ofHelm = new Set(
    [...objects, ...leftOut].flatMap(({ object }) => (isOfHelm(object) ? [describe(object)] : [])),
  );
  return { restarts: [...restarts].sort(), runsAgain: [...runsAgain].sort(), ofHelm: [...ofHelm].sort() };
}

const isOfHelm = ({ metadata }: KubeObject): boolean => metadata.labels?.['app.kubernetes.io/managed-by'] === 'Helm';

function countBy(reasons: readonly string[]): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}

/** `Deployment shop/cart`. */
export function describe({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}
