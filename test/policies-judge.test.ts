import * as fc from 'fast-check';
import { type Catalog, loadCatalog } from '../lib/catalog';
import { catalogs } from './arbitraries/catalog';
import { onlineBoutique } from './catalog';
import { findJudge, type JudgedCluster, judge, type Verdict } from './judge';
import { type Layer, PHASES, type Phase, type Topology, topologiesOf } from './policy-topology';
import { isLong, runs } from './runs';

const nca = findJudge();
// Without the judge these are skipped: `tools/judge.sh` installs it.
const judged = nca === undefined ? test.skip : test;
const phases = Object.keys(PHASES) as Phase[];
const layers: readonly Layer[] = ['NetworkPolicy', 'AuthorizationPolicy'];

const enforced = (catalog: Catalog): Catalog => ({
  ...catalog,
  platform: { ...catalog.platform, policies: 'enforce' },
  clusters: catalog.clusters.map(({ policies: _, ...cluster }) => cluster),
});

/** Everything that is wrong, as the catalog sees it: a connection that is refused or let through against it. */
function faults({ expected, judged: pods }: Topology, verdict: Verdict): string[] {
  const wrong: string[] = [];
  for (const [edge, ports] of expected) {
    const said = portsOf(verdict.get(edge));
    if (said !== [...ports].sort((a, b) => a - b).join(','))
      wrong.push(`${edge}: expected ${ports}, the judge says ${said}`);
  }
  for (const [edge, ports] of verdict) {
    const [from = '', to = ''] = edge.split(' => ');
    const isAddress = /^[\d*]/.test(from) || /^[\d*]/.test(to);
    if (expected.has(edge) || isAddress) continue;
    if (pods.has(to)) wrong.push(`${edge}: expected nothing, the judge says ${ports}`);
    // What pods of the platform let in is not the services' to say; they send to it what is expected.
    else if (pods.has(from) && ports !== 'All connections')
      wrong.push(`${edge}: expected nothing, the judge says ${ports}`);
  }
  return wrong;
}

const portsOf = (text = 'nothing'): string =>
  [...new Set([...text.matchAll(/dst_ports:([\d-]+(?:,[\d-]+)*)/g)].flatMap(([, list = '']) => list.split(',')))]
    .sort((a, b) => Number(a) - Number(b))
    .join(',') || text;

function judgeAll(
  given: readonly { readonly name: string; readonly catalog: Catalog; readonly cluster: string }[],
): string[] {
  const asked: { readonly cluster: JudgedCluster; readonly topology: Topology }[] = [];
  for (const { name, catalog, cluster } of given) {
    const topology = topologiesOf(catalog, cluster);
    const { mesh = 'istio-sidecar' } = catalog.platform;
    for (const layer of layers)
      for (const phase of phases) {
        if (layer === 'AuthorizationPolicy' && mesh === 'kubernetes') continue;
        const found = topology(phase, layer);
        const id = `${name}-${layer}-${phase.replaceAll(' ', '-')}`;
        asked.push({ cluster: { name: id, objects: found.objects }, topology: found });
      }
  }
  const verdicts = judge(
    nca!,
    asked.map(({ cluster }) => cluster),
  );
  return asked.flatMap(({ cluster: { name }, topology }) =>
    faults(topology, verdicts.get(name)!).map((fault) => `${name}: ${fault}`),
  );
}

judged('an independent judge: Online Boutique has each connection of its graph and no other', () => {
  const catalog = enforced(onlineBoutique());
  expect(judgeAll([{ name: 'boutique', catalog, cluster: 'production' }])).toEqual([]);
});

const many = isLong ? judged : test.skip;
many('the judge notices a connection that is gone and one that is too many', () => {
  const catalog = enforced(onlineBoutique());
  const { objects, ...topology } = topologiesOf(catalog, 'production')('analysis or promotion', 'NetworkPolicy');
  const changed = structuredClone(objects) as any[];
  const policyOf = (name: string) =>
    changed.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === name);
  policyOf('paymentservice').spec.ingress.shift();
  policyOf('adservice').spec.ingress.push({ from: [{ namespaceSelector: {} }] });
  const found = faults({ objects, ...topology }, judge(nca!, [{ name: 'changed', objects: changed }]).get('changed')!);
  expect(found).toContain(
    'microservices-demo/checkoutservice-primary => microservices-demo/paymentservice-primary: expected 50051, the judge says nothing',
  );
  expect(found).toContain(
    'elsewhere/stranger => microservices-demo/adservice-primary: expected nothing, the judge says All connections',
  );
});

many('an independent judge: so have random catalogs, in each phase of their rollouts', () => {
  const random = fc
    .sample(catalogs, { seed: 20261130, numRuns: 4 * runs(50) })
    // Between tunnels the network sees one port only.
    .filter(({ platform }) => platform.mesh !== 'istio-ambient')
    .slice(0, 50)
    .map(enforced);
  expect(random).toHaveLength(50);
  const given = random.flatMap((catalog, index) => {
    const { findings } = loadCatalog(JSON.stringify(catalog), 'services.json');
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    return [{ name: `random-${index}`, catalog: { ...catalog, patches: [] }, cluster: catalog.clusters[0]!.name }];
  });
  expect(judgeAll(given)).toEqual([]);
});
