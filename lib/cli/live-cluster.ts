import { spawnSync } from 'node:child_process';
import type { Finding } from '../findings';
import { isFields, type KubeObject, listAt, parseServiceHost, textAt, type WrittenObject } from '../kube';
import type { World } from '../world';
import { UsageError } from './exit-code';
import type { Io } from './io';

const TIMEOUT_MILLISECONDS = 30_000;
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;
/** More queries than this are a load of their own. */
const MOST_QUERIES = 50;

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
];

export interface LiveOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
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
  read(): { readonly objects: WrittenObject[]; readonly unread: string[]; readonly findings: Finding[] } {
    const objects: WrittenObject[] = [];
    const unread: string[] = [];
    const findings: Finding[] = [];
    for (const [kind, resource] of KINDS) {
      const { text, error } = this.kubectl(['get', resource, '--all-namespaces', '--output=json']);
      if (text !== undefined) objects.push(...itemsOf(text));
      else if (/doesn't have a resource type|could not find the requested resource/i.test(error!)) {
        if (kind === 'Canary') findings.push(noFlagger());
      } else if (/forbidden/i.test(error!)) {
        unread.push(kind);
        findings.push(notPermitted(kind, resource));
      } else return { objects: [], unread: [], findings: [unreachable(error!)] };
    }
    return { objects, unread, findings };
  }

  /** Whether the queries of the Canaries have a value now, asked through the API server, as Flagger's metric store answers. */
  metrics(world: World): { readonly findings: Finding[]; readonly asked: number } {
    const findings: Finding[] = [];
    let asked = 0;
    const prometheus = serviceOf(world.flagger.metricsServer.value);
    if (!prometheus) return { findings, asked };
    const { canaryQueries } = require('../doctor') as typeof import('../doctor');
    for (const canary of world.canaries())
      for (const { metric: name, query } of canaryQueries(canary)) {
        if (asked >= MOST_QUERIES) continue;
        asked++;
        const path = `/api/v1/namespaces/${prometheus.namespace}/services/${prometheus.name}:${prometheus.port}/proxy/api/v1/query?query=${encodeURIComponent(query)}`;
        const { text, error } = this.kubectl(['get', '--raw', path]);
        if (text === undefined)
          return { findings: [...findings, noAnswer(world.flagger.metricsServer.value, error!)], asked };
        if (listAt(JSON.parse(text), 'data', 'result').length > 0) continue;
        findings.push({
          code: 'metric-has-no-series-now',
          severity: 'info',
          place: canary.place(),
          message: `metric "${name}" of Canary "${canary.name}" has no value at this moment`,
          cause:
            'between two rollouts that is so where the query asks for the new version; during one it fails the check',
          fix: `ask again during a rollout: ${query}`,
        });
      }
    return { findings, asked };
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

function itemsOf(text: string): WrittenObject[] {
  return listAt(JSON.parse(text), 'items').flatMap((item, document): WrittenObject[] => {
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

function notPermitted(kind: string, resource: string): Finding {
  return {
    code: 'not-permitted',
    severity: 'warning',
    place: {},
    message: `${resource} may not be listed: nothing is said about what a missing ${kind} would do`,
    cause: 'the account of this kubeconfig has no such right in all namespaces',
    fix: `allow it to list ${resource}, or leave it: the rest is checked all the same`,
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

function noAnswer(address: string, error: string): Finding {
  return {
    code: 'metric-store-unreachable',
    severity: 'warning',
    place: {},
    message: `Prometheus (${address}) gives no answer through the API server: ${error}`,
    cause: 'where Flagger gets none either, every check of a metric fails',
    fix: 'look whether the Service and its pods are there, and whether this account may use services/proxy',
  };
}
