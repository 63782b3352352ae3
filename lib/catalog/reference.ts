import * as z from 'zod';
import { CATALOG_CODES } from './codes';
import { clusterSchema } from './schema';
import { manifestsSchema } from './schema/manifests';
import { externalSchema, patchSchema, platformSchema } from './schema/platform';
import { serviceSchema } from './schema/service';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
}

const json = (schema: z.ZodType): Schema => z.toJSONSchema(schema, { io: 'input' }) as Schema;

/** docs/catalog.md: every field of the catalog, from the same source as its type and its schema. */
export function catalogReference(): string {
  const cluster = json(clusterSchema);
  const { defaults, services, ...ownFields } = cluster.properties!;
  return [
    '# The catalog',
    '',
    '`services.json`: no unknown keys. `"$schema": "./services.schema.json"` lets an editor complete and check it. All errors',
    'come at once, each with file, line, column, JSON pointer and what to do. Comments are read, too; `services.jsonc`,',
    '`services.yaml` and services in [files of their own](catalog-files.md) say the same.',
    '',
    '```jsonc',
    '{',
    '  "$schema": "./services.schema.json",',
    '  "platform": { … },      // what all services share',
    '  "clusters": [ … ],      // where they run, with overrides',
    '  "defaults": { … },      // any field of a service',
    '  "services": [ … ],',
    '  "include": [ … ],       // files of one service each',
    '  "external": [ … ],      // services outside the mesh',
    '  "manifests": [ … ],     // files of your own',
    '  "patches": [ … ]        // the escape hatch',
    '}',
    '```',
    '',
    'Layers, weakest first: `defaults`, `clusters[].defaults`, `services[]`, `clusters[].services.<name>`. Objects are merged key',
    'by key; lists and single values are replaced. `false` switches `canary`, `autoscaling`, `expose` or `disruptionBudget` off;',
    'a stronger layer that gives an object switches it on again, with all that weaker layers say of it.',
    '',
    ...section('platform', json(platformSchema)),
    ...section('clusters[]', { ...cluster, properties: ownFields }),
    `| \`defaults\` | [service fields](#services) | | ${cell(defaults!.description)} |`,
    `| \`services\` | map of [service fields](#services) | | ${cell(services!.description)} |`,
    '',
    ...section('services[]', json(serviceSchema)),
    ...section('external[]', json(externalSchema)),
    '## manifests[]',
    '',
    ...manifestsTable(json(manifestsSchema)),
    ...section('patches[]', json(patchSchema)),
    '## Findings',
    '',
    'Every finding about the catalog has one of these codes. Codes stay; their sentences may improve.',
    '',
    '| code | meaning |',
    '|---|---|',
    ...Object.entries(CATALOG_CODES).map(([code, meaning]) => `| \`${code}\` | ${cell(meaning)} |`),
    '',
  ].join('\n');
}

function section(name: string, schema: Schema): string[] {
  const table = ['| field | type | | meaning |', '|---|---|---|---|', ...rows(schema, '')];
  return [`## ${name}`, '', schema.description ?? '', '', ...table, ...(name === 'clusters[]' ? [] : [''])];
}

function manifestsTable(schema: Schema): string[] {
  const [, entry] = schema.items?.anyOf ?? [];
  return [
    schema.description ?? '',
    '',
    'An entry is a path, or an object:',
    '',
    '| field | type | | meaning |',
    '|---|---|---|---|',
    ...(entry ? rows(entry, '') : []),
    '',
  ];
}

function rows(schema: Schema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const required = schema.required?.includes(name) ? 'required' : '';
    return [`| \`${path}\` | ${typeOf(field)} | ${required} | ${meaning(field)} |`, ...children(field, path)];
  });
}

function children(field: Schema, path: string): string[] {
  if (field.properties) return rows(field, `${path}.`);
  if (field.items) return children(field.items, `${path}[]`);
  if (typeof field.additionalProperties === 'object') return children(field.additionalProperties, `${path}.<name>`);
  return (field.anyOf ?? []).flatMap((option) => children(option, path));
}

function meaning(field: Schema): string {
  const inner =
    field.items?.description && field.items.description !== field.description ? ` ${field.items.description}` : '';
  const examples = (field.examples ?? []).map((example) => `\`${JSON.stringify(example)}\``).join(', ');
  return cell(`${field.description ?? ''}${inner}${examples ? ` Example: ${examples}.` : ''}`);
}

/** A table's cell has no line breaks and no bars. */
const cell = (text = ''): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();

function typeOf(field: Schema): string {
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(', ');
  if (field.const !== undefined) return `\`${field.const}\``;
  if (field.anyOf) return [...new Set(field.anyOf.map(typeOf))].join(' or ');
  if (field.items) return `list of ${typeOf(field.items)}`;
  if (typeof field.additionalProperties === 'object') return `map of ${typeOf(field.additionalProperties)}`;
  return { string: 'text', boolean: 'true or false' }[field.type ?? ''] ?? field.type ?? 'anything';
}
