import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { transformSync } from '@swc/core';
import { type App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import * as library from '../lib';
import { runMain } from '../lib/app';
import { CONSTRUCTS, exampleProgram, publicDeclarations } from '../tools/constructs-page';
import { BOUTIQUE } from './catalog';

const root = path.join(__dirname, '..');
const declarations = publicDeclarations();
const programs = CONSTRUCTS.map((name) => [name, exampleProgram(declarations.get(name)!)] as const);

test('every construct that the package exports is on the page, and has an example', () => {
  const exported = Object.entries(library as Readonly<Record<string, unknown>>)
    .filter(([, one]) => typeof one === 'function' && one.prototype instanceof Construct)
    .map(([name]) => name);
  // Scopes are asked for (`app.cluster`), and one kind of file is made by the engine alone.
  const made = ['ClusterScope', 'LayerScope', 'ServiceRef', 'GeneratedUnit', 'MadeObjects'];
  expect(exported.filter((name) => !made.includes(name)).sort()).toEqual([...CONSTRUCTS].sort());
  expect(programs.filter(([, program]) => program === undefined).map(([name]) => name)).toEqual([]);
});

test('the page tells the fields of all their props', () => {
  const page = readFileSync(path.join(root, 'docs/constructs.md'), 'utf8');
  for (const name of CONSTRUCTS) {
    const props = declarations.get(`${name}Props`);
    for (const { name: field } of props?.members ?? []) expect(page).toContain(`| \`${field}\``);
    if (props && name !== 'ManifestFile') expect(props.members.length + props.parents.length).toBeGreaterThan(0);
  }
  expect(page).not.toMatch(/undefined|\[object/);
});

test.each(programs)('the example of %s runs, and makes one', async (name, program) => {
  const { code } = transformSync(`${program}\nexports.app = app;`, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const made: { app?: App } = {};
  const load = () =>
    new Function('require', 'exports', code)(
      (module: string) => require(module === 'cdk8s-aviary' ? '../lib' : module),
      made,
    );
  // Only this one is synthesized; here it is no more than made.
  if (name === 'AviaryApp')
    expect((await runMain(load, { isInspection: true, catalog: BOUTIQUE })).findings).toEqual([]);
  else load();
  const app = made.app!;
  const all = app.node.findAll();
  expect(all.some((one) => one.constructor.name === name)).toBe(true);
  for (const one of all) if (Chart.isChart(one) && one instanceof Chart) one.toJson();
});
