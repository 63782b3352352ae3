import * as fc from 'fast-check';
import type { Catalog, Platform } from '../lib/catalog';
import { ClusterDiff, dangers, findDangers } from '../lib/diff';
import { at, canonicalJson, isFields, type KubeObject, listAt } from '../lib/kube';
import { rules, runPreflight } from '../lib/preflight';
import { buildWorld } from '../lib/world';
import { catalogs } from './arbitraries/catalog';
import { onlineBoutique } from './catalog';
import { renderCatalog } from './render';
import { isLong, runs } from './runs';

const POLICY_RULES = new Set([
  'policy-cuts-call',
  'policy-cuts-platform',
  'policy-cuts-scrape',
  'policy-cuts-waypoint',
  'netpol-cuts-rollout',
  'authz-loadtester',
  'sidecar-hides-service',
]);
const asked = rules.filter(({ id }) => POLICY_RULES.has(id));

/** Online Boutique behind its policies. */
function boutique(mesh: Platform['mesh'] & string): readonly KubeObject[] {
  const catalog: Catalog = onlineBoutique();
  catalog.platform.mesh = mesh;
  catalog.clusters = catalog.clusters.filter(({ name }) => name === 'production');
  catalog.clusters[0]!.policies = 'enforce';
  // Without a mesh nobody shares the traffic out, and nobody takes it in.
  if (!['istio-sidecar', 'istio-gateway-api', 'istio-ambient'].includes(mesh)) {
    for (const service of catalog.services) delete service.expose;
    catalog.defaults!.canary = { interval: '1m', threshold: 5, iterations: 3 };
  }
  return renderCatalog(catalog)
    .flatMap((file) => file.objects)
    .filter(({ metadata }) => metadata !== undefined);
}
const MODES: readonly (Platform['mesh'] & string)[] = isLong
  ? ['istio-sidecar', 'istio-gateway-api', 'istio-ambient', 'linkerd', 'kubernetes']
  : ['istio-sidecar'];

/** In ambient mode: a gateway comes by the waypoint only where a label of the Service says so, and what has no probe is not probed. */
const NOT_NEEDED = [
  'AuthorizationPolicy frontend without "cluster.local/ns/istio-ingress/sa/public-istio"',
  'NetworkPolicy loadgenerator without {"ipBlock":{"cidr":"169.254.7.127/32"}}',
];

function findings(changed: readonly KubeObject[]): string[] {
  const world = buildWorld(changed.map((object, index) => ({ object, place: { file: `${index}.yaml` } })));
  return runPreflight(world, { rules: asked }).findings.map(({ message }) => message);
}

interface Mutation {
  readonly name: string;
  readonly object: KubeObject;
}

/** Each list with one of its items left out; the list itself goes with its last one. */
function* without(list: readonly unknown[]): Generator<{ rest: unknown[]; item: unknown }> {
  for (const [index, item] of list.entries()) yield { rest: list.filter((_, other) => other !== index), item };
}

/** Every way to take one allowed connection out of a policy. */
function* mutations(policy: KubeObject): Generator<Mutation> {
  const named = (what: unknown) => `${policy.kind} ${policy.metadata.name} without ${JSON.stringify(what)}`;
  const withSpec = (change: Record<string, unknown>): KubeObject => ({
    ...policy,
    spec: { ...(policy.spec as object), ...change },
  });
  const replaced = (list: readonly unknown[], index: number, item: unknown) =>
    list.flatMap((one, at) => (at === index ? (item === undefined ? [] : [item]) : [one]));
  if (policy.kind === 'NetworkPolicy')
    for (const [direction, side] of [
      ['ingress', 'from'],
      ['egress', 'to'],
    ] as const)
      for (const [index, rule] of listAt(policy, 'spec', direction).entries()) {
        const all = listAt(policy, 'spec', direction);
        // Names are asked of the cluster or of the node: either one is enough.
        const isDns = listAt(rule, 'ports').some((port) => at(port, 'port') === 53);
        if (isDns) yield { name: named('DNS'), object: withSpec({ [direction]: replaced(all, index, undefined) }) };
        else
          for (const { rest, item } of without(listAt(rule, side)))
            yield {
              name: named(item),
              object: withSpec({
                [direction]: replaced(
                  all,
                  index,
                  rest.length === 0 ? undefined : { ...(rule as object), [side]: rest },
                ),
              }),
            };
      }
  if (policy.kind === 'AuthorizationPolicy')
    for (const [index, rule] of listAt(policy, 'spec', 'rules').entries())
      for (const { rest, item } of without(listAt(listAt(rule, 'from')[0], 'source', 'principals')))
        yield {
          name: named(item),
          object: withSpec({
            rules: replaced(
              listAt(policy, 'spec', 'rules'),
              index,
              rest.length === 0 ? undefined : { ...(rule as object), from: [{ source: { principals: rest } }] },
            ),
          }),
        };
  if (policy.kind === 'Sidecar')
    for (const { rest, item } of without(listAt(listAt(policy, 'spec', 'egress')[0], 'hosts')))
      if (item !== 'istio-system/*') yield { name: named(item), object: withSpec({ egress: [{ hosts: rest }] }) };
}

