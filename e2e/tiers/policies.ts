import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../lib/kube';
import { rules, runPreflight } from '../../lib/preflight';
import { buildWorld } from '../../lib/world';
import { type CanaryRef, canaryEvents, followRollouts, getCanary, waitForPhase } from '../lib/canaries';
import { applyAll, type KubeClient } from '../lib/kube-client';
import { readTree, sortForApply, withoutFlux } from '../lib/manifests';
import { type CatalogData, synthTree } from '../lib/synth';
import type { Tier } from '../lib/tier';
import type { Mesh } from '../mesh/mesh';
import type { Stream } from '../mesh/routes';
import { platformStandIns, waypointStandIn } from '../mesh/stand-ins';

export const title = 'Policies';

type Json = Record<string, unknown>;

interface Scenario {
  readonly name: string;
  readonly protocol: 'http' | 'grpc';
  readonly tag?: string;
  readonly expected: 'Succeeded' | 'Failed';
  readonly says: RegExp;
  readonly callees?: readonly string[];
  /** The connection that is taken out of its policies before the release. */
  readonly cut?: Cut;
}

interface Cut {
  readonly kind: 'NetworkPolicy' | 'AuthorizationPolicy' | 'Sidecar';
  /** The part of the object's JSON that names the connection. */
  readonly names: RegExp;
  readonly direction?: 'ingress' | 'egress';
  /** How the mesh says which policy refused. Absent: no request is refused, somebody else does not get through. */
  readonly cause?: RegExp;
  /** How preflight names it before the push. */
  readonly finding: string;
}

interface Mode {
  readonly mesh: 'istio-sidecar' | 'istio-gateway-api' | 'istio-ambient';
  readonly namespace: string;
  readonly scenarios: readonly Scenario[];
}

const NO_VALUES = /no values found for/;
const succeeds = /canary weight 60/;
/** Each with what policies must let through for it: a caller, a callee of its own, load test, scrape, DNS, istiod. */
const whole: readonly Scenario[] = [
  { name: 'web', protocol: 'http', callees: ['cart'], expected: 'Succeeded', says: succeeds },
  { name: 'cart', protocol: 'grpc', callees: ['store'], expected: 'Succeeded', says: succeeds },
  {
    name: 'errors',
    protocol: 'http',
    tag: '2.0.0-errors',
    expected: 'Failed',
    says: /http-success-rate .* < 99/,
  },
];

/** The same services with one connection less. */
const cutOff: readonly Scenario[] = [
  {
    name: 'no-caller',
    protocol: 'http',
    expected: 'Failed',
    says: NO_VALUES,
    cut: {
      kind: 'NetworkPolicy',
      direction: 'ingress',
      names: /"caller"|loadtester/,
      cause: /ingress of \S+: NetworkPolicy .* names no \S+\/caller-\S+ on 8080/,
      finding: 'policy-cuts-call',
    },
  },
  {
    name: 'no-callee',
    protocol: 'http',
    callees: ['cart'],
    expected: 'Failed',
    says: /http-success-rate .* < 99/,
    cut: {
      kind: 'NetworkPolicy',
      direction: 'egress',
      names: /"cart"/,
      cause: /egress of \S+: NetworkPolicy .* names no \S+\/cart\S* on 7000/,
      finding: 'policy-cuts-call',
    },
  },
  {
    name: 'no-scrape',
    protocol: 'grpc',
    expected: 'Failed',
    says: NO_VALUES,
    cut: {
      kind: 'NetworkPolicy',
      direction: 'ingress',
      names: /prometheus/,
      finding: 'netpol-cuts-rollout',
    },
  },
  {
    name: 'no-istiod',
    protocol: 'http',
    expected: 'Failed',
    says: NO_VALUES,
    cut: {
      kind: 'NetworkPolicy',
      direction: 'egress',
      names: /istiod/,
      cause: /names no istio-system\/istiod\S* on 15012/,
      finding: 'policy-cuts-platform',
    },
  },
  {
    name: 'no-dns',
    protocol: 'http',
    callees: ['cart'],
    expected: 'Failed',
    says: /http-success-rate .* < 99/,
    cut: {
      kind: 'NetworkPolicy',
      direction: 'egress',
      names: /kube-dns/,
      cause: /names no kube-system\/coredns\S* on 53\/UDP/,
      finding: 'policy-cuts-platform',
    },
  },
  {
    name: 'no-identity',
    protocol: 'grpc',
    expected: 'Failed',
    says: /grpc-success-rate .* < 99/,
    cut: {
      kind: 'AuthorizationPolicy',
      names: /sa\/caller$/,
      cause: /AuthorizationPolicy \S+ does not allow \S+\/sa\/caller on 7000/,
      finding: 'policy-cuts-call',
    },
  },
  // A denied HTTP request is a 403, and no success rate counts that: Flagger promotes it. Only preflight tells.
  {
    name: 'no-identity-http',
    protocol: 'http',
    expected: 'Succeeded',
    says: succeeds,
    cut: {
      kind: 'AuthorizationPolicy',
      names: /sa\/caller$/,
      cause: /AuthorizationPolicy \S+ does not allow \S+\/sa\/caller on 8080/,
      finding: 'policy-cuts-call',
    },
  },
  {
    name: 'no-host',
    protocol: 'http',
    callees: ['cart'],
    expected: 'Failed',
    says: /http-success-rate .* < 99/,
    cut: {
      kind: 'Sidecar',
      names: /\/cart\./,
      cause: /Sidecar \S+ does not name cart\.\S+/,
      finding: 'sidecar-hides-service',
    },
  },
];

