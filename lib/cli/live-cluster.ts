import { spawnSync } from 'node:child_process';
import type { MetricAnswer } from '../doctor';
import type { Finding } from '../findings';
import { fieldsAt, isFields, type KubeObject, parseServiceHost, textAt, type WrittenObject } from '../kube';
import { UsageError } from './exit-code';
import type { Io } from './io';

const TIMEOUT_MILLISECONDS = 30_000;
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

/** What is listed, with the resource as kubectl names it. Secrets are not among them. */
const KINDS: readonly (readonly [kind: string, resource: string])[] = [
  ['Namespace', 'namespaces'],
  ['Service', 'services'],
  ['ConfigMap', 'configmaps'],
  ['Pod', 'pods'],
  ['Event', 'events'],
  ['ResourceQuota', 'resourcequotas'],
  ['Deployment', 'deployments.apps'],
  ['DaemonSet', 'daemonsets.apps'],
  ['StatefulSet', 'statefulsets.apps'],
  ['HorizontalPodAutoscaler', 'horizontalpodautoscalers.autoscaling'],
  ['PodDisruptionBudget', 'poddisruptionbudgets.policy'],
  ['NetworkPolicy', 'networkpolicies.networking.k8s.io'],
  ['Ingress', 'ingresses.networking.k8s.io'],
  ['Canary', 'canaries.flagger.app'],
  ['MetricTemplate', 'metrictemplates.flagger.app'],
  ['AlertProvider', 'alertproviders.flagger.app'],
  ['VirtualService', 'virtualservices.networking.istio.io'],
  ['DestinationRule', 'destinationrules.networking.istio.io'],
  ['Gateway', 'gateways.networking.istio.io'],
  ['Sidecar', 'sidecars.networking.istio.io'],
  ['PeerAuthentication', 'peerauthentications.security.istio.io'],
  ['AuthorizationPolicy', 'authorizationpolicies.security.istio.io'],
  ['Telemetry', 'telemetries.telemetry.istio.io'],
  ['HTTPRoute', 'httproutes.gateway.networking.k8s.io'],
  ['PodMonitor', 'podmonitors.monitoring.coreos.com'],
  ['ServiceMonitor', 'servicemonitors.monitoring.coreos.com'],
  ['HelmRelease', 'helmreleases.helm.toolkit.fluxcd.io'],
  ['Kustomization', 'kustomizations.kustomize.toolkit.fluxcd.io'],
  ['PersistentVolumeClaim', 'persistentvolumeclaims'],
  ['StorageClass', 'storageclasses.storage.k8s.io'],
  ['ValidatingWebhookConfiguration', 'validatingwebhookconfigurations.admissionregistration.k8s.io'],
  ['MutatingWebhookConfiguration', 'mutatingwebhookconfigurations.admissionregistration.k8s.io'],
  ['CustomResourceDefinition', 'customresourcedefinitions.apiextensions.k8s.io/canaries.flagger.app'],
];

/** Without a namespace of their own: an account of one namespace may not read them. */
const CLUSTER_SCOPED = new Set([
  'Namespace',
  'StorageClass',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'CustomResourceDefinition',
]);

/** How a cluster is reached. */
export interface LiveOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** These alone. @default all */
  readonly namespaces?: readonly string[];
  /** URLs by which this machine reaches a Prometheus, by the address that Canaries name. */
  readonly prometheus?: ReadonlyMap<string, string>;
}

/** What was read, to be looked at. */
export interface ReadCluster {
  readonly objects: WrittenObject[];
  /** Kinds that could not be listed. */
  readonly unread: string[];
  readonly findings: Finding[];
  readonly kubernetes?: string;
  /** Names of the definitions that the cluster serves. */
  readonly definitions?: readonly string[];
}

interface Answer {
  readonly text?: string;
  readonly error?: string;
}

/** A cluster by way of kubectl: it knows every form of kubeconfig and credentials. Only `get` is ever called. */
export class LiveCluster {
  constructor(
    private readonly options: LiveOptions,
    private readonly io: Io,
  ) {}

  /** All objects that may be listed; what may not, and what is not there, is said and left out. */
  read(): ReadCluster {
    const objects: WrittenObject[] = [];
    const unread: string[] = [];
    const findings: Finding[] = [];
    for (const [kind, resource] of KINDS)
      for (const where of this.places(kind)) {
        const { text, error } = this.kubectl(['get', ...resource.split('/'), ...where, '--output=json']);
        if (text !== undefined) objects.push(...itemsOf(text));
        else if (/doesn't have a resource type|could not find the requested resource|\(NotFound\)/i.test(error!)) {
          if (kind === 'Canary') findings.push(noFlagger());
        } else if (/forbidden/i.test(error!)) {
          unread.push(kind);
          findings.push(notPermitted(kind, resource, where));
        } else return { objects: [], unread: [], findings: [unreachable(error!)] };
      }
    const { text } = this.kubectl(['get', '--raw', '/version']);
    const kubernetes = text === undefined ? undefined : textAt(JSON.parse(text), 'gitVersion');
    // As a table: the definitions themselves are megabytes.
    const names = this.kubectl(['get', 'customresourcedefinitions', '--no-headers']).text;
    const definitions = names?.split('\n').flatMap((line) => line.split(/\s+/)[0] || []);
    return {
      ...{ objects, unread, findings },
      ...(kubernetes === undefined ? {} : { kubernetes }),
      ...(definitions === undefined ? {} : { definitions }),
    };
  }

