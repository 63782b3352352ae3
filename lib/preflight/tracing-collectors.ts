import { listAt, numberAt, parseServiceHost, textAt } from '../kube';
import type { World } from '../world';
import type { Pods } from './pods';

/** Who takes the spans of proxies. */
export interface Collector {
  readonly to: Pods;
  readonly service: string;
  readonly port: number;
}

/** Where the proxies of Istio send spans, with the port. @see istio.io 1.31 reference/config/istio.mesh.v1alpha1 (ExtensionProvider) */
export function tracingCollectors(world: World): Collector[] {
  return listAt(world.istio.meshConfig, 'extensionProviders').flatMap((provider) =>
    ['opentelemetry', 'zipkin'].flatMap((kind) => {
      const host = textAt(provider, kind, 'service');
      const port = numberAt(provider, kind, 'port');
      const service = host === undefined ? undefined : parseServiceHost(host.split('/').at(-1) ?? '', '');
      if (!service?.namespace || port === undefined) return [];
      const { namespace, name } = service;
      const to = {
        what: `the tracing collector ${namespace}/${name}`,
        namespace,
        injection: world.namespaceInjection(namespace),
        isKnown: false,
      };
      return [{ to, service: name, port }];
    }),
  );
}