/** At the waypoint and behind it. */
const cutOffAtWaypoint: readonly Scenario[] = [
  {
    name: 'no-identity',
    protocol: 'grpc',
    expected: 'Failed',
    says: /grpc-success-rate .* < 99/,
    cut: {
      kind: 'AuthorizationPolicy',
      names: /sa\/caller$/,
      cause: /AuthorizationPolicy \S+ does not allow \S+\/sa\/caller on 7000/,
      finding: 'policy-cuts-call',
    },
  },
  {
    name: 'no-waypoint',
    protocol: 'http',
    expected: 'Failed',
    says: NO_VALUES,
    cut: {
      kind: 'NetworkPolicy',
      direction: 'ingress',
      names: /"waypoint"/,
      cause: /ingress of \S+: NetworkPolicy .* names no \S+\/waypoint\S* on 15008/,
      finding: 'policy-cuts-call',
    },
  },
];

const modes: readonly Mode[] = [
  { mesh: 'istio-sidecar', namespace: 'policed', scenarios: [...whole, ...cutOff] },
  { mesh: 'istio-gateway-api', namespace: 'policed-by-gateway-api', scenarios: whole },
  { mesh: 'istio-ambient', namespace: 'policed-ambient', scenarios: [...whole, ...cutOffAtWaypoint] },
];

const canary = {
  interval: '10s',
  threshold: 3,
  stepWeight: 20,
  maxWeight: 60,
  metrics: { interval: '20s', successRateMinPercent: 99, durationMaxMilliseconds: 500 },
  loadTest: { requestsPerSecond: 5 },
  alerts: false,
};
const portOf = (protocol: string): Json =>
  protocol === 'grpc' ? { port: 7000, protocol } : { port: 80, targetPort: 8080, protocol };
const references = (names: readonly string[]): Json =>
  Object.fromEntries(names.map((name) => [name.replaceAll('-', '_').toUpperCase(), { service: name }]));

function catalog({ mesh, namespace, scenarios }: Mode, tagOf: (scenario: Scenario) => string): CatalogData {
  return {
    platform: {
      namespace,
      mesh,
      policies: 'enforce',
      registry: `registry.example.com/${namespace}`,
      prometheus: { scrapeInterval: '2s' },
      gitops: { url: 'https://gitlab.example.com/rollouts/gitops.git' },
    },
    clusters: [{ name: 'test', domain: 'test.example.com', flux: { mode: 'gotk' } }],
    services: [
      ...scenarios.map((scenario) => ({
        name: scenario.name,
        image: { tag: tagOf(scenario) },
        ports: [portOf(scenario.protocol)],
        env: references(scenario.callees ?? []),
        traffic: { requestsPerSecond: 20 },
        canary,
        ...(scenario.name === 'web' && mesh !== 'istio-ambient'
          ? { expose: { hosts: [`${namespace}.{domain}`] } }
          : {}),
      })),
      { name: 'store', image: { tag: '1.0.0' }, ports: [{ port: 6379, protocol: 'tcp' }], canary: false },
      {
        name: 'caller',
        image: { tag: '1.0.0' },
        ports: [portOf('http')],
        env: references(scenarios.map(({ name }) => name)),
        canary: false,
      },
    ],
  };
}

