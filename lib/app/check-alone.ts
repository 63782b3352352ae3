import type { Finding } from '../findings';
import { isFields } from '../kube';
import type { CheckedObject, CheckOutcome, CheckRequest } from '../synth';
import { NO_CLUSTER } from './extension';

/**
 * Preflight of a tree without a catalog, cluster by cluster. Objects that stand in no cluster's folder are a part of one that nobody
 * has described: what they lack may be there, so nothing about them is an error.
 * @param own the app's own checks
 */
export async function checkAlone(
  request: CheckRequest,
  own: (objects: () => Iterable<CheckedObject>) => Promise<readonly Finding[]>,
): Promise<CheckOutcome> {
  const { runPreflight } = require('../preflight') as typeof import('../preflight');
  const { WorldBuilder } = require('../world') as typeof import('../world');
  const clusters = new Map<string, CheckedObject[]>();
  for (const one of request.objects()) {
    const list = clusters.get(one.cluster) ?? [];
    clusters.set(one.cluster, list);
    list.push(one);
  }
  const findings: Finding[] = [];
  for (const [cluster, objects] of clusters) {
    const builder = new WorldBuilder({});
    for (const { object, file, position } of objects) {
      if (!isFields(object.metadata) || String(object.apiVersion).startsWith('kustomize.config.k8s.io/')) continue;
      builder.add({ object, place: { file, cluster }, file, order: position, cluster });
    }
    for (const finding of runPreflight(builder.build()).findings)
      findings.push(
        cluster === NO_CLUSTER && finding.severity === 'error' ? { ...finding, severity: 'warning' } : finding,
      );
  }
  return { findings: [...findings, ...(await own(() => request.objects()))] };
}
