import { createHash } from 'node:crypto';
import { Yaml } from 'cdk8s';
import { type ChartVariant, chartTemplates, type TemplateObject } from './chart-template';
import { helpersText, templateText } from './chart-text';
import { schemaText, valuesOf, valuesText } from './chart-values';
import { type ChartValue, Hole, type TemplateNode } from './template-node';

/** A chart of one service, and what each variant's release gives to it. */
export interface ServiceHelmChart {
  /** Follows from the content: another chart has another version, an equal one the same. */
  readonly version: string;
  /** Text by path inside the chart's folder. */
  readonly files: ReadonlyMap<string, string>;
  /** Values by name of the variant. */
  readonly values: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

/** Of what a service's chart is made. */
export interface ServiceHelmChartOptions {
  /** Name of the chart, and of the service whose objects it makes. */
  readonly name: string;
  /** Of the releases: templates say `.Release.Namespace` for it. */
  readonly namespace?: string;
  readonly description?: string;
  /** What the chart must render, by cluster. */
  readonly variants: readonly ChartVariant[];
}

/** Files of the templates by kind; the other kinds' are their own in lower case. */
const FILES: Readonly<Record<string, string>> = {
  HorizontalPodAutoscaler: 'hpa',
  PodDisruptionBudget: 'pdb',
};

/**
 * A Helm chart that renders, with each variant's values, exactly that variant's objects. It is made from rendered
 * objects, so whatever a service can be in the plain form it can be in this one.
 */
export function serviceHelmChart(options: ServiceHelmChartOptions): ServiceHelmChart {
  const { name, variants, namespace } = options;
  const { objects, values, labels, usesImage } = chartTemplates(name, namespace, variants);
  const optional = optionalValues(objects);
  const files = new Map<string, string>();
  const helpers = helpersText(name, labels, usesImage);
  if (helpers !== undefined) files.set('templates/_helpers.tpl', helpers);
  const byFile = new Map<string, string[]>();
  for (const object of objects) {
    const file = `templates/${FILES[object.kind] ?? object.kind.toLowerCase()}.yaml`;
    byFile.set(file, [...(byFile.get(file) ?? []), templateText(object)]);
  }
  for (const [file, texts] of byFile) files.set(file, `${texts.join('\n---\n')}\n`);
  files.set('values.yaml', valuesText(name, values, optional));
  files.set('values.schema.json', schemaText(name, values));
  const hash = createHash('sha256');
  for (const [file, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${file}\0${text}\0`);
  const version = `1.0.0-c${hash.digest('hex').slice(0, 12)}`;
  const metadata = {
    apiVersion: 'v2',
    name,
    description: options.description ?? `The service ${name}.`,
    type: 'application',
    version,
  };
  files.set('Chart.yaml', Yaml.stringify(metadata));
  return {
    version,
    files: new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))),
    values: new Map(variants.map((variant) => [variant.name, valuesOf(values, variant.name)])),
  };
}

function optionalValues(objects: readonly TemplateObject[]): Set<ChartValue> {
  const found = new Set<ChartValue>();
  const look = (node: TemplateNode): void => {
    if (node instanceof Hole) {
      if (node.isOptional) found.add(node.value);
    } else if (Array.isArray(node)) node.forEach(look);
    else if (typeof node === 'object' && node !== null) Object.values(node).forEach(look);
  };
  for (const { node } of objects) look(node);
  return found;
}
