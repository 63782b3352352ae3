import { readdirSync } from 'node:fs';
import { type Finding, formatText } from '../findings';
import type { MadeTree } from './plan-commit';
import type { PublishOutcome, PublishRequest } from './publish';
import { configMap, sourceAt, TestRepository, treeOf } from './publish.fixture';

let repository: TestRepository;
beforeEach(() => {
  repository = new TestRepository();
});
afterEach(() => {
  // Nothing of a run stays on the disk.
  expect(readdirSync(repository.temporary)).toEqual([]);
  repository.remove();
});

const folder = 'clusters/staging/apps/wave-0';
/** What a user reads when it does not go. */
function said(outcome: PublishOutcome): string {
  const text = (findings: readonly Finding[]) =>
    formatText(findings, { source: () => undefined, color: false }).replace(/\n1 error\n$/, '');
  if (outcome.kind === 'refused') return text(outcome.findings);
  return outcome.kind === 'exhausted' ? text([outcome.finding]) : outcome.kind;
}

test('the first publication adds the tree beside what is there', async () => {
  const outcome = await repository.publish(treeOf({ cart: '1', web: '1' }), { source: sourceAt('b', { pipeline: 7 }) });
  expect(outcome).toMatchObject({
    kind: 'published',
    branch: 'main',
    clusters: [{ cluster: 'staging', services: ['cart', 'web'], others: [`${folder}/kustomization.yaml`] }],
    removed: [],
  });
  expect(repository.files()).toEqual([
    'README.md',
    `${folder}/cart.yaml`,
    `${folder}/kustomization.yaml`,
    `${folder}/web.yaml`,
    'index.json',
  ]);
  expect(repository.run(['log', '-1', '--format=%B', 'main'])).toMatch(
    new RegExp(
      [
        '^Publish staging: cart, web',
        '',
        'staging: cart, web, 1 file of the platform',
        '',
        'Source-Repo: https://git.example.com/shop/app.git',
        `Source-Commit: ${'b'.repeat(40)}`,
        'Pipeline: 7',
        'Synth-Digest: staging sha256:[0-9a-f]{64}$',
      ].join('\n'),
    ),
  );
});

describe('what changes nothing publishes nothing', () => {
  const text = configMap('cart', '1');
  test.each<[string, (files: Map<string, string>) => void]>([
    ['the same', () => undefined],
    [
      'another order of keys',
      (files) =>
        files.set(
          `${folder}/cart.yaml`,
          text
            .split('\n')
            .filter(Boolean)
            .reverse()
            .join('\n')
            .replace(/ {2}value: "1"\ndata:/, 'data: {value: "1"}')
            .replace(/ {2}namespace: shop\n {2}name: cart\nmetadata:/, 'metadata: {namespace: shop, name: cart}'),
        ),
    ],
    [
      'comments and formatting',
      (files) => files.set(`${folder}/cart.yaml`, `# a comment\n---\n${text.replace('"1"', "'1'")}\n\n`),
    ],
    [
      'a renamed file',
      (files) => {
        files.delete(`${folder}/cart.yaml`);
        files.set(`${folder}/basket.yaml`, text);
        files.set(
          `${folder}/kustomization.yaml`,
          files.get(`${folder}/kustomization.yaml`)!.replace('cart.yaml', 'basket.yaml'),
        );
        files.set('index.json', files.get('index.json')!.replace('wave-0/cart.yaml', 'wave-0/basket.yaml'));
      },
    ],
  ])('%s', async (_, change) => {
    await repository.publish(treeOf({ cart: '1', web: '1' }));
    const before = repository.run(['rev-parse', 'main']);
    const { files } = treeOf({ cart: '1', web: '1' });
    change(files as Map<string, string>);
    expect(await repository.publish({ files }, { source: sourceAt('b') })).toEqual({
      kind: 'unchanged',
      branch: 'main',
    });
    expect(repository.run(['rev-parse', 'main'])).toBe(before);
  });
});

test('one changed field names one service, and only its file is written', async () => {
  await repository.publish(treeOf({ cart: '1', web: '1' }));
  const outcome = await repository.publish(treeOf({ cart: '2', web: '1' }), { source: sourceAt('b') });
  expect(outcome).toMatchObject({
    kind: 'published',
    clusters: [{ cluster: 'staging', services: ['cart'], others: [] }],
    written: [`${folder}/cart.yaml`, 'index.json'],
  });
});

test('a service that is gone goes, with its file only', async () => {
  await repository.publish(treeOf({ cart: '1', web: '1' }));
  repository.commit({ [`${folder}/by-hand.yaml`]: 'kind: Secret\n' });
  await repository.publish(treeOf({ cart: '1' }), { source: sourceAt('b') });
  expect(repository.files()).toEqual([
    'README.md',
    `${folder}/by-hand.yaml`,
    `${folder}/cart.yaml`,
    `${folder}/kustomization.yaml`,
    'index.json',
  ]);
});

