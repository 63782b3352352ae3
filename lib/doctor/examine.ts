import type { Finding } from '../findings';
import { fieldsAt, type KubeObject, listAt, numberAt, textAt, type WrittenObject } from '../kube';
import { runPreflight } from '../preflight';
import { buildWorld, type World, type WorldFacts, worldInputs } from '../world';
import { answerFindings, storageFindings } from './checks/answers';
import { installationFindings } from './checks/installations';
import { type ClusterEvent, type LiveObjects, readLive } from './live-objects';
import { type CanaryEvidence, noEvidence } from './metric-evidence';
import { type Symptom, symptoms } from './symptoms';

/** What is known of a cluster. */
export interface Cluster {
  readonly name?: string;
  readonly objects: readonly WrittenObject[];
  /** Kinds that could not be listed: nothing is said about what lacks of them. */
  readonly unread?: readonly string[];
  readonly facts?: WorldFacts;
  /** Of the API server, such as `v1.36.0`. */
  readonly kubernetes?: string;
  /** Names of the definitions that it serves. */
  readonly definitions?: readonly string[];
  /** What the metric stores say of each Canary, by `namespace/name`. */
  readonly evidence?: ReadonlyMap<string, CanaryEvidence>;
}

/** What a cluster or a dump says, and how much was looked at. */
export interface Examination {
  readonly findings: readonly Finding[];
  readonly canaries: number;
  readonly objects: number;
  readonly world: World;
}

/** Kinds that are never read, or that a dump seldom holds: they are taken to be there. */
const NOT_ASKED = ['Secret', 'ServiceAccount'];

/** The cluster as a world of what somebody has applied. */
export function liveWorld(cluster: Cluster): World {
  return worldOf(cluster, readLive(cluster.objects));
}

function worldOf({ name, unread = [], definitions, facts = {} }: Cluster, { written }: LiveObjects): World {
  const exists = [
    ...(facts.exists ?? []),
    ...[...NOT_ASKED, ...unread].map((kind) => `${kind} *`),
    ...(definitions?.map((one) => `CustomResourceDefinition ${one}`) ?? ['CustomResourceDefinition *']),
  ];
  return buildWorld(worldInputs({ ...(name === undefined ? {} : { cluster: name }), objects: written }), {
    ...facts,
    exists,
  });
}

/** Says whether rollouts can work in the cluster, and for each Canary that failed or stands still why, most likely first. */
export function examine(cluster: Cluster): Examination {
  const { name, objects, unread = [], kubernetes, evidence = new Map() } = cluster;
  const live = readLive(objects, kubernetes);
  const world = worldOf(cluster, live);
  const { findings } = runPreflight(world);
  const failed = live.canaries.flatMap((canary) => explained(canary, { live, findings, evidence }, name));
  const own = [
    ...installationFindings(live),
    ...answerFindings(live, world),
    ...storageFindings({ ...live, unread }),
  ].map((finding) => (name === undefined ? finding : { ...finding, place: { ...finding.place, cluster: name } }));
  return { findings: [...failed, ...own, ...findings], canaries: live.canaries.length, objects: objects.length, world };
}

interface Known {
  readonly live: LiveObjects;
  readonly findings: readonly Finding[];
  readonly evidence: ReadonlyMap<string, CanaryEvidence>;
}

