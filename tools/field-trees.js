/**
 * Writes lib/preflight/field-trees.generated.ts: the names of the fields that definitions of ../shared/crds know, as compact
 * texts. Run by hand when the definitions change: node tools/field-trees.js
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { parseAllDocuments } = require('yaml');

const crds = join(__dirname, '..', '..', 'shared', 'crds');
/** File, and the kinds that are taken from it. */
const wanted = {
  'flagger.app.yaml': ['Canary', 'MetricTemplate', 'AlertProvider'],
  'kustomize.toolkit.fluxcd.io.yaml': ['Kustomization'],
  'helm.toolkit.fluxcd.io.yaml': ['HelmRelease'],
  'networking.istio.io.yaml': ['VirtualService', 'DestinationRule', 'Gateway'],
  'gateway.networking.k8s.io.yaml': ['HTTPRoute'],
};

/** The letter of a plain value's type; none where several may stand. */
const letters = { string: 's', integer: 'i', number: 'n', boolean: 'b' };

/**
 * `{!a{b=s<x|y>,c[{d=i}},e*`: a star where any field may stand, a bracket before what a list holds, a tilde before what
 * stands under names of one's own, an exclamation mark before what must be there, the values that a text may have in angle brackets.
 */
function tree(schema) {
  if (!schema) return '*';
  if (schema.type === 'array') return `[${tree(schema.items)}`;
  if (schema['x-kubernetes-preserve-unknown-fields']) return '*';
  if (schema.additionalProperties)
    return schema.additionalProperties.type ? `~${tree(schema.additionalProperties)}` : '*';
  const names = Object.keys(schema.properties ?? {}).sort();
  if (names.length === 0 && schema.type === 'object') return '*';
  if (names.length === 0) {
    const letter = schema['x-kubernetes-int-or-string'] ? undefined : letters[schema.type];
    const values = letter === 's' && schema.enum ? `<${schema.enum.join('|')}>` : '';
    return letter ? `=${letter}${values}` : '';
  }
  // The API server fills in a default before it looks for what is missing.
  const required = (name) => schema.required?.includes(name) && schema.properties[name].default === undefined;
  return `{${names.map((name) => `${required(name) ? '!' : ''}${name}${tree(schema.properties[name])}`).join(',')}}`;
}

const trees = {};
for (const [file, kinds] of Object.entries(wanted))
  for (const document of parseAllDocuments(readFileSync(join(crds, file), 'utf8'))) {
    const crd = document.toJS();
    if (!crd || !kinds.includes(crd.spec?.names?.kind)) continue;
    const version = crd.spec.versions.find(({ storage }) => storage) ?? crd.spec.versions[0];
    trees[`${crd.spec.group}/${crd.spec.names.kind}`] = tree(version.schema.openAPIV3Schema.properties.spec);
  }
const lines = Object.keys(trees)
  .sort()
  .map((key) => `  '${key}':\n    '${trees[key]}',\n`);
writeFileSync(
  join(__dirname, '..', 'lib', 'preflight', 'field-trees.generated.ts'),
  `// Written by tools/field-trees.js from the definitions of Flagger 1.44, Flux 2.9, Istio 1.31 and Gateway API 1.6.\n\n/** Fields of \`spec\`, by group and kind: \`{a{b=s},c*,d[=i}\`; a star where any field may stand, a bracket before what a list holds, a tilde before what stands under names of one's own, the letter of a plain value behind an equals sign and the values that it may have in angle brackets, an exclamation mark before a field that must be there. */\nexport const fieldTrees: Readonly<Record<string, string>> = {\n${lines.join('')}};\n`,
);