test('a service that moves to another wave changes, though its objects are the same', async () => {
  await repository.publish(treeOf({ cart: '1' }));
  const outcome = await repository.publish(treeOf({ cart: '1' }, { wave: 1 }), { source: sourceAt('b') });
  expect(outcome).toMatchObject({ kind: 'published', clusters: [{ services: ['cart'] }] });
});

test('a change by hand of a file of ours is taken back', async () => {
  await repository.publish(treeOf({ cart: '1' }));
  repository.commit({ [`${folder}/cart.yaml`]: configMap('cart', 'by hand') });
  expect(await repository.publish(treeOf({ cart: '1' }))).toMatchObject({
    kind: 'published',
    clusters: [{ services: ['cart'] }],
  });
  expect(repository.show(`${folder}/cart.yaml`)).toContain('value: "1"');
});

test('one cluster is published without the others', async () => {
  const both = { clusters: ['production', 'staging'] };
  await repository.publish(treeOf({ cart: '1' }, both));
  const outcome = await repository.publish(treeOf({ cart: '2' }, both), {
    clusters: ['staging'],
    source: sourceAt('b'),
  });
  expect(outcome).toMatchObject({ kind: 'published', clusters: [{ cluster: 'staging' }] });
  expect(repository.show('clusters/production/apps/wave-0/cart.yaml')).toContain('value: "1"');
  const index = JSON.parse(repository.show('index.json'));
  expect(index.clusters.production.releases).toEqual({ cart: 'sha256:1' });
  expect(index.clusters.staging.releases).toEqual({ cart: 'sha256:2' });
});

test('applications have folders of their own', async () => {
  await repository.publish(treeOf({ cart: '1' }), { path: 'apps/shop' });
  const other = sourceAt('z', { repository: 'https://git.example.com/bank/app.git' });
  await repository.publish(treeOf({ ledger: '1' }), { path: 'apps/shop-bank', source: other });
  await repository.publish(treeOf({}), { path: 'apps/shop', source: sourceAt('b') });
  expect(repository.files()).toEqual(
    expect.arrayContaining([
      `apps/shop-bank/${folder}/ledger.yaml`,
      'apps/shop-bank/index.json',
      'apps/shop/index.json',
    ]),
  );
  expect(repository.files()).not.toContain(`apps/shop/${folder}/cart.yaml`);
});

// Each run of a published system cleared the branch and wrote its own folder. @see argoproj/argo-cd issue 24179
test('applications that take turns on one branch, one while the other makes its tree, lose nothing', async () => {
  const publish = (path: string, commit: string, meanwhile?: () => Promise<unknown>) =>
    repository.publish(
      async () => {
        await meanwhile?.();
        return treeOf({ [path]: commit });
      },
      { path, source: sourceAt(commit, { repository: `https://git.example.com/${path}.git` }) },
    );
  await publish('root', 'a');
  let isFirst = true;
  const outcome = await publish('child', 'a', async () => {
    if (isFirst) await publish('root', 'b');
    isFirst = false;
  });
  const last = await publish('root', 'c');
  expect(outcome).toMatchObject({ kind: 'published', attempts: 2 });
  expect(last.kind).toBe('published');
  for (const [path, version] of [
    ['root', 'c'],
    ['child', 'a'],
  ] as const)
    expect(repository.show(`${path}/${folder}/${path}.yaml`)).toContain(`value: "${version}"`);
});

test('a dry run says what it would do and does nothing', async () => {
  const before = repository.run(['for-each-ref']);
  expect(await repository.publish(treeOf({ cart: '1' }), { dryRun: true })).toMatchObject({
    kind: 'would-publish',
    written: [`${folder}/cart.yaml`, `${folder}/kustomization.yaml`, 'index.json'],
  });
  expect(repository.run(['for-each-ref'])).toBe(before);
});

test('what a publication shows before it is made holds charts, too', async () => {
  const { files } = treeOf({ cart: '1' });
  const index = JSON.parse(files.get('index.json')!);
  const withChart = new Map([
    ...files,
    ['charts/cart/Chart.yaml', 'name: cart\n'],
    ['index.json', JSON.stringify({ ...index, files: ['charts/cart/Chart.yaml'] })],
  ]);
  const shown: string[][] = [];
  const onTrees = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) =>
    void shown.push([...before.keys()], [...after.keys()]);
  await repository.publish({ files: withChart }, { onTrees, dryRun: true });
  expect(shown).toEqual([[], [`${folder}/cart.yaml`, `${folder}/kustomization.yaml`, 'charts/cart/Chart.yaml']]);
});

