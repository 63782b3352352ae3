import { formatText } from '../findings';
import { buildWorld, describeEntry } from '../world';
import { largestManifestBytes, readManifests } from './read-manifests';

const file = (text: string, name = 'app.yaml') => ({ file: name, content: new TextEncoder().encode(text) });
const names = (text: string) =>
  buildWorld(readManifests([file(text)]).inputs)
    .entries()
    .map(describeEntry);
const service = (name: string) => `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\n`;

test.each<[string, string, string[]]>([
  ['several documents', `${service('a')}---\n${service('b')}`, ['Service shop/a', 'Service shop/b']],
  ['empty documents and comments', `# nothing\n---\n---\n${service('a')}---\n`, ['Service shop/a']],
  [
    'a List',
    'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}',
    ['Pod default/a'],
  ],
  ['JSON', '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}', ['Namespace shop']],
  ['Windows line ends and a byte order mark', `\uFEFF${service('a').replaceAll('\n', '\r\n')}`, ['Service shop/a']],
  [
    'merge keys',
    `x: &x {apiVersion: v1, kind: Pod}\n---\n<<: &p {apiVersion: v1, kind: Pod}\nmetadata: {name: a}`,
    ['Pod default/a'],
  ],
  ['settings of tools', 'apiVersion: v2\nname: chart\n---\napiVersion: v1\nkind: Config\nclusters: []\n', []],
  ['values and other YAML', 'replicaCount: 1\n---\n- a\n---\njust text', []],
  [
    'the build file of kustomize',
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a]',
    [],
  ],
  [
    'lines in quotes without indentation, as kubectl does',
    'apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    x: "one\ntwo"\n  name: a\n',
    ['Pod default/a'],
  ],
  [
    'what helm template prints, without the pods of helm test',
    ['test', 'test-success, test-failure', 'pre-install', 'test,pre-upgrade']
      .map((hooks, index) =>
        `${service(`h${index}`)}`.replace('shop}', `shop, annotations: {helm.sh/hook: "${hooks}"}}`),
      )
      .join('---\n'),
    ['Service shop/h2', 'Service shop/h3'],
  ],
  ['an escaped quote in the midst', `${service('a')}spec: {x: "y \\"\n  z\\"\nw"}\n`, ['Service shop/a']],
  ['a key that is no prototype', `${service('a')}__proto__: {polluted: true}\n`, ['Service shop/a']],
])('reads %s', (_, text, expected) => {
  expect(names(text)).toEqual(expected);
  expect(readManifests([file(text)]).findings).toEqual([]);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('knows the place of a field, in a List too', () => {
  const text = `${service('a')}---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: b\n`;
  const entries = buildWorld(readManifests([file(text)]).inputs).entries();
  expect(entries.map((entry) => entry.place('/metadata/name'))).toEqual([
    { file: 'app.yaml', line: 3, column: 18, pointer: '/metadata/name', object: 'Service shop/a' },
    { file: 'app.yaml', line: 11, column: 11, pointer: '/items/0/metadata/name', object: 'Pod default/b' },
  ]);
});

test('a world is built without asking for a place', () => {
  const { inputs } = readManifests([file(service('a'))]);
  const place = (): never => {
    throw new Error('asked');
  };
  const [entry] = buildWorld(inputs.map((input) => ({ ...input, place }))).entries();
  expect(entry?.file).toBe('app.yaml');
});

test('knows the place of a field behind lines in quotes without indentation', () => {
  const text = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: "a"\n  annotations:\n    x: "one\ntwo"\n    y: z\n';
  const [entry] = buildWorld(readManifests([file(text)]).inputs).entries();
  expect(entry?.annotations).toEqual({ x: 'one two', y: 'z' });
  expect(entry?.place('/metadata/annotations/y')).toMatchObject({ line: 8, column: 8 });
});

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
  .concat('bcdefghi'.split('').map((name, index) => `${name}: &${name} [${'*abcdefgh'.slice(index + 1, index + 2)}`))
  .map((line, index) =>
    index === 0
      ? line
      : `${line.split('[')[0]}[${Array(9)
          .fill(`*${'abcdefgh'[index - 1]}`)
          .join(', ')}]`,
  )
  .join('\n');

test.each([
  ['broken YAML', `${service('a')}spec:\n  ports: [\n`, 'manifest-not-yaml', 'app.yaml:'],
  ['a key twice', `${service('a')}kind: Pod\n`, 'manifest-key-twice', 'app.yaml:4:1'],
  ['a quote without an end', 'a: "b\nc: 1\nd: "e"\n', 'manifest-not-yaml', 'app.yaml:1:6'],
  [
    'an escaped quote at the end of a line',
    `${service('a')}---\n${service('b')}spec:\n  path: "C:\\\\\\"\n  x: "y"\n`,
    'manifest-not-yaml',
    'app.yaml:9:9',
  ],
  ['a tab for indentation', 'a:\n\tb: 1\n', 'manifest-not-yaml', 'app.yaml:'],
  ['a Helm template', '{{- if .Values.on }}\nkind: Service\n{{- end }}\n', 'manifest-is-template', 'app.yaml:'],
  ['a bomb of aliases', bomb, 'manifest-alias-bomb', 'app.yaml:1:1'],
  ['an alias of itself', 'a: &a [*a]\n', 'manifest-not-yaml', 'app.yaml:1:1'],
  ['an alias of nothing', 'a: *b\n', 'manifest-not-yaml', 'app.yaml:'],
  ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {namespace: a}\n', 'manifest-incomplete', 'app.yaml:1:1'],
  ['no metadata', 'apiVersion: v1\nkind: Pod\nspec: {}\n', 'manifest-incomplete', 'app.yaml:1:1'],
  ['no kind', 'apiVersion: v1\nmetadata: {name: a}\n', 'manifest-incomplete', 'app.yaml:1:1'],
  ['brackets without end', '['.repeat(200_000), 'manifest-not-yaml', 'app.yaml'],
  ['a deep nesting', '- '.repeat(5_000), 'manifest-not-yaml', 'app.yaml'],
  [
    'a deep nesting of maps',
    Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
    'manifest-not-yaml',
    'not YAML: it is nested too deeply',
  ],
])('reports %s', (_, text, code, place) => {
  const { inputs, findings } = readManifests([file(text)]);
  expect(findings.map((finding) => finding.code)).toEqual([code]);
  expect(formatText(findings, {})).toContain(place);
  expect(inputs.length).toBeLessThan(2);
});

test('what istioctl reads needs no name, and is no manifest', () => {
  const text = 'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {profile: demo}\n';
  expect(readManifests([file(text)])).toMatchObject({ inputs: [], findings: [] });
});

test('the broken settings of a chart are no manifest, though parts of them have a kind and an apiVersion', () => {
  const values = 'controller:\n  kind: Deployment\n  keda:\n    apiVersion: keda.sh/v1alpha1\n class: nginx\n';
  expect(readManifests([file(values)]).foreign).toEqual(['app.yaml']);
  expect(readManifests([file(`kind: Pod\napiVersion: v1\n${values}`)]).foreign).toEqual([]);
});

test.each([
  ['bytes that are no text', new Uint8Array([0x61, 0xff, 0xfe]), 'manifest-not-utf8', 'the file is not UTF-8 text'],
  ['half of UTF-16', new Uint8Array([0xff, 0xfe, 0x61]), 'manifest-not-utf8', 'the file is no sound UTF-16 text'],
  [
    'a huge file',
    new Uint8Array(largestManifestBytes + 1),
    'manifest-too-large',
    'the file has 16777217 bytes, more than the 16777216 that are read',
  ],
])('refuses %s and reads on', (_, content, code, message) => {
  const { inputs, findings } = readManifests([{ file: 'bad.yaml', content }, file(service('a'))]);
  expect(findings).toMatchObject([{ code, message, place: { file: 'bad.yaml' } }]);
  expect(inputs).toHaveLength(1);
});

test.each([
  ['a broken one', 'a: [\n'],
  ['a key twice', 'a: {b: 1, b: 2}\n'],
  ['a template', '{{- if .Values.on }}\nkind: x\n{{- end }}\n'],
])('%s hides no other document', (_, text) => {
  const { inputs, findings } = readManifests([file(`${service('a')}---\n${text}---\n${service('b')}`)]);
  expect(inputs.map(({ object }) => object.metadata.name)).toEqual(['a', 'b']);
  expect(findings.map(({ place }) => place.line)).toEqual([expect.any(Number)]);
  expect(inputs[1]!.place('/metadata/name', inputs[1]!.object)).toMatchObject({
    line: 6 + text.split('\n').length - 1 + 2,
  });
});

test('of a key that stands twice the last value counts', () => {
  const { inputs, findings } = readManifests([file(`${service('a')}kind: Pod\n`)]);
  expect(inputs[0]?.object.kind).toBe('Pod');
  expect(findings[0]).toMatchObject({
    severity: 'warning',
    message: 'the key "kind" stands twice in one mapping: the last one counts',
  });
});

test.each([
  ['little', [0xff, 0xfe], (code: number) => [code, 0]],
  ['big', [0xfe, 0xff], (code: number) => [0, code]],
] as const)('takes UTF-16 with a mark, %s end first', (_, mark, bytes) => {
  const content = new Uint8Array([...mark, ...[...service('a')].flatMap((one) => bytes(one.charCodeAt(0)))]);
  expect(readManifests([{ file: 'a.yaml', content }])).toMatchObject({
    inputs: [{ object: { metadata: { name: 'a' } } }],
    findings: [],
  });
});

test('tells files of other tools from objects that cannot be read', () => {
  const tasks = { file: 'tasks.yml', content: new TextEncoder().encode('- name: x\n  when: "a" == b\n') };
  const { foreign } = readManifests([tasks, file('apiVersion: v1\nkind: Pod\nmetadata: [\n')]);
  expect(foreign).toEqual(['tasks.yml']);
});
