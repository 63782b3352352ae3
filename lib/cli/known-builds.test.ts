import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Build, BuildInputs } from '../manifests';
import { type KnownBuilds, knownBuilds } from './known-builds';

const root = mkdtempSync(join(tmpdir(), 'aviary-known-builds-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const file = (path: string, text: string): void => {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
for (const state of ['a', 'b']) {
  file(`${state}/cart/kustomization.yaml`, 'resources: [cart.yaml]');
  file(`${state}/cart/cart.yaml`, 'kind: Service');
  file(`${state}/cart/values/cart.properties`, state);
  file(`${state}/web/kustomization.yaml`, 'resources: [web.yaml, ../shared/limits.yaml]');
  file(`${state}/web/web.yaml`, 'kind: Deployment');
  file(`${state}/shared/limits.yaml`, 'kind: LimitRange');
  file(`${state}/shared/other.yaml`, state);
}
symlinkSync('..', join(root, 'a/web/up'));
symlinkSync('..', join(root, 'b/web/up'));

type What = Parameters<Build>[0];
/** What is asked of the builder when both states are built: folders that it was given. */
function asked(of: (state: string) => readonly [What, BuildInputs | undefined], fails = false): readonly string[] {
  const calls: string[] = [];
  const known: KnownBuilds = new Map();
  const answers = ['a', 'b', 'a'].map((state) => {
    const build: Build = () => {
      calls.push(state);
      return fails ? { error: `no ${state}` } : { text: 'built' };
    };
    return knownBuilds(build, join(root, state), known)(...of(state));
  });
  expect(answers.map((one) => Object.values(one)[0])).toEqual(
    fails ? ['no a', 'no b', 'no a'] : ['built', 'built', 'built'],
  );
  return calls;
}
const at = (state: string, ...paths: string[]) => paths.map((path) => join(root, state, path));

test.each<[string, Parameters<typeof asked>[0], string[]]>([
  [
    'a folder whose files are the same, and one file beside it',
    (state) => [
      join(root, state, 'shared'),
      { folders: [], files: at(state, 'shared/limits.yaml', 'cart/kustomization.yaml') },
    ],
    ['a'],
  ],
  [
    'a file below the folder that no field names',
    (state) => [join(root, state, 'cart'), { folders: at(state, 'cart'), files: [] }],
    ['a', 'b'],
  ],
  [
    'a link to all that lies above',
    (state) => [join(root, state, 'web'), { folders: at(state, 'web'), files: [] }],
    ['a', 'b'],
  ],
  [
    'other patches over the same folder',
    (state) => [
      { fields: { namePrefix: state }, resources: at(state, 'web/web.yaml'), components: [] },
      { folders: [], files: at(state, 'web/web.yaml') },
    ],
    ['a', 'b'],
  ],
  [
    'the same patches',
    (state) => [
      { fields: { namePrefix: 'x-' }, resources: at(state, 'web/web.yaml'), components: [] },
      { folders: [], files: at(state, 'web/web.yaml') },
    ],
    ['a'],
  ],
  ['what it reads is not known', (state) => [join(root, state, 'shared'), undefined], ['a', 'b', 'a']],
  [
    'a file that is not there',
    (state) => [join(root, state, 'shared'), { folders: [], files: at(state, 'none.yaml') }],
    ['a', 'b', 'a'],
  ],
])('what is built anew: %s', (_, of, calls) => {
  expect(asked(of)).toEqual(calls);
});

test('what fails is built again, for its words', () => {
  expect(asked((state) => [join(root, state, 'shared'), { folders: [], files: [] }], true)).toEqual(['a', 'b', 'a']);
});
