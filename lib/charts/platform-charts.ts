import type { App } from 'cdk8s';
import { FluxBootstrap, PLATFORM_VERSIONS } from '../constructs';
import type { PlatformInput } from './inputs';
import { patchFiles } from './patches';

/** A cluster's sync and platform layers. */
export function platformCharts(app: App, input: PlatformInput): void {
  const { platform, catalogPlatform, patches } = input;
  const { gitops, versions, observability = {}, alerts } = catalogPlatform;
  const bootstrap = new FluxBootstrap(app, input.cluster, {
    clusterName: input.cluster,
    mesh: platform.mesh,
    namespace: platform.namespace,
    namespaces: input.namespaces,
    versions: { ...PLATFORM_VERSIONS, ...versions },
    prometheus: platform.prometheus,
    gateway: platform.gateway,
    hosts: input.hosts,
    external: input.external,
    accessLog: observability.accessLog ?? false,
    tracingSamplingPercent: observability.tracingSamplingPercent,
    tracingCollector: observability.tracingCollector,
    alerts,
    repository: gitops,
    flux: input.flux,
    waves: input.waves,
    layers: input.layers,
  });
  patchFiles(bootstrap, patches);
}