/** Ways to let more through than asked. */
function* loosened(policy: KubeObject): Generator<Mutation> {
  const of = (what: string, change: Record<string, unknown>, metadata: object = {}): Mutation => ({
    name: `${policy.kind} ${policy.metadata.name}: ${what}`,
    object: {
      ...policy,
      metadata: { ...policy.metadata, ...metadata },
      spec: { ...(policy.spec as object), ...change },
    } as KubeObject,
  });
  const list = (field: string) => listAt(policy, 'spec', field) as Record<string, unknown>[];
  if (policy.kind === 'NetworkPolicy') {
    yield of('egress is open', { policyTypes: ['Ingress'] });
    yield of('ingress is open', { policyTypes: ['Egress'] });
    yield of('it is about other pods', { podSelector: { matchLabels: { other: 'pods' } } });
    for (const [direction, side] of [
      ['ingress', 'from'],
      ['egress', 'to'],
    ] as const) {
      yield of(`${direction}: everybody`, { [direction]: [...list(direction), {}] });
      yield of(`${direction}: every namespace`, {
        [direction]: [...list(direction), { [side]: [{ namespaceSelector: {} }] }],
      });
      for (const [index, rule] of list(direction).entries())
        yield of(`${direction}: all ports`, {
          [direction]: list(direction).map((one, other) => (other === index ? { [side]: rule[side] } : one)),
        });
    }
  } else if (policy.kind === 'AuthorizationPolicy') {
    yield of('it only logs', {}, { annotations: { 'istio.io/dry-run': 'true' } });
    yield of('everybody', { rules: [...list('rules'), {}] });
    yield of('all accounts', { rules: [...list('rules'), { from: [{ source: { principals: ['*'] } }] }] });
    if (policy.metadata.name !== 'default-deny')
      yield of('other pods', { targetRefs: undefined, selector: { matchLabels: { other: 'pods' } } });
    for (const [index] of list('rules').entries())
      yield of('all requests', {
        rules: list('rules').map((one, other) => (other === index ? { from: one.from } : one)),
      });
  } else if (policy.kind === 'Sidecar') {
    yield of('unknown hosts', { outboundTrafficPolicy: { mode: 'ALLOW_ANY' } });
    yield of('all hosts', { egress: [{ hosts: ['*/*'] }] });
  } else if (policy.kind === 'ServiceEntry') {
    yield of('all hosts below', { hosts: [...listAt(policy, 'spec', 'hosts'), '*.elsewhere.test'] });
    yield of('one more port', {
      ports: [...listAt(policy, 'spec', 'ports'), { number: 4444, name: 'tcp-4444', protocol: 'TCP' }],
    });
    yield of('of any address', { resolution: 'NONE', addresses: ['0.0.0.0/0'] });
  } else if (policy.kind === 'PeerAuthentication') {
    yield of('without mutual TLS', { mtls: { mode: 'PERMISSIVE' } });
  }
}

const ofPolicies = dangers.filter(({ id }) => /^(network-policy|authorization|policy|mtls)-/.test(id));
const clusterOf = (list: readonly KubeObject[]) => ({
  objects: list.map((object, document) => ({ object, origin: { file: 'all.yaml', document } })),
});

/** Those of some loosened policies of which no danger tells. */
function untold(
  objects: readonly KubeObject[],
  tried: readonly (Mutation & { readonly policy: KubeObject })[],
): string[] {
  return tried
    .filter(({ object, policy }) => {
      const after = objects.map((one) => (one === policy ? object : one));
      return findDangers(new ClusterDiff(clusterOf(objects), clusterOf(after)), ofPolicies).length === 0;
    })
    .map(({ name }) => name);
}

const looseOf = (objects: readonly KubeObject[]) =>
  objects
    .flatMap((policy) => [...loosened(policy)].map((mutation) => ({ ...mutation, policy })))
    // A rule about all ports is no wider without any.
    .filter(({ object, policy }) => canonicalJson(object) !== canonicalJson(policy));

