import { Yaml } from 'cdk8s';
import type { ChartValue } from './template-node';

interface Branch {
  readonly children: Map<string, Branch | ChartValue>;
}

const isBranch = (node: Branch | ChartValue): node is Branch => 'children' in node;

function treeOf(values: readonly ChartValue[]): Branch {
  const root: Branch = { children: new Map() };
  for (const value of values) {
    let at = root;
    for (const key of value.path.slice(0, -1)) {
      const next = at.children.get(key);
      if (next && isBranch(next)) at = next;
      else {
        const branch: Branch = { children: new Map() };
        at.children.set(key, branch);
        at = branch;
      }
    }
    at.children.set(value.path.at(-1)!, value);
  }
  return root;
}

/** The values of one variant, for its HelmRelease. */
export function valuesOf(values: readonly ChartValue[], variant: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { path, byVariant } of values) {
    if (!byVariant.has(variant)) continue;
    let at = result;
    for (const key of path.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    at[path.at(-1)!] = byVariant.get(variant);
  }
  return result;
}

/**
 * What values.yaml says, or undefined where it says nothing. Helm merges maps key by key with what a release gives:
 * only an empty map lets a release say what is not there.
 */
function defaultOf({ type, byVariant, isVolatile }: ChartValue, isOptional: boolean): unknown {
  if (isOptional || type === 'any') return undefined;
  if (type === 'map') return {};
  if (isVolatile && type === 'string') return '';
  const [first] = byVariant.values();
  return first;
}

/** values.yaml, with a comment above each value. */
export function valuesText(service: string, values: readonly ChartValue[], optional: ReadonlySet<ChartValue>): string {
  const lines = [`# Values of the chart ${service}. A HelmRelease gives those of its cluster.`];
  const write = ({ children }: Branch, indent: string): void => {
    for (const [key, node] of children) {
      if (indent === '') lines.push('');
      if (isBranch(node)) {
        const isEmpty = [...node.children.values()].every(
          (child) => !isBranch(child) && defaultOf(child, optional.has(child)) === undefined,
        );
        lines.push(`${indent}${keyText(key)}:${isEmpty ? ' {}' : ''}`);
        write(node, `${indent}  `);
        continue;
      }
      const value = defaultOf(node, optional.has(node));
      lines.push(...node.description.split('\n').map((line) => `${indent}# ${line}`));
      if (value === undefined) lines.push(`${indent}# ${keyText(key)}: (not there unless it is given)`);
      else
        lines.push(
          ...Yaml.stringify({ [key]: value })
            .trimEnd()
            .split('\n')
            .map((line) => (line === '' ? '' : `${indent}${line}`)),
        );
    }
  };
  write(treeOf(values), '');
  return `${lines.join('\n')}\n`;
}

const keyText = (key: string): string => Yaml.stringify({ [key]: 0 }).replace(/: 0\n$/, '');

const SCHEMA_TYPES: Readonly<Record<ChartValue['type'], unknown>> = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  scalar: { type: ['string', 'number', 'boolean', 'null'] },
  list: { type: 'array' },
  map: { type: 'object' },
  any: {},
};

/** values.schema.json: a misspelt value is refused, by `helm lint` and at every install. */
export function schemaText(service: string, values: readonly ChartValue[]): string {
  const schemaOf = ({ children }: Branch): Record<string, unknown> => ({
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      [...children].map(([key, node]) => [
        key,
        isBranch(node)
          ? schemaOf(node)
          : { description: node.description, ...(SCHEMA_TYPES[node.type] as Record<string, unknown>) },
      ]),
    ),
  });
  const root = schemaOf(treeOf(values));
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Values of the chart ${service}`,
    ...root,
    // Helm hands it to every chart that is a part of another one.
    properties: { global: { type: 'object' }, ...(root.properties as object) },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
