import type { App } from 'cdk8s';
import { isManifestFile } from '../constructs';
import type { KubeObject } from '../kube';
import type { ServiceInput } from './inputs';
import { releaseSettings } from './release-form';
import { serviceChart } from './service-chart';

/** kustomize-controller leaves the object where it is when the tree no longer has it. */
const NOT_PRUNED = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };

/** A service in the plain form, and what the Helm form is made of. Handed over, its objects outlive what applies them. */
export function plainService(app: App, input: ServiceInput): void {
  serviceChart(app, input);
  if (releaseSettings(input.service).handOver !== true) return;
  for (const file of app.charts.filter(isManifestFile))
    file.transformations.push((object) => {
      const { metadata, ...rest } = object as KubeObject;
      const annotations = { ...metadata.annotations, ...NOT_PRUNED };
      return { ...rest, metadata: { ...metadata, annotations } };
    });
}