/** What the catalog's references say, and what comes in by the gateway. */
function streams({ namespace, scenarios, mesh }: Mode): Stream[] {
  const port = (name: string): number =>
    name === 'store' ? 6379 : scenarios.find((one) => one.name === name)?.protocol === 'grpc' ? 7000 : 80;
  const call = (from: string, name: string): Stream => ({
    from: { workload: from, namespace },
    host: `${name}.${namespace}`,
    port: port(name),
    requestsPerSecond: 10,
    inMesh: true,
  });
  return [
    ...scenarios.map(({ name }) => call('caller', name)),
    ...scenarios.flatMap(({ name, callees = [] }) => callees.map((callee) => call(name, callee))),
    ...(mesh === 'istio-ambient'
      ? []
      : [
          {
            ...call('web', 'web'),
            from: {
              workload: mesh === 'istio-sidecar' ? 'istio-gateway' : 'public-istio',
              namespace: 'istio-ingress',
            },
            gateway: 'istio-ingress/public',
            host: `${namespace}.test.example.com`,
            port: 443,
          },
        ]),
  ];
}

/** A tree with a namespace of Flagger's of its own: each mode has queries of its own. */
function objectsOf(tree: string, { namespace }: Mode): KubeObject[] {
  return readTree(tree).map(
    ({ object }) =>
      JSON.parse(JSON.stringify(object).replaceAll('flagger-system', `${namespace}-flagger`)) as KubeObject,
  );
}

/** What belongs to the services, their metrics and their load test; the rest runs as processes or is a stand-in. */
function own(objects: readonly KubeObject[], { namespace }: Mode): KubeObject[] {
  const spaces = [namespace, `${namespace}-flagger`];
  return withoutFlux(objects.map((object) => ({ object })))
    .map(({ object }) => object)
    .filter(({ metadata }) => spaces.includes(metadata.namespace ?? metadata.name));
}

/** The policies of a service without one connection. @throws where there is no such connection in them */
function withoutConnection(objects: readonly KubeObject[], { name, cut }: Scenario): KubeObject[] {
  if (!cut) return [...objects];
  const changed = objects.map((object) =>
    object.kind === cut.kind && object.metadata.name === name
      ? ({ ...object, spec: pruned(object.spec as Json, cut) } as KubeObject)
      : object,
  );
  if (isDeepStrictEqual(changed, objects)) throw new Error(`${cut.kind} ${name} names nothing like ${cut.names}`);
  return changed;
}

/** Without the items of lists that name the connection; a list goes with its last one, and a rule with its only list. */
function pruned(spec: Json, { kind, names, direction }: Cut): Json {
  if (kind === 'NetworkPolicy') {
    const side = direction === 'ingress' ? 'from' : 'to';
    const rulesOf = (spec[direction ?? 'ingress'] ?? []) as Json[];
    // DNS is asked of the cluster or of the node: one rule, which goes as a whole.
    const left = rulesOf.flatMap((rule) => {
      const peers = (rule[side] as unknown[]).filter((peer) => !names.test(JSON.stringify(peer)));
      const isName = names.source.includes('dns') && peers.length < (rule[side] as unknown[]).length;
      return peers.length === 0 || isName ? [] : [{ ...rule, [side]: peers }];
    });
    return { ...spec, [direction ?? 'ingress']: left };
  }
  if (kind === 'Sidecar') {
    const [egress] = spec.egress as { hosts: string[] }[];
    return { ...spec, egress: [{ hosts: (egress?.hosts ?? []).filter((host) => !names.test(host)) }] };
  }
  const left = (spec.rules as { from: { source: { principals: string[] } }[] }[]).flatMap((rule) => {
    const principals = (rule.from[0]?.source.principals ?? []).filter((one) => !names.test(one));
    return principals.length === 0 ? [] : [{ ...rule, from: [{ source: { principals } }] }];
  });
  return { ...spec, rules: left };
}

async function apply(client: KubeClient, objects: readonly KubeObject[], fieldManager: string): Promise<void> {
  const { refusals } = await applyAll(client, sortForApply(objects.map((object) => ({ object }))), { fieldManager });
  if (refusals.length > 0) throw new Error(refusals.map(({ object, message }) => `${object}: ${message}`).join('\n'));
}

/** Codes and messages of what preflight says about policies. */
function findingsOf(objects: readonly KubeObject[]): { code: string; message: string }[] {
  const world = buildWorld(objects.map((object, index) => ({ object, place: { file: `${index}.yaml` } })));
  const asked = rules.filter(({ id }) => /pol|sidecar|authz/.test(id));
  return runPreflight(world, { rules: asked }).findings.map(({ code, message }) => ({ code, message }));
}

