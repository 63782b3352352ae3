import type { KubeObject } from '../kube';

/** Objects for the cases of rules: sound ones, so that a case shows only what it is about. Namespace `shop`. */

type Fields = Readonly<Record<string, unknown>>;

const namespaced = (name: string, more: Fields = {}) => ({ name, namespace: 'shop', ...more });

/** A namespace with sidecars. */
export function namespace(name = 'shop', labels: Fields = { 'istio-injection': 'enabled' }): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: labels as Record<string, string> } };
}

/** Fields of a workload that a case sets. */
export interface WorkloadOptions {
  /** Fields of the metadata: namespace, annotations … */
  readonly metadata?: Fields;
  /** Fields of `spec`. */
  readonly spec?: Fields;
  /** Labels of the pods, beside `app`. */
  readonly podLabels?: Fields;
  readonly podAnnotations?: Fields;
  /** Fields of the pods' spec. */
  readonly pod?: Fields;
  /** Fields of the one container: env, ports … */
  readonly container?: Fields;
}

/** A Deployment `name` with the label `app: name` and one container that listens on 8080. */
export function deployment(name: string, options: WorkloadOptions = {}): KubeObject {
  const { metadata, spec, podLabels, podAnnotations, pod, container } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: namespaced(name, metadata),
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: {
          labels: { app: name, ...podLabels },
          ...(podAnnotations ? { annotations: podAnnotations } : {}),
        },
        spec: {
          containers: [
            { name: 'server', image: `registry.example/${name}:1.0.0`, ports: [{ containerPort: 8080 }], ...container },
          ],
          ...pod,
        },
      },
      ...spec,
    },
  };
}

/** A Deployment `name` whose environment has the address: a caller. */
export function caller(name: string, address: string, options: WorkloadOptions = {}): KubeObject {
  return deployment(name, {
    ...options,
    container: { env: [{ name: 'UPSTREAM_ADDR', value: address }], ...options.container },
  });
}

/** A Service `name` on port 80 for the pods `app: name`; `spec` overrides. */
export function service(name: string, spec: Fields = {}, metadata: Fields = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: namespaced(name, metadata),
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
  };
}

/** A metric that a Canary judges by Flagger's own query. */
export const successRate = { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } } as const;

/** Fields of a Canary that a case sets. */
export interface CanaryOptions {
  /** Fields of `spec.service`, beside port 80 to 8080. */
  readonly service?: Fields;
  /** Fields of `spec.analysis`, beside interval 1m, threshold 5, step 10 to 50, and the success rate. */
  readonly analysis?: Fields;
  /** Fields of `spec`. */
  readonly spec?: Fields;
  readonly metadata?: Fields;
}

/** A Canary `name` of the Deployment `name`. */
export function canary(name: string, options: CanaryOptions = {}): KubeObject {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: namespaced(name, options.metadata),
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { port: 80, targetPort: 8080, ...options.service },
      analysis: {
        interval: '1m',
        threshold: 5,
        stepWeight: 10,
        maxWeight: 50,
        metrics: [successRate],
        ...options.analysis,
      },
      ...options.spec,
    },
  };
}

/** A load test that sends 10 requests a second to the canary's Service `host` (`frontend-canary.shop`). */
export function loadTest(host: string): Fields {
  return {
    name: 'load-test',
    type: 'rollout',
    url: 'http://flagger-loadtester.test/',
    metadata: { cmd: `hey -z 1m -q 5 -c 2 http://${host}/` },
  };
}

/** A MetricTemplate that asks Prometheus. */
export function metricTemplate(name: string, query: string, spec: Fields = {}): KubeObject {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'MetricTemplate',
    metadata: namespaced(name),
    spec: { provider: { type: 'prometheus', address: 'http://prometheus.istio-system:9090' }, query, ...spec },
  };
}

/** A VirtualService of Istio. */
export function virtualService(name: string, spec: Fields, metadata: Fields = {}): KubeObject {
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: namespaced(name, metadata), spec };
}

/** A Gateway of Istio that serves the hosts on port 80. */
export function istioGateway(name: string, hosts: readonly string[]): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: namespaced(name),
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts }],
    },
  };
}

/** A HelmRelease of Flagger's chart with the values. */
export function flaggerRelease(values: Fields = {}): KubeObject {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'flagger', namespace: 'flagger-system' },
    spec: {
      interval: '1h',
      chart: { spec: { chart: 'flagger', version: '1.44.0', sourceRef: { kind: 'HelmRepository', name: 'flagger' } } },
      values: { meshProvider: 'istio', metricsServer: 'http://prometheus.istio-system:9090', ...values },
    },
  };
}

/** A Kustomization of Flux. */
export function fluxKustomization(name: string, spec: Fields = {}): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system' },
    spec: {
      interval: '10m',
      path: `./${name}`,
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'flux-system' },
      ...spec,
    },
  };
}

/** A HorizontalPodAutoscaler of the Deployment `target`, two to five pods. */
export function hpa(name: string, target: string, spec: Fields = {}): KubeObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: namespaced(name),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
      minReplicas: 2,
      maxReplicas: 5,
      ...spec,
    },
  };
}
