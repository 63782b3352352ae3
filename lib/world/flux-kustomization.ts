import { booleanAt, type Fields, fieldsAt, isFields, listAt, parseGoDuration, textAt } from '../kube';
import type { Entry } from './entry';

/** A Kustomization of Flux: what it applies, and how long it waits. */
export interface FluxKustomizationView {
  readonly entry: Entry;
  readonly name: string;
  readonly namespace: string;
  /** `spec` as written. */
  readonly spec: Fields;
  /** `spec.path` without `./` before and `/` behind it; empty: the root of the source. */
  readonly path: string;
  readonly wait: boolean;
  readonly prune: boolean;
  readonly force: boolean;
  readonly targetNamespace?: string;
  readonly intervalSeconds?: number;
  /** `spec.timeout`, else `spec.interval`, as kustomize-controller takes it. */
  readonly timeoutSeconds?: number;
  readonly dependsOn: readonly { readonly namespace: string; readonly name: string; readonly pointer: string }[];
  readonly healthChecks: readonly Fields[];
  readonly healthCheckExprs: readonly Fields[];
}

/** @see fluxcd/kustomize-controller v1.6 api/v1/kustomization_types.go (GetTimeout) */
export function readFluxKustomization(entry: Entry): FluxKustomizationView {
  const spec = fieldsAt(entry.object, 'spec');
  const targetNamespace = textAt(spec, 'targetNamespace');
  const intervalSeconds = seconds(textAt(spec, 'interval'));
  const timeoutSeconds = seconds(textAt(spec, 'timeout')) ?? intervalSeconds;
  return {
    entry,
    name: entry.name,
    namespace: entry.namespace,
    spec,
    path: normalizePath(textAt(spec, 'path') ?? ''),
    wait: booleanAt(spec, 'wait') ?? false,
    prune: booleanAt(spec, 'prune') ?? false,
    force: booleanAt(spec, 'force') ?? false,
    ...(targetNamespace ? { targetNamespace } : {}),
    ...(intervalSeconds === undefined ? {} : { intervalSeconds }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    dependsOn: listAt(spec, 'dependsOn').map((item, index) => ({
      name: textAt(item, 'name') ?? '',
      namespace: textAt(item, 'namespace') || entry.namespace,
      pointer: `/spec/dependsOn/${index}`,
    })),
    healthChecks: listAt(spec, 'healthChecks').filter(isFields),
    healthCheckExprs: listAt(spec, 'healthCheckExprs').filter(isFields),
  };
}

function normalizePath(path: string): string {
  return path.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
}

function seconds(text: string | undefined): number | undefined {
  const duration = parseGoDuration(text ?? '');
  return duration.ok ? duration.value / 1000 : undefined;
}
