import { at, type Fields, fieldsAt, isFields, listAt, textAt, textMapAt } from '../kube';
import type { Entry } from './entry';

/** A chart that somebody installs: a Flux HelmRelease, an Argo CD Application with a chart, or a HelmChart of k3s. */
export interface HelmReleaseView {
  readonly entry: Entry;
  readonly name: string;
  /** The name by which Helm knows the release. */
  readonly releaseName: string;
  /** The chart's name: `flagger`; from `chart.spec.chart`, or the last part of the OCIRepository's address. */
  readonly chart: string;
  /** What its `chartRef` names, where that is here. */
  readonly source?: Entry;
  /** Where its objects go: `targetNamespace` or its own. */
  readonly targetNamespace: string;
  /** Its values, with those of ConfigMaps and plain Secrets that are here. */
  readonly values: Fields;
  /** Pointer to the values that stand in the object itself. */
  readonly valuesPointer: string;
  /** Some values come from something that is not here: what is not among `values` may be set all the same. */
  readonly hasUnknownValues: boolean;
}

type Find = (kind: string, namespace: string, name: string) => Entry | undefined;

/** Reads a HelmRelease; `find` gives the source that a `chartRef` names, and what `valuesFrom` names. */
export function readHelmRelease(entry: Entry, find: Find): HelmReleaseView {
  const { object } = entry;
  const ref = fieldsAt(object, 'spec', 'chartRef');
  const source = find(
    textAt(ref, 'kind') ?? '',
    textAt(ref, 'namespace') || entry.namespace,
    textAt(ref, 'name') ?? '',
  );
  const chart =
    textAt(object, 'spec', 'chart', 'spec', 'chart') ??
    // Helm Operator of Flux 1.
    textAt(object, 'spec', 'chart', 'name') ??
    textAt(object, 'spec', 'chart', 'path') ??
    textAt(source?.object, 'spec', 'chart') ??
    textAt(source?.object, 'spec', 'url') ??
    textAt(ref, 'name') ??
    '';
  const target = textAt(object, 'spec', 'targetNamespace');
  const { values, isOpen } = valuesOf(entry, find);
  return {
    entry,
    name: entry.name,
    releaseName: textAt(object, 'spec', 'releaseName') || (target ? `${target}-${entry.name}` : entry.name),
    chart: lastPart(chart),
    ...(source && { source }),
    targetNamespace: target || entry.namespace,
    values,
    valuesPointer: '/spec/values',
    hasUnknownValues: isOpen,
  };
}

/**
 * The values in the order in which Flux merges them: those of `valuesFrom` first, each over the one before, then its own.
 * @see fluxcd/helm-controller v1.6 internal/chartutil/values.go (ChartValuesFromReferences)
 */
function valuesOf(entry: Entry, find: Find): { readonly values: Fields; readonly isOpen: boolean } {
  let values: Fields = {};
  let isOpen = false;
  for (const reference of listAt(entry.object, 'spec', 'valuesFrom')) {
    const named = find(textAt(reference, 'kind') ?? '', entry.namespace, textAt(reference, 'name') ?? '');
    const data = { ...textMapAt(named?.object, 'data'), ...textMapAt(named?.object, 'stringData') };
    const text =
      named?.kind === 'Secret' && !at(named.object, 'stringData')
        ? undefined
        : data[textAt(reference, 'valuesKey') ?? 'values.yaml'];
    if (text === undefined) isOpen = true;
    else {
      const path = textAt(reference, 'targetPath');
      values = merged(values, path === undefined ? fieldsIn(text) : nested(path.split('.'), text));
    }
  }
  return { values: merged(values, fieldsAt(entry.object, 'spec', 'values')), isOpen };
}

/** An Application of Argo CD that installs a chart; undefined for one that applies files. */
export function readArgoChart(entry: Entry): HelmReleaseView | undefined {
  const spec = fieldsAt(entry.object, 'spec');
  const sources = [
    { source: fieldsAt(spec, 'source'), pointer: '/spec/source' },
    ...listAt(spec, 'sources').map((source, index) => ({
      source: fieldsAt(source),
      pointer: `/spec/sources/${index}`,
    })),
  ];
  for (const { source, pointer } of sources) {
    const chart = textAt(source, 'chart');
    if (chart === undefined) continue;
    const parameters = listAt(source, 'helm', 'parameters').reduce<Fields>((all, parameter) => {
      const name = textAt(parameter, 'name');
      const value = at(parameter, 'value');
      return name === undefined ? all : merged(all, nested(name.split('.'), value));
    }, {});
    const own = fieldsAt(source, 'helm', 'valuesObject');
    const text = textAt(source, 'helm', 'values');
    return {
      entry,
      name: entry.name,
      releaseName: textAt(source, 'helm', 'releaseName') ?? entry.name,
      chart: lastPart(chart),
      targetNamespace: textAt(spec, 'destination', 'namespace') ?? entry.namespace,
      values: merged(text === undefined ? own : fieldsIn(text), parameters),
      valuesPointer: `${pointer}/helm${text === undefined ? '/valuesObject' : '/values'}`,
      hasUnknownValues: listAt(source, 'helm', 'valueFiles').length > 0,
    };
  }
  return undefined;
}

/** A HelmChart of k3s. @see k3s-io/helm-controller pkg/apis/helm.cattle.io/v1/types.go */
export function readK3sChart(entry: Entry): HelmReleaseView {
  const spec = fieldsAt(entry.object, 'spec');
  return {
    entry,
    name: entry.name,
    releaseName: entry.name,
    chart: lastPart(textAt(spec, 'chart') ?? ''),
    targetNamespace: textAt(spec, 'targetNamespace') ?? entry.namespace,
    values: merged(fieldsIn(textAt(spec, 'valuesContent') ?? ''), fieldsAt(spec, 'set')),
    valuesPointer: '/spec/valuesContent',
    hasUnknownValues: listAt(spec, 'valuesSecrets').length > 0,
  };
}

function lastPart(chart: string): string {
  return chart.slice(chart.lastIndexOf('/') + 1);
}

/** As Helm merges values: mappings are merged, all else is replaced. */
function merged(under: Fields, over: Fields): Fields {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isFields(value) && isFields(below) ? merged(below, value) : value;
  }
  return result;
}

function nested([key = '', ...rest]: readonly string[], value: unknown): Fields {
  return { [key]: rest.length === 0 ? value : nested(rest, value) };
}

/** A text of YAML in a manifest; empty where it is none: then nothing is known. */
export function fieldsIn(text: string): Fields {
  const { load, YAMLException } = require('js-yaml') as typeof import('js-yaml');
  try {
    const value = load(text);
    return isFields(value) ? value : {};
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return {};
  }
}
