// What the npm package carries of others, with its licences: docs/licences.md, and build/LICENCES.txt with their texts.
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

/** Where generated classes and schemas come from: their definitions, by the beginning of the file's name. */
const DEFINITIONS = [
  [/^flagger\.app/, 'Flagger', 'Apache-2.0'],
  [/\.toolkit\.fluxcd\.io/, 'Flux', 'Apache-2.0'],
  [/\.istio\.io/, 'Istio', 'Apache-2.0'],
  [/^gateway\.networking\.k8s\.io/, 'Gateway API', 'Apache-2.0'],
];

/** Files of libraries that are part of the bundles, from the root on. */
function bundledFiles(root) {
  const { metafile } = require('esbuild').buildSync({
    entryPoints: ['lib/index.ts', 'lib/testing/index.ts', 'lib/app/start.ts', 'lib/cli/start.ts', 'main.ts'].map(
      (file) => join(root, file),
    ),
    absWorkingDir: root,
    outdir: join(root, 'build'),
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs);
}

/** Each bundled package once: name, version, licence, text. */
function bundledPackages(root) {
  const folders = new Set(
    bundledFiles(root).flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
  return [...folders]
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, folder)).find((one) => /^(licen[sc]e|copying)/i.test(one));
      const notice = readdirSync(join(root, folder)).find((one) => /^notice/i.test(one));
      const text = [file, notice]
        .filter((one) => one !== undefined && existsSync(join(root, folder, one)))
        .map((one) => readFileSync(join(root, folder, one), 'utf8').trim())
        .join('\n\n');
      return { name, version, license: license ?? 'UNKNOWN', text };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Generated classes, by where their definitions are from. */
function generatedClasses(root) {
  return readdirSync(join(root, 'imports'))
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => {
      const [, project = 'UNKNOWN', license = 'UNKNOWN'] = DEFINITIONS.find(([pattern]) => pattern.test(name)) ?? [];
      return { name: `imports/${name}`, project, license };
    });
}

/** docs/licences.md. Without versions: an update is no reason to write it anew. */
exports.licencesPage = function licencesPage(root) {
  // Two versions of one are one row.
  const packages = [...new Set(bundledPackages(root).map(({ name, license }) => `| ${name} | ${license} |`))];
  const classes = generatedClasses(root).map(({ name, project, license }) => `| ${name} | ${project} | ${license} |`);
  return [
    '# Licences of what the package brings',
    '',
    'Written by `npm run generate`. Aviary itself is Apache-2.0. These libraries are part of its bundles; their texts come with the package,',
    'in `build/LICENCES.txt`. What a project brings itself (cdk8s, cdk8s-plus-25, constructs) is part of the bundle of the commands only.',
    '',
    '| library | licence |',
    '| --- | --- |',
    ...packages,
    '',
    'Classes and schemas that are made of the definitions of other projects:',
    '',
    '| file | definitions of | licence |',
    '| --- | --- | --- |',
    ...classes,
    '| lib/flagger/definitions.json | Flagger | Apache-2.0 |',
    '',
    'There is no class of the Flux Operator (AGPL-3.0): [decision 21](decisions/0021-no-class-of-fluxinstance.md).',
    '',
  ].join('\n');
};

/** build/LICENCES.txt. */
exports.licenceTexts = function licenceTexts(root) {
  return bundledPackages(root)
    .map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
};