describe('order', () => {
  test('an older commit does not come last', async () => {
    await repository.publish(treeOf({ cart: '2' }), { source: sourceAt('b') });
    expect(await repository.publish(treeOf({ cart: '1' }), { source: sourceAt('a') })).toEqual({
      kind: 'outdated',
      ours: 'commit aaaaaaaaaaaa',
      theirs: 'commit bbbbbbbbbbbb',
    });
    expect(repository.show(`${folder}/cart.yaml`)).toContain('value: "2"');
  });

  test('not even after a newer one that changed nothing', async () => {
    await repository.publish(treeOf({ cart: '1' }), { source: sourceAt('a') });
    // b would have set 2, c took it back: c has nothing to publish, and b comes late.
    expect(await repository.publish(treeOf({ cart: '1' }), { source: sourceAt('c') })).toMatchObject({
      kind: 'unchanged',
    });
    expect(await repository.publish(treeOf({ cart: '2' }), { source: sourceAt('b') })).toMatchObject({
      kind: 'outdated',
    });
    expect(repository.log()).toEqual(['Publish staging: cart', 'by hand']);
  });

  test('without a common history the number of the pipeline decides', async () => {
    const unrelated = (letter: string, pipeline: number) => ({
      source: { ...sourceAt(letter, { pipeline }), isAncestor: async () => undefined },
    });
    await repository.publish(treeOf({ cart: '2' }), unrelated('b', 12));
    expect(await repository.publish(treeOf({ cart: '1' }), unrelated('c', 11))).toMatchObject({ kind: 'outdated' });
    expect(await repository.publish(treeOf({ cart: '3' }), unrelated('a', 13))).toMatchObject({ kind: 'published' });
  });

  test('where nothing tells, nothing is published', async () => {
    await repository.publish(treeOf({ cart: '2' }), { source: sourceAt('b') });
    const source = { ...sourceAt('a'), isAncestor: async () => undefined };
    expect(said(await repository.publish(treeOf({ cart: '1' }), { source }))).toBe(
      'error: nothing tells whether this checkout comes after what cluster "staging" has (commit bbbbbbbbbbbb). [order-unknown]\n' +
        '  cause: the checkout does not know that commit, and there are no numbers of pipelines to compare\n' +
        '  fix: fetch the whole history (git fetch --unshallow), or say --pipeline NUMBER, or --any-order where history was written anew\n',
    );
    expect(await repository.publish(treeOf({ cart: '1' }), { source, anyOrder: true })).toMatchObject({
      kind: 'published',
    });
  });
});

describe('somebody else is faster', () => {
  /** Somebody pushes while the tree is made, so many times. */
  const overtaken = (times: number, tree: (base: { lock?: string }) => MadeTree): PublishRequest['makeTree'] => {
    let left = times;
    return async (base) => {
      if (left-- > 0) repository.commit({ [`other-${left}.yaml`]: 'a: 1\n', 'images.lock.json': `{"n": ${left}}\n` });
      return tree(base);
    };
  };

  test('the tree is made again on the new base', async () => {
    const locks: (string | undefined)[] = [];
    const outcome = await repository.publish(
      overtaken(2, ({ lock }) => {
        locks.push(lock);
        return treeOf({ cart: String(locks.length) });
      }),
    );
    expect(outcome).toMatchObject({ kind: 'published', attempts: 3 });
    expect(locks).toEqual([undefined, '{"n": 1}\n', '{"n": 0}\n']);
    expect(repository.show(`${folder}/cart.yaml`)).toContain('value: "3"');
    expect(repository.files()).toEqual(expect.arrayContaining(['other-0.yaml', 'other-1.yaml']));
    expect(repository.run(['rev-list', '--merges', 'main'])).toBe('');
  });

  test('until the attempts are used up, with longer and longer waits', async () => {
    const waits: number[] = [];
    const outcome = await repository.publish(
      overtaken(9, () => treeOf({ cart: '1' })),
      { attempts: 4 },
      { sleep: async (milliseconds) => void waits.push(milliseconds), random: () => 1 },
    );
    expect(outcome).toMatchObject({ kind: 'exhausted', attempts: 4 });
    expect(said(outcome)).toMatch(
      /^error: somebody else pushed first, each time: fetch first\. \[push-refused\]\n {2}fix: publish again, or allow more --attempts\n$/,
    );
    expect(waits).toEqual([250, 500, 1000]);
  });

  test.each([
    "cannot lock ref 'refs/heads/main': Unable to create '/repositories/main.lock': File exists.",
    'GitLab: Internal API unreachable',
    'the queue is full, come again',
  ])('a hook that says once: %s', async (words) => {
    repository.hook(
      'pre-receive',
      `test -e ${repository.folder}/once && exit 0; touch ${repository.folder}/once; echo "${words}" >&2; exit 1`,
    );
    expect(await repository.publish(treeOf({ cart: '1' }))).toMatchObject({ kind: 'published', attempts: 2 });
  });
});
