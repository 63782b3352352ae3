import { blobId, type Listing } from './gitops-repository';
import { planCommit } from './plan-commit';

/** A tree of two clusters with one chart. */
function tree(tag: string, chart: string): Map<string, string> {
  const file = (cluster: string): string => `clusters/${cluster}/cart.yaml`;
  const entry = (cluster: string): object => ({ files: [file(cluster)], releases: { cart: tag } });
  const index = { clusters: { a: entry('a'), b: entry('b') }, files: ['charts/cart/Chart.yaml'] };
  const manifest = (cluster: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${cluster}\ndata:\n  tag: ${tag}\n`;
  return new Map([
    ['index.json', JSON.stringify(index)],
    [file('a'), manifest('a')],
    [file('b'), manifest('b')],
    ['charts/cart/Chart.yaml', chart],
  ]);
}

function plan(before: Map<string, string>, files: Map<string, string>, clusters?: string[]) {
  const texts = new Map([...before.values()].map((text) => [blobId(text, undefined), text]));
  const listing = new Map([...before].map(([path, text]) => [path, { oid: blobId(text, undefined), mode: '100644' }]));
  const index = before.has('index.json') ? JSON.parse(before.get('index.json')!) : undefined;
  const read = async (oids: readonly string[]) => new Map(oids.map((oid) => [oid, Buffer.from(texts.get(oid)!)]));
  const base = { path: '', listing: listing as unknown as Listing, index, read };
  return planCommit(base, { files }, { clusters, takeOver: false });
}

test('charts go with their clusters, and stand in the index', async () => {
  const { change } = await plan(new Map(), tree('1', 'v1'));
  expect([...change.write.keys()].sort()).toEqual([
    'charts/cart/Chart.yaml',
    'clusters/a/cart.yaml',
    'clusters/b/cart.yaml',
    'index.json',
  ]);
  expect(JSON.parse(change.write.get('index.json')!).files).toEqual(['charts/cart/Chart.yaml']);
});

test('one cluster alone gets new values of the chart that is there', async () => {
  const { change } = await plan(tree('1', 'v1'), tree('2', 'v1'), ['a']);
  expect([...change.write.keys()]).toContain('clusters/a/cart.yaml');
  expect([...change.write.keys()]).not.toContain('clusters/b/cart.yaml');
});

test('one cluster alone does not get a chart that another one has', async () => {
  await expect(plan(tree('1', 'v1'), tree('2', 'v2'), ['a'])).rejects.toThrow(
    'charts/cart/Chart.yaml belongs to a chart that cluster "b" has too',
  );
});
