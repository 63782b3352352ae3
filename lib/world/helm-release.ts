import { type Fields, fieldsAt, listAt, textAt } from '../kube';
import type { Entry } from './entry';

/** A Flux HelmRelease, with the chart that it installs. */
export interface HelmReleaseView {
  readonly entry: Entry;
  readonly name: string;
  /** The chart's name: `flagger`; from `chart.spec.chart`, or the last part of the OCIRepository's address. */
  readonly chart: string;
  /** Where its objects go: `targetNamespace` or its own. */
  readonly targetNamespace: string;
  /** `spec.values`; what `valuesFrom` adds is not read. */
  readonly values: Fields;
  readonly hasValuesFrom: boolean;
}

/** Reads a HelmRelease; `resolve` finds the source that a `chartRef` names. */
export function readHelmRelease(
  entry: Entry,
  resolve: (kind: string, namespace: string, name: string) => Entry | undefined,
): HelmReleaseView {
  const ref = fieldsAt(entry.object, 'spec', 'chartRef');
  const source = resolve(
    textAt(ref, 'kind') ?? '',
    textAt(ref, 'namespace') || entry.namespace,
    textAt(ref, 'name') ?? '',
  );
  const chart =
    textAt(entry.object, 'spec', 'chart', 'spec', 'chart') ??
    textAt(source?.object, 'spec', 'chart') ??
    textAt(source?.object, 'spec', 'url') ??
    textAt(ref, 'name') ??
    '';
  return {
    entry,
    name: entry.name,
    chart: chart.slice(chart.lastIndexOf('/') + 1),
    targetNamespace: textAt(entry.object, 'spec', 'targetNamespace') || entry.namespace,
    values: fieldsAt(entry.object, 'spec', 'values'),
    hasValuesFrom: listAt(entry.object, 'spec', 'valuesFrom').length > 0,
  };
}