  private places(kind: string): readonly string[][] {
    const { namespaces } = this.options;
    if (CLUSTER_SCOPED.has(kind)) return [[]];
    return namespaces === undefined ? [['--all-namespaces']] : namespaces.map((name) => [`--namespace=${name}`]);
  }

  /** By way of the API server, or where the options say. */
  async ask(address: string, path: string): Promise<MetricAnswer> {
    const url = this.options.prometheus?.get(address.replace(/\/+$/, ''));
    if (url !== undefined) return askUrl(`${url.replace(/\/+$/, '')}/api/v1/${path}`);
    const service = serviceOf(address);
    if (!service) return { error: 'it is no Service of this cluster: say --prometheus ADDRESS=URL' };
    const proxy = `/api/v1/namespaces/${service.namespace}/services/${service.name}:${service.port}/proxy/api/v1/${path}`;
    const { text, error } = this.kubectl(['get', '--raw', proxy]);
    return text === undefined ? { error: error! } : answerOf(text);
  }

  private kubectl(args: readonly string[]): Answer {
    const { kubeconfig, context } = this.options;
    const { status, stdout, stderr, error } = spawnSync(
      'kubectl',
      [
        ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
        ...(context === undefined ? [] : [`--context=${context}`]),
        `--request-timeout=${TIMEOUT_MILLISECONDS / 1000}s`,
        ...args,
      ],
      {
        cwd: this.io.cwd,
        env: this.io.env as NodeJS.ProcessEnv,
        encoding: 'utf8',
        maxBuffer: MAX_OUTPUT_BYTES,
        timeout: 2 * TIMEOUT_MILLISECONDS,
      },
    );
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
      throw new UsageError(
        'doctor reads the cluster with kubectl, which is not on the PATH; or give it a dump (--dump)',
      );
    if (status === 0) return { text: stdout };
    return { error: stderr.trim().split('\n').at(-1) || error?.message || `kubectl ended with ${status}` };
  }
}

async function askUrl(url: string): Promise<MetricAnswer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
    const text = await response.text();
    return response.ok ? answerOf(text) : { error: `status ${response.status}` };
  } catch (error) {
    const cause = (error as Error).cause;
    return { error: cause instanceof Error ? cause.message : (error as Error).message };
  }
}

function answerOf(text: string): MetricAnswer {
  try {
    return { data: fieldsAt(JSON.parse(text), 'data') };
  } catch {
    return { error: 'what answers there is no Prometheus' };
  }
}

function itemsOf(text: string): WrittenObject[] {
  const answer: unknown = JSON.parse(text);
  const items = isFields(answer) && Array.isArray(answer.items) ? answer.items : [answer];
  return items.flatMap((item, document): WrittenObject[] => {
    if (!isFields(item) || textAt(item, 'metadata', 'name') === undefined) return [];
    return [{ object: item as unknown as KubeObject, origin: { file: 'cluster', document } }];
  });
}

function serviceOf(
  address: string,
): { readonly namespace: string; readonly name: string; readonly port: number } | undefined {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    // Preflight says so.
    return undefined;
  }
  const host = parseServiceHost(url.hostname, 'default');
  return (
    host && {
      namespace: host.namespace,
      name: host.name,
      port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
    }
  );
}

function noFlagger(): Finding {
  return {
    code: 'flagger-not-installed',
    severity: 'error',
    place: {},
    message: 'the cluster has no definition of Canary',
    cause: 'Flagger brings it; without it nothing rolls out',
    fix: 'install Flagger with its definitions first',
  };
}

function notPermitted(kind: string, resource: string, where: readonly string[]): Finding {
  const [, namespace] = /^--namespace=(.+)$/.exec(where[0] ?? '') ?? [];
  const place = namespace === undefined ? '' : ` in namespace "${namespace}"`;
  return {
    code: 'not-permitted',
    severity: 'warning',
    place: {},
    message: `${resource} may not be listed${place}: nothing is said about what a missing ${kind} would do`,
    cause: `the account of this kubeconfig has no such right${namespace === undefined && !CLUSTER_SCOPED.has(kind) ? ' in all namespaces' : ''}`,
    fix:
      namespace === undefined && !CLUSTER_SCOPED.has(kind)
        ? `allow it to list ${resource}, or name the namespaces that it may read with --namespace; the rest is checked all the same`
        : `allow it to list ${resource}, or leave it: the rest is checked all the same`,
  };
}

function unreachable(error: string): Finding {
  const isExpired = /unauthorized|must be logged in|expired|401/i.test(error);
  return {
    code: 'cluster-unreachable',
    severity: 'error',
    place: {},
    message: isExpired ? `the credentials are refused: ${error}` : `the cluster cannot be read: ${error}`,
    fix: isExpired ? 'log in again' : 'look at --kubeconfig and --context, and whether `kubectl get namespaces` works',
  };
}