/** Whether a refusal is by a policy of a service. */
const isAbout = ({ namespace }: Mode, { name }: Scenario) => {
  const pattern = new RegExp(` ${namespace}/${name}(\\.pods)?[, ]`);
  return (refusal: string): boolean => pattern.test(refusal);
};

/** Rollouts with the tree's policies enforced: what they let through is enough, and one connection less is too little. */
export async function runPolicies({ root, folder, reporter, client }: Tier, mesh: Mesh): Promise<void> {
  if (!reporter.isWanted(title)) return;
  mesh.streams.push(...modes.flatMap(streams));
  const all = modes.flatMap((mode) => mode.scenarios.map((scenario) => ({ mode, scenario })));
  const refOf = ({ namespace }: Mode, { name }: Scenario): CanaryRef => ({ namespace, name });
  const refs = all.map(({ mode, scenario }) => refOf(mode, scenario));
  const isReady = await reporter.step(title, 'every Canary becomes Initialized behind its policies', async (say) => {
    await apply(client, platformStandIns(), 'aviary-e2e-stand-ins');
    for (const mode of modes) {
      const tree = await synthTree(
        root,
        folder,
        `${mode.namespace}-1`,
        catalog(mode, () => '1.0.0'),
      );
      await apply(client, own(objectsOf(tree, mode), mode), 'kustomize-controller');
      if (mode.mesh === 'istio-ambient') await apply(client, waypointStandIn(mode.namespace), 'aviary-e2e-stand-ins');
    }
    for (const ref of refs) await waitForPhase(client, ref, ['Initialized'], 240);
    say(`${refs.length} Canaries Initialized`);
    if (mesh.error) throw new Error(mesh.error);
  });
  if (!isReady) return;

  const found = new Map<Mode, readonly { code: string; message: string }[]>();
  let ended: Awaited<ReturnType<typeof followRollouts>> = new Map();
  await reporter.step(title, 'one release changes every image, and takes a connection out of some', async (say) => {
    mesh.refusals.clear();
    for (const mode of modes) {
      const tree = await synthTree(
        root,
        folder,
        `${mode.namespace}-2`,
        catalog(mode, ({ tag = '2.0.0' }) => tag),
      );
      const objects = objectsOf(tree, mode);
      const changed = mode.scenarios.reduce(withoutConnection, objects);
      found.set(mode, findingsOf(changed));
      const others = findingsOf(objects);
      if (others.length > 0) throw new Error(others.map(({ code, message }) => `${code}: ${message}`).join('\n'));
      await apply(client, own(changed, mode), 'kustomize-controller');
    }
    ended = await followRollouts(client, refs, 360);
    say(`${ended.size} of ${refs.length} rollouts ended`);
    if (mesh.error) throw new Error(mesh.error);
  });

  for (const { mode, scenario } of all) {
    const { name, protocol, expected, says, cut } = scenario;
    await reporter.step(title, `${mode.mesh}, ${name} (${protocol}): ${expected}`, async (say) => {
      const ref = refOf(mode, scenario);
      const events = await canaryEvents(client, ref);
      for (const event of events.slice(events.findIndex((one) => one.startsWith('New revision detected')))) say(event);
      const end = ended.get(`${ref.namespace}/${ref.name}`);
      if (!end) throw new Error(`did not end; phase ${(await getCanary(client, ref)).status?.phase}`);
      if (end.phase !== expected) throw new Error(`ended ${end.phase}`);
      if (!events.some((event) => says.test(event))) throw new Error(`Flagger never said ${says}`);
      if (!cut) return;
      const { cause } = cut;
      const refused = [...mesh.refusals.keys()].filter((by) => isAbout(mode, scenario)(by) && cause?.test(by));
      for (const by of refused.slice(0, 2)) say(`refused: ${by}`);
      if (cause && refused.length === 0) throw new Error(`nothing was refused by ${cause}`);
      const told = found.get(mode)?.find(({ code, message }) => code === cut.finding && message.includes(name));
      if (!told) throw new Error(`preflight says no ${cut.finding} about ${name}`);
      say(`preflight, before: ${told.message} [${told.code}]`);
    });
  }

  await reporter.step(title, 'nothing else was refused', async (say) => {
    const expected = all.filter(({ scenario }) => scenario.cut).map(({ mode, scenario }) => isAbout(mode, scenario));
    const others = [...mesh.refusals.keys()].filter((by) => !expected.some((is) => is(by)));
    say(`${mesh.refusals.size} causes, each of a connection that was taken out`);
    if (others.length > 0) throw new Error(others.join('\n'));
  });
}