/** Why a Canary failed, or stands still; nothing for one that is well. */
function explained(canary: KubeObject, { live, findings, evidence }: Known, cluster: string | undefined): Finding[] {
  const { namespace = '', name } = canary.metadata;
  const phase = textAt(canary, 'status', 'phase') ?? '';
  const checks = numberAt(canary, 'status', 'failedChecks') ?? 0;
  const stuck = phase === '' || phase === 'Initializing' ? initializingReason(canary, live) : undefined;
  const isFailed = phase === 'Failed';
  if (!isFailed && stuck === undefined && !(phase === 'Progressing' && checks > 0)) return [];
  const events = eventsOf(live.events, 'Canary', namespace, name);
  const said = [...(stuck === undefined ? [] : [stuck]), ...messagesOf(canary, events)];
  const seen = said.flatMap((message) => {
    const symptom = symptoms.find(({ pattern }) => pattern.test(message));
    return symptom ? [{ message, symptom }] : [];
  });
  const target = textAt(canary, 'spec', 'targetRef', 'name') ?? name;
  const [first] = seen;
  const message = first?.message ?? said[0];
  const causeOf = (root: Finding): string => `${root.message} [${root.code}]`;
  const isOfQuery = ({ code }: Finding): boolean => OF_THE_QUERY.has(code);
  const pods = podTroubles(live, namespace, target);
  const { isOfPods, isOfMetrics } = first?.symptom ?? {};
  const seenThere = (isOfMetrics ? evidence.get(`${namespace}/${name}`) : undefined) ?? noEvidence;
  const { decisive, further, otherwise, isReached } = seenThere;
  const roots = (first ? rootsOf(first.symptom, canary, { live, findings, evidence }) : []).filter(
    ({ code }) => !(isReached && UNREACHED.has(code)),
  );
  const found = [
    ...roots.filter(isOfQuery).map(causeOf),
    ...decisive,
    ...(isOfPods ? pods : []),
    ...roots.filter((root) => !isOfQuery(root)).map(causeOf),
    ...(isOfPods ? [] : pods),
    ...further,
    ...(roots.length === 0 ? otherwise : []),
  ];
  const causes = found.length > 0 ? found : (first?.symptom.otherwise ?? []);
  const state = isFailed ? 'failed' : stuck === undefined ? `has ${checks} failed checks` : 'does not get initialized';
  return [
    {
      code: 'canary-failed',
      severity: isFailed ? 'error' : 'warning',
      place: { ...place(canary, live, cluster), object: `Canary ${namespace}/${name}` },
      message: `Canary "${name}" ${state}${first ? `: ${first.symptom.what}` : ''}${message === undefined ? '' : ` (Flagger: ${message})`}`,
      ...(causes.length === 0
        ? {}
        : { cause: `most likely first: ${causes.map((cause, index) => `${index + 1}. ${cause}`).join('; ')}` }),
      fix:
        roots.find(isOfQuery)?.fix ??
        (decisive.length > 0 ? undefined : roots[0]?.fix) ??
        (first
          ? first.symptom.fix
          : 'read its events (kubectl describe canary) and the logs of Flagger: neither events nor conditions are left to say more'),
      ...(roots.length === 0 ? {} : { because: roots.map(({ code, place: of }) => `${code}@${of.object ?? ''}`) }),
    },
  ];
}

function place(canary: KubeObject, live: LiveObjects, cluster: string | undefined): Finding['place'] {
  const { namespace, name } = canary.metadata;
  const found = live.written.find(
    ({ object }) =>
      object.kind === 'Canary' && object.metadata.name === name && object.metadata.namespace === namespace,
  );
  return { ...(found ? { file: found.origin.file } : {}), ...(cluster === undefined ? {} : { cluster }) };
}

/** Kinds whose objects are about all Canaries, wherever they are: how the mesh, the metric store and Flagger are set up. */
const GLOBAL = /^(HelmRelease|Deployment|Telemetry|PodMonitor|ServiceMonitor|PeerAuthentication) /;

/** Findings about the Canary that explain the symptom, in the order in which they are likely. */
function rootsOf({ rules }: Symptom, canary: KubeObject, { live, findings }: Known): Finding[] {
  const { namespace = '', name } = canary.metadata;
  const target = textAt(canary, 'spec', 'targetRef', 'name') ?? name;
  // Services of one name in many namespaces are usual: what stands in that of another Canary is about that one.
  const others = new Set(live.canaries.map(({ metadata }) => metadata.namespace).filter((one) => one !== namespace));
  const isAbout = ({ place: of, message }: Finding): boolean => {
    const object = of.object ?? '';
    if (object === `Canary ${namespace}/${name}` || object.endsWith(` ${namespace}/${target}`)) return true;
    if (others.has(/^\S+ ([^/ ]+)(?:\/|$)/.exec(object)?.[1])) return false;
    return message.includes(`"${name}"`) || message.includes(`"${target}"`) || GLOBAL.test(object);
  };
  return rules.flatMap((code) => findings.filter((finding) => finding.code === code && isAbout(finding)));
}

