import { ApiObject, type App } from 'cdk8s';
import type { Construct } from 'constructs';
import { FLAGGER_NAMESPACE, LOADTESTER, ManifestFile } from '../constructs';
import { defaultDeny, type PlatformPeers, type PolicyObject, platformPeers, servicePolicies } from '../policies';
import type { DefaultDenyInput, PlatformFacts, ServiceInput } from './inputs';
import { patchFiles } from './patches';

/** The policies of a service, beside it in its file. */
export function addServicePolicies(
  scope: Construct,
  { service, connections, platform, partOf, hosts }: ServiceInput,
): void {
  if (!connections) return;
  const { name } = service;
  const labels = {
    app: name,
    'app.kubernetes.io/managed-by': 'aviary',
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/part-of': partOf,
  };
  const { mesh } = platform;
  // partOf is the platform's own namespace: that of a service may be another one.
  const props = { service, connections, platform: peersOf(platform), mesh, namespace: partOf, hosts };
  add(scope, servicePolicies(props), labels);
}

/** What the namespaces refuse where no policy of a service says otherwise. */
export function defaultDenyChart(app: App, { path, mode, platform, namespaces, patches }: DefaultDenyInput): void {
  const file = new ManifestFile(app, 'default-deny', { path });
  const { mesh } = platform;
  const objects = defaultDeny({ mode, platform: peersOf(platform), mesh, namespaces });
  add(file, objects, { 'app.kubernetes.io/managed-by': 'aviary' });
  patchFiles(file, patches);
}

/** The pods around the services, as the platform's layers make them. */
export function peersOf({ mesh, gateway, prometheus, tracing }: PlatformFacts): PlatformPeers {
  return platformPeers({
    mesh,
    gateway,
    prometheus,
    flagger: { namespace: FLAGGER_NAMESPACE, loadTester: LOADTESTER },
    tracing,
  });
}

function add(scope: Construct, objects: readonly PolicyObject[], labels: Readonly<Record<string, string>>): void {
  for (const { apiVersion, kind, name, namespace, annotations, spec } of objects)
    new ApiObject(scope, `${kind}-${namespace}-${name}`, {
      apiVersion,
      kind,
      metadata: { name, namespace, labels, ...(annotations && { annotations }) },
      spec,
    });
}