/** The objects of a catalog's first cluster, with policies. */
function enforcedObjects(catalog: Catalog): readonly KubeObject[] {
  const [first] = catalog.clusters;
  const policed: Catalog = {
    ...catalog,
    platform: { ...catalog.platform, policies: 'enforce' },
    clusters: [{ ...first!, policies: undefined }],
    patches: [],
  };
  return renderCatalog(policed)
    .flatMap((file) => file.objects)
    .filter(({ metadata }) => metadata !== undefined);
}

test('random catalogs: each policy that lets more through is a danger of the change', () => {
  const random = fc.sample(catalogs, { seed: 20261201, numRuns: runs(40) });
  let tried = 0;
  const found = random.flatMap((catalog, index) => {
    const objects = enforcedObjects(catalog);
    const some = looseOf(objects).filter((_, number) => number % 7 === index % 7);
    tried += some.length;
    return untold(objects, some).map((name) => `${index}: ${name}`);
  });
  expect(found).toEqual([]);
  expect(tried).toBeGreaterThan(runs(80));
});

/**
 * What is needed whatever a random catalog says. Of its calls, objects do not tell all: of a reference only the port may be in the
 * environment, Prometheus may be somebody else's, a load test has nothing to do where nothing is analysed; those are tried with Online Boutique.
 */
const NEEDED = /"DNS"$|istiod/;

test('random catalogs: names and the control plane that are taken out of a policy are noticed', () => {
  let tried = 0;
  const found = fc.sample(catalogs, { seed: 20261202, numRuns: runs(40) }).flatMap((catalog, index) => {
    const objects = enforcedObjects(catalog);
    const before = findings(objects);
    const some = objects
      .flatMap((policy) => [...mutations(policy)].map((mutation) => ({ ...mutation, policy })))
      .filter(({ name }) => NEEDED.test(name));
    tried += some.length;
    return some
      .filter(
        ({ policy, object }) => findings(objects.map((one) => (one === policy ? object : one))).length <= before.length,
      )
      .map(({ name }) => `${index} ${catalog.platform.mesh}: ${name}`);
  });
  expect(found).toEqual([]);
  expect(tried).toBeGreaterThan(runs(40));
});

describe.each(MODES)('%s', (mesh) => {
  const objects = boutique(mesh);
  test('the policies of Online Boutique cut nothing', () => {
    expect(findings(objects)).toEqual([]);
  });

  const all = objects.flatMap((policy) => [...mutations(policy)].map((mutation) => ({ ...mutation, policy })));

  test('each connection that is taken out of a policy is noticed', () => {
    expect(all.length).toBeGreaterThan(20);
    const tried = all.filter((_, index) => isLong || index % 8 === 0);
    const unseen = tried.filter(
      ({ policy, object }) => findings(objects.map((one) => (one === policy ? object : one))).length === 0,
    );
    expect(unseen.map(({ name }) => name)).toEqual(mesh === 'istio-ambient' ? NOT_NEEDED : []);
  });

  test('each policy that lets more through is a danger of the change', () => {
    const loose = looseOf(objects);
    const gone = objects
      .filter(({ kind, metadata }) => kind.endsWith('Policy') && metadata.name === 'default-deny')
      .map((policy) => ({ name: `${policy.kind} ${policy.metadata.name} goes`, object: undefined, policy }));
    const tried = [...loose.filter((_, index) => isLong || index % 8 === 0), ...gone];
    expect(tried.length).toBeGreaterThan(20);
    const unseen = tried.filter(({ object, policy }) => {
      const after = objects.flatMap((one) => (one === policy ? (object ?? []) : one));
      return findDangers(new ClusterDiff(clusterOf(objects), clusterOf(after)), ofPolicies).length === 0;
    });
    expect(unseen.map(({ name }) => name)).toEqual([]);
  });

  test('no policy names a label that Flagger changes, and none selects nothing', () => {
    const world = buildWorld(objects.map((object, index) => ({ object, place: { file: `${index}.yaml` } })));
    const labels = world.workloads().map(({ podLabels }) => podLabels);
    const policies = objects.filter(({ kind }) => ['NetworkPolicy', 'AuthorizationPolicy', 'Sidecar'].includes(kind));
    expect(policies.length).toBeGreaterThan(10);
    for (const policy of policies) {
      expect(JSON.stringify(policy.spec)).not.toMatch(/"app":"(?!istiod)/);
      for (const path of [
        ['podSelector', 'matchLabels'],
        ['selector', 'matchLabels'],
        ['workloadSelector', 'labels'],
      ]) {
        const selector = at(policy, 'spec', ...path);
        if (!isFields(selector)) continue;
        // Waypoints are istiod's to make.
        if (selector['gateway.networking.k8s.io/gateway-name'] !== undefined) continue;
        const selected = labels.filter((own) => Object.entries(selector).every(([key, value]) => own[key] === value));
        expect(selected).not.toEqual([]);
      }
    }
  });
});