/** Rules by which no request reaches the new version, or none is counted. */
const UNREACHED = new Set(['no-inbound-edge', 'sidecar-not-injected', 'caller-not-in-mesh', 'bluegreen-no-load']);

/** Rules about what is asked: then it is no wonder that a store has no such series. */
const OF_THE_QUERY = new Set([
  'builtin-on-kubernetes',
  'builtin-on-gatewayapi',
  'builtin-on-service-target',
  'provider-unknown',
  'metrics-server-bad-url',
]);

/** What Flagger has said of the Canary, newest first: warnings, then the condition. */
function messagesOf(canary: KubeObject, events: readonly ClusterEvent[]): string[] {
  const warnings = events.filter(({ type }) => type === 'Warning').map(({ message }) => message);
  const conditions = listAt(canary, 'status', 'conditions').flatMap((condition) =>
    textAt(condition, 'status') === 'True' ? [] : (textAt(condition, 'message') ?? []),
  );
  // The last warning tells of the rollback itself; the ones before tell why.
  const telling = warnings.filter((message) => !/^(Rolling back|Canary failed!)/.test(message));
  return [...telling, ...warnings, ...conditions].filter((message) => message !== '');
}

function initializingReason(canary: KubeObject, live: LiveObjects): string | undefined {
  const { namespace = '', name } = canary.metadata;
  return eventsOf(live.events, 'Canary', namespace, name).find(
    ({ type, message }) => type === 'Warning' && !/Initialization done/.test(message),
  )?.message;
}

/** Newest first. */
function eventsOf(events: readonly ClusterEvent[], kind: string, namespace: string, name: string): ClusterEvent[] {
  return events
    .filter(({ about }) => about.kind === kind && about.namespace === namespace && about.name === name)
    .map((event, index) => ({ event, index }))
    .sort((a, b) => (a.event.at === b.event.at ? b.index - a.index : a.event.at < b.event.at ? 1 : -1))
    .map(({ event }) => event);
}

/** Why pods of a workload do not run: what kubelet and scheduler say, once each. */
function podTroubles({ pods, events }: LiveObjects, namespace: string, workload: string): string[] {
  const own = pods.filter(
    ({ metadata }) =>
      metadata.namespace === namespace &&
      new RegExp(`^${escaped(workload)}-[a-z0-9]+(-[a-z0-9]+)?$`).test(metadata.name),
  );
  const troubles = own
    .filter(({ metadata }) => !metadata.name.startsWith(`${workload}-primary-`))
    .flatMap((pod) => [
      ...listAt(pod, 'status', 'containerStatuses').flatMap((status) => {
        const waiting = fieldsAt(status, 'state', 'waiting');
        const reason = textAt(waiting, 'reason');
        return reason === undefined || /^(ContainerCreating|PodInitializing)$/.test(reason)
          ? []
          : [
              `container ${textAt(status, 'name')} is waiting: ${reason}${textAt(waiting, 'message') ? `, ${textAt(waiting, 'message')}` : ''}`,
            ];
      }),
      ...eventsOf(events, 'Pod', namespace, pod.metadata.name)
        .filter(({ reason }) => /^(FailedScheduling|FailedMount|Unhealthy|FailedCreatePodSandBox)$/.test(reason))
        .map(({ reason, message }) => `${reason}: ${message}`),
    ]);
  return [...new Set(troubles)].slice(0, 3);
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
