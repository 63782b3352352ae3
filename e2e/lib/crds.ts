import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../lib/kube';
import { run } from './tools';

interface CrdSource {
  readonly module: string;
  /** Folder whose YAML files are read, or one file. */
  readonly path: string;
  readonly only?: RegExp;
}

/** Where each API that our tree uses defines its kinds: in the Go modules that e2e/tools/crds/go.mod pins. */
const sources: readonly CrdSource[] = [
  { module: 'istio.io/api', path: 'kubernetes/customresourcedefinitions.gen.yaml' },
  { module: 'sigs.k8s.io/gateway-api', path: 'config/crd/standard' },
  { module: 'github.com/fluxcd/flagger', path: 'artifacts/flagger/crd.yaml' },
  { module: 'github.com/fluxcd/source-controller', path: 'config/crd/bases' },
  { module: 'github.com/fluxcd/kustomize-controller', path: 'config/crd/bases' },
  { module: 'github.com/fluxcd/helm-controller', path: 'config/crd/bases' },
  { module: 'github.com/controlplaneio-fluxcd/flux-operator', path: 'config/crd/bases' },
  // notification-controller's own module is not served by the Go proxy; Flux Operator carries its release manifests.
  {
    module: 'github.com/controlplaneio-fluxcd/flux-operator',
    path: 'config/data/flux/v2.9.4/notification-controller.yaml',
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    path: 'example/prometheus-operator-crd',
    only: /(podmonitors|servicemonitors|prometheusrules)\.yaml$/,
  },
];

/** A definition: its object as far as its name needs it, and its text for the API server. */
export interface Crd {
  readonly object: KubeObject;
  readonly text: string;
}

/** Every CustomResourceDefinition that our objects, Flagger and Flux need, as their projects release them. */
export async function loadCrds(root: string, env: NodeJS.ProcessEnv): Promise<Crd[]> {
  const modules = [...new Set(sources.map(({ module }) => module))];
  const printed = await run('go', ['mod', 'download', '-json', ...modules], {
    cwd: join(root, 'e2e', 'tools', 'crds'),
    env: { ...env, GOFLAGS: '-mod=readonly' },
  });
  const folders = new Map<string, string>();
  for (const text of printed.split(/^(?=\{)/m).filter((part) => part.trim())) {
    const { Path, Dir } = JSON.parse(text) as { Path: string; Dir: string };
    folders.set(Path, Dir);
  }
  const ofModules = sources.flatMap(({ module, path, only }) =>
    yamlFiles(join(folders.get(module) ?? '', path))
      .filter((file) => !only || only.test(file))
      .flatMap((file) => definitions(readFileSync(file, 'utf8'))),
  );
  return [...ofModules, ...connectorCrds(root), ...providerCrds(root)];
}

/** Config Connector's, from the folder beside the project: its module has all of Google's kinds. None where there is no such folder. */
export function connectorCrds(root: string): Crd[] {
  const folder = join(root, '..', 'shared', 'crds-config-connector');
  return existsSync(folder) ? yamlFiles(folder).flatMap((file) => definitions(readFileSync(file, 'utf8'))) : [];
}

/** Of the ingresses and meshes by which section Other providers rolls out, and of Linkerd's identities. None where there is no such folder. */
export const providerCrds = (root: string): Crd[] =>
  definitionsOf(root, [
    'projectcontour.io',
    'traefik.io',
    'split.smi-spec.io',
    'gateway.solo.io',
    'gloo.solo.io',
    'apisix.apache.org',
    'kuma.io',
    'policy.linkerd.io',
  ]);

/** Of further groups of kinds that Flagger writes or reads. None where there is no such folder. */
export function definitionsOf(root: string, groups: readonly string[]): Crd[] {
  const folder = join(root, '..', 'shared', 'crds-providers');
  if (!existsSync(folder)) return [];
  return groups.flatMap((group) => definitions(readFileSync(join(folder, `${group}.yaml`), 'utf8')));
}

/** Cut, not parsed: Flagger's file has continued lines that Go's YAML library takes and the YAML 1.2 grammar does not. */
export function definitions(text: string): Crd[] {
  return text.split(/^---.*$/m).flatMap((document) => {
    const name = /^metadata:\n(?: .*\n)*? {2}name: (\S+)$/m.exec(document)?.[1];
    if (!name || !/^kind: CustomResourceDefinition$/m.test(document)) return [];
    const object = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name } };
    return [{ object, text: document }];
  });
}

function yamlFiles(path: string): string[] {
  if (path.endsWith('.yaml')) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .sort()
    .map((name) => join(path, name));
}
