import * as fc from 'fast-check';
import type { Catalog, Platform } from '../lib/catalog';
import { ClusterDiff, dangers, findDangers } from '../lib/diff';
import { at, canonicalJson, isFields, type KubeObject } from '../lib/kube';
import { rules, runPreflight } from '../lib/preflight';
import { buildWorld } from '../lib/world';
import { catalogs } from './arbitraries/catalog';
import { onlineBoutique } from './catalog';
import { loosened, type Mutation, mutations } from './policy-mutations';
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

function findings(changed: readonly KubeObject[]): string[] {
  const world = buildWorld(changed.map((object, index) => ({ object, place: { file: `${index}.yaml` } })));
  return runPreflight(world, { rules: asked }).findings.map(({ message }) => message);
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

const isWithoutMesh = ({ platform, services }: Catalog): boolean =>
  platform.mesh === 'kubernetes' && services.length % 2 === 1;

/** The objects of a catalog's first cluster, with policies. */
function enforcedObjects(catalog: Catalog): readonly KubeObject[] {
  const [first] = catalog.clusters;
  const policed: Catalog = {
    ...catalog,
    // What random catalogs without a mesh are is as good for Linkerd.
    platform: { ...catalog.platform, ...(isWithoutMesh(catalog) && { mesh: 'linkerd' }), policies: 'enforce' },
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

const PROBES = '{"ipBlock":{"cidr":"169.254.7.127/32"}}';

/** Whether nothing needs what a mutation takes away: the same is said twice, or nobody is there who would use it. */
function isSpare(
  objects: readonly KubeObject[],
  { name, policy }: Mutation & { readonly policy: KubeObject },
): boolean {
  const { kind, metadata, spec } = policy;
  const what = name.slice(name.indexOf(' without ') + 9);
  const ofSpace = objects.filter((one) => one.metadata.namespace === metadata.namespace);
  // Accounts that services share: one of them may send anything, another one some requests.
  if (kind === 'AuthorizationPolicy') return JSON.stringify(spec).split(what).length > 2;
  // A port that Prometheus reads without an identity is open to whom the network lets in.
  if (kind === 'MeshTLSAuthentication')
    return ofSpace.some(
      (one) =>
        one.kind === 'NetworkAuthentication' &&
        one.metadata.name === metadata.name &&
        JSON.stringify(one.spec).includes('"0.0.0.0/0"'),
    );
  // The waypoint of a namespace in which nobody is called.
  if (metadata.name === 'waypoint' && (what === '{"namespaceSelector":{}}' || what === '{"podSelector":{}}'))
    return !ofSpace.some((one) =>
      JSON.stringify(one.spec)?.includes(`cluster.local/ns/${metadata.namespace}/sa/waypoint`),
    );
  // What has no probe is not probed.
  const pods = ofSpace.find((one) => one.kind === 'Deployment' && one.metadata.labels?.app === metadata.labels?.app);
  return what === PROBES && !/"(httpGet|grpc|tcpSocket)":/.test(JSON.stringify(pods));
}

test('random catalogs: each connection that is taken out of a policy is noticed', () => {
  let tried = 0;
  const found = fc.sample(catalogs, { seed: 20261202, numRuns: runs(40) }).flatMap((catalog, index) => {
    const objects = enforcedObjects(catalog);
    const before = new Set(findings(objects));
    const some = objects
      .flatMap((policy) => [...mutations(policy)].map((mutation) => ({ ...mutation, policy })))
      .filter((mutation) => !isSpare(objects, mutation));
    tried += some.length;
    return some
      .filter(({ policy, object }) => {
        const after = findings(objects.map((one) => (one === policy ? object : one)));
        return after.every((message) => before.has(message));
      })
      .map(({ name }) => `${index} ${catalog.platform.mesh}: ${name}`);
  });
  expect(found).toEqual([]);
  expect(tried).toBeGreaterThan(runs(400));
});

describe.each(MODES)('%s', (mesh) => {
  const objects = boutique(mesh);
  test('the policies of Online Boutique cut nothing', () => {
    expect(findings(objects)).toEqual([]);
  });

  const all = objects.flatMap((policy) => [...mutations(policy)].map((mutation) => ({ ...mutation, policy })));

  test('each connection that is taken out of a policy is noticed', () => {
    expect(all.length).toBeGreaterThan(20);
    const tried = all.filter((one, index) => (isLong || index % 8 === 0) && !isSpare(objects, one));
    const unseen = tried.filter(
      ({ policy, object }) => findings(objects.map((one) => (one === policy ? object : one))).length === 0,
    );
    expect(unseen.map(({ name }) => name)).toEqual([]);
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
