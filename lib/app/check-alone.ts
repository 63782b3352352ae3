import type { Finding } from '../findings';
import { isFields } from '../kube';
import type { CheckedObject, CheckOutcome, CheckRequest } from '../synth';
import type { AppExtension } from './extension';

/** Preflight of a tree without a catalog, cluster by cluster, then the app's own checks. */
export async function checkAlone(request: CheckRequest, extension: AppExtension): Promise<CheckOutcome> {
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
    findings.push(...runPreflight(builder.build()).findings);
  }
  return { findings: [...findings, ...(await extension.check(() => request.objects()))] };
}
