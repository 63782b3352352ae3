import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { ErrorObject } from 'ajv';
import type { Catalog } from '../catalog';
import { type Finding, nearest } from '../findings';
import { fieldsAt, isFields, textAt } from '../kube';
import type { FileSystem } from '../tree';

/** Values of one chart of somebody else, where the catalog writes them. */
interface ChartValues {
  readonly service: string;
  readonly pointer: string;
  readonly values: unknown;
  /** Of the chart, as the catalog names it. */
  readonly schema: string;
  readonly schemaPointer: string;
}

/** What the chart's own values complete, so that it may be missing here; and what only sums other errors up. */
const NOT_SAID = new Set(['required', 'minProperties', 'dependentRequired', 'if', 'anyOf', 'oneOf', 'allOf', 'not']);

/** A digest of the schemas that the catalog names: what a run depends on besides. */
export function schemaFingerprint(fs: FileSystem, catalog: unknown, base: string): string {
  const names = valuesOf(catalog).map(({ schema }) => schema);
  if (names.length === 0) return '';
  const hash = createHash('sha256');
  for (const name of new Set(names)) hash.update(`${name}\0${read(fs, path.join(base, name)) ?? ''}\0`);
  return hash.digest('base64url');
}

/**
 * Values that somebody else's chart does not take, by the values.schema.json that the catalog names. Places are pointers into the catalog.
 * @see helm.sh/docs/topics/charts (Schema Files): Helm checks the values together with those of the chart
 */
export function chartValueFindings(fs: FileSystem, catalog: Catalog, base: string): Finding[] {
  const all = valuesOf(catalog);
  return all.flatMap((one, index) => {
    // Of a service all places have the same schema: what is wrong with it is told once.
    const isFirst = all.findIndex(({ service }) => service === one.service) === index;
    const text = read(fs, path.join(base, one.schema));
    if (text === undefined)
      return isFirst
        ? [unreadable(one, 'cannot be read', 'correct the path: it begins at the folder of the catalog')]
        : [];
    try {
      return check(one, JSON.parse(text));
    } catch (error) {
      const what = `is no JSON Schema: ${(error as Error).message}`;
      return isFirst ? [unreadable(one, what, 'take the one of the chart (helm pull --untar)')] : [];
    }
  });
}

/** Every place where values of such a chart are written: the service's, and what clusters say of it. */
function valuesOf(catalog: unknown): ChartValues[] {
  const { services, clusters } = fieldsAt(catalog);
  const list = Array.isArray(services) ? services : [];
  return list.flatMap((service, index): ChartValues[] => {
    const name = textAt(service, 'name');
    const schema = textAt(service, 'release', 'chart', 'schema');
    if (name === undefined || schema === undefined) return [];
    const overrides = (Array.isArray(clusters) ? clusters : []).map((cluster, position): [string, unknown] => [
      `/clusters/${position}/services/${name}/release/values`,
      fieldsAt(cluster, 'services', name, 'release').values,
    ]);
    const own: [string, unknown] = [`/services/${index}/release/values`, fieldsAt(service, 'release').values];
    return [own, ...overrides].flatMap(([pointer, values]) =>
      isFields(values)
        ? [{ service: name, pointer, values, schema, schemaPointer: `/services/${index}/release/chart/schema` }]
        : [],
    );
  });
}

function read(fs: FileSystem, file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8') as string;
  } catch {
    // Said where the catalog names it.
    return undefined;
  }
}

function check({ service, pointer, values, schema }: ChartValues, definition: object): Finding[] {
  // Loaded here: few catalogs have such a chart.
  const { default: Ajv } = require('ajv') as typeof import('ajv');
  const { $schema: _, ...plain } = definition as { $schema?: string };
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, verbose: true, logger: false });
  const validate = ajv.compile(plain);
  validate(values);
  return (validate.errors ?? [])
    .filter(({ keyword }) => !NOT_SAID.has(keyword))
    .map((error) => ({
      code: 'chart-values',
      severity: 'error',
      place: {
        pointer: `${pointer}${error.instancePath}${unknownKey(error) === undefined ? '' : `/${unknownKey(error)}`}`,
      },
      ...told(service, error),
      cause: `${schema} is what the chart checks its values by: helm-controller installs nothing then`,
    }));
}

function unknownKey({ keyword, params }: ErrorObject): string | undefined {
  return keyword === 'additionalProperties' ? String(params.additionalProperty) : undefined;
}

function told(service: string, error: ErrorObject): Pick<Finding, 'message' | 'fix' | 'nearest'> {
  const where = error.instancePath.slice(1).replaceAll('/', '.');
  const key = unknownKey(error);
  if (key !== undefined) {
    const known = Object.keys(fieldsAt(error.parentSchema, 'properties'));
    const near = nearest(key, known);
    return {
      message: `"${service}": the chart has no value "${where === '' ? key : `${where}.${key}`}"`,
      ...(near === undefined ? {} : { nearest: near }),
      fix: near === undefined ? 'remove it, or look into the values.yaml of the chart' : `write "${near}"`,
    };
  }
  return {
    message: `"${service}": the value ${where} is ${JSON.stringify(error.data)?.slice(0, 60)}, which ${error.message}`,
    fix: 'write what the chart takes',
  };
}

function unreadable({ service, schema, schemaPointer }: ChartValues, what: string, fix: string): Finding {
  const place = { pointer: schemaPointer };
  return { code: 'chart-schema', severity: 'error', place, message: `"${service}": ${schema} ${what}`, fix };
}
