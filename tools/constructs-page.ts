import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Declaration, declarationsOf, type Member } from './docstrings';

const root = join(__dirname, '..');

/** In the order of the page: what people begin with first. A test says when one is missing. */
export const CONSTRUCTS = [
  'AviaryApp',
  'MicroserviceRelease',
  'CanaryRollout',
  'MetricTemplate',
  'AlertProvider',
  'FluxBootstrap',
  'HelmMicroservice',
  'HelmServiceRelease',
  'ForeignHelmRelease',
  'GkeCluster',
  'ManifestFile',
  'PlainFile',
  'TextFile',
] as const;

/** Values that are made by static methods. */
const VALUES = ['Target', 'Autoscaler', 'Provider', 'Metric', 'MetricStore'] as const;

/** Names of cdk8s that an example may use. */
const OF_CDK8S = ['ApiObject', 'App', 'Chart'];

/** Every documented class and interface of the public constructs and the app, by name. */
export function publicDeclarations(): ReadonlyMap<string, Declaration> {
  const files = ['lib/constructs', 'lib/app'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(name))
      .sort()
      .map((name) => join(root, folder, name)),
  );
  const all = files.flatMap((file) => declarationsOf(readFileSync(file, 'utf8')));
  return new Map(all.map((one) => [one.name, one]));
}

/** The example of a construct as a file that can be run; undefined where its docstring has none. */
export function exampleProgram({ name, doc }: Declaration): string | undefined {
  if (doc.example === undefined) return undefined;
  const makesApp = /\bconst app\b/.test(doc.example);
  const needsChart = /\bchart\b/.test(doc.example) && !/\b(const chart|\(chart\))/.test(doc.example);
  const before = [
    ...(makesApp ? [] : ['const app = new App();']),
    ...(needsChart ? ["const chart = new Chart(app, 'shop', { namespace: 'shop' });"] : []),
  ];
  const body = [...before, doc.example].join('\n');
  const used = [...new Set([...body.matchAll(/\b[A-Z]\w+\b/g)].map(([word]) => word))].filter(
    (word) => !new RegExp(`['\`][^'\`\\n]*\\b${word}\\b[^'\`\\n]*['\`]`).test(body) || word === name,
  );
  const stock = used.filter((word) => OF_CDK8S.includes(word)).sort();
  const ours = used.filter((word) => !OF_CDK8S.includes(word)).sort();
  return [
    ...(stock.length > 0 ? [`import { ${stock.join(', ')} } from 'cdk8s';`] : []),
    `import { ${ours.join(', ')} } from 'cdk8s-aviary';`,
    '',
    body,
  ].join('\n');
}

/** docs/constructs.md: each construct with an example and its props, from the docstrings. */
export function constructsPage(): string {
  const all = publicDeclarations();
  const types = reachable(all);
  return [
    '# Constructs',
    '',
    'Generated from the docstrings of `lib/constructs` and `lib/app`. They work in any cdk8s project, without a catalog:',
    "`npm install cdk8s-aviary`. Each example is compiled and run by the project's tests. A field that is not marked *required* can be left out.",
    '',
    ...CONSTRUCTS.map((name) => `- [${name}](#${name.toLowerCase()}): ${firstSentence(all.get(name)!)}`),
    '',
    ...CONSTRUCTS.flatMap((name) => constructSection(all.get(name)!, all)),
    '## Values',
    '',
    ...VALUES.flatMap((name) => valueSection(all.get(name)!)),
    '## Types of props',
    '',
    ...types.flatMap((type) => [`### ${type.name}`, '', ...prose(type), ...fieldTable(type, all)]),
  ]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()
    .concat('\n');
}

function constructSection(construct: Declaration, all: ReadonlyMap<string, Declaration>): string[] {
  const props = all.get(`${construct.name}Props`);
  const example = exampleProgram(construct);
  return [
    `## ${construct.name}`,
    '',
    ...prose(construct),
    ...(example === undefined ? [] : ['```ts', example, '```', '']),
    ...(props ? [`Props \`${props.name}\`:`, '', ...fieldTable(props, all)] : []),
  ];
}

function valueSection(value: Declaration): string[] {
  return [
    `### ${value.name}`,
    '',
    ...prose(value),
    '| made by | what it is |',
    '| --- | --- |',
    ...value.members.map(({ name, type, doc }) => `| ${code(`${value.name}.${name}${type}`)} | ${cell(words(doc))} |`),
    '',
  ];
}

function prose({ doc }: Declaration): string[] {
  return [
    ...(doc.text === '' ? [] : [doc.text, '']),
    ...(doc.throws === undefined ? [] : [`Throws ${doc.throws.replace(/\.$/, '')}.`, '']),
    ...(doc.see === undefined ? [] : [`Source: ${doc.see}.`, '']),
  ];
}

function fieldTable({ members, parents }: Declaration, all: ReadonlyMap<string, Declaration>): string[] {
  const inherited = parents.map((parent) => (all.has(parent) ? `[${parent}](#${parent.toLowerCase()})` : code(parent)));
  return [
    ...(members.length === 0
      ? []
      : ['| field | type | what it is |', '| --- | --- | --- |', ...members.map((member) => fieldRow(member)), '']),
    ...(inherited.length === 0 ? [] : [`And those of ${inherited.join(', ')}.`, '']),
  ];
}

function fieldRow({ name, isOptional, type, doc }: Member): string {
  return `| ${code(name)}${isOptional ? '' : ', *required*'} | ${code(type)} | ${cell(words(doc))} |`;
}

function words({ text, default: initial }: Member['doc']): string {
  return [text, ...(initial === undefined ? [] : [`Default: ${initial.replace(/\.$/, '')}.`])]
    .filter(Boolean)
    .join(' ');
}

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
const cell = (text: string): string => text.replace(/\n+- /g, '; ').replace(/\s+/g, ' ').replaceAll('|', '\\|');

function firstSentence({ doc }: Declaration): string {
  const [, first = doc.text] = /^([\s\S]*?[.:])(\s|$)/.exec(doc.text) ?? [];
  return `${first.replace(/\s+/g, ' ').replace(/[.:]$/, '')}.`;
}

/** Interfaces that the props of constructs name, and those that these name. */
function reachable(all: ReadonlyMap<string, Declaration>): Declaration[] {
  const shown = new Set<string>([...CONSTRUCTS, ...CONSTRUCTS.map((name) => `${name}Props`), ...VALUES]);
  const found = new Set<string>();
  const visit = ({ members, parents }: Declaration): void => {
    for (const [word] of [...members.map(({ type }) => type), ...parents].join(' ').matchAll(/\b[A-Z]\w+\b/g)) {
      const named = all.get(word);
      if (named?.kind !== 'interface' || shown.has(word) || found.has(word)) continue;
      found.add(word);
      visit(named);
    }
  };
  for (const name of shown) if (all.has(name)) visit(all.get(name)!);
  return [...found].sort().map((name) => all.get(name)!);
}
