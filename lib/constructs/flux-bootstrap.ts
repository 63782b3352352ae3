import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import * as kustomize from '../../imports/kustomize.toolkit.fluxcd.io';
import * as notification from '../../imports/notification.toolkit.fluxcd.io';
import * as source from '../../imports/source.toolkit.fluxcd.io';
import { specSchemas } from '../flagger';
import { dnsLabelError } from '../kube';
import { MESH_FACTS } from '../mesh';
import {
  chartNamespaces,
  crdsLayer,
  flaggerLayer,
  meshConfigLayer,
  meshLayer,
  monitoringLayer,
  PLATFORM_VERSIONS,
  type PlatformProps,
  usesGatewayApi,
} from './flux/platform';
import { RELEASE_CHECKSUM_ANNOTATION } from './labels';
import { ManifestFile, PlainFile } from './manifest-file';
import { refuse } from './refuse';
import { formatSeconds } from './seconds';

/** Services that are released together: those of one depth in the call graph. */
export interface AppWave {
  /** DNS label, unique: `wave-0`. The Kustomization is `apps-<name>`, the folder `apps/<name>`. */
  readonly name: string;
  /** Longest time that one of its rollouts may take, success or rollback, in seconds. Decides the timeout. */
  readonly rolloutSeconds: number;
  /** Whether some of its services are HelmReleases: their failure then fails the wave at once. @default false */
  readonly hasHelmReleases?: boolean;
  /**
   * Folders below the wave's, `part-07`, each applied by a Kustomization of its own (`apps-wave-0-part-07`), side by side:
   * for waves of thousands of objects. `apps-wave-0` then waits for all of them, and applies nothing of theirs. A part that goes
   * leaves its objects where they are. @default none: one Kustomization
   */
  readonly parts?: readonly string[];
}

/** What a cluster's tree is made of: the platform, the repository, the waves. */
export interface FluxBootstrapProps extends PlatformProps {
  /** The repository that Flux watches. */
  readonly repository: {
    readonly url: string;
    /** @default 'main' */
    readonly branch?: string;
    /** Folder that holds the output. @default the root */
    readonly path?: string;
    /** Secret in flux-system with read-only credentials. @default none: a public repository */
    readonly secretName?: string;
    /** @default '1m' */
    readonly interval?: string;
    /** Secret in flux-system with the key to what SOPS has encrypted. @default none */
    readonly decryption?: { readonly secretName: string };
  };
  readonly flux:
    | { readonly mode: 'gotk' }
    | {
        readonly mode: 'FluxInstance' /** Range of Flux versions. @default '2.9.x' */;
        readonly version?: string /** @default 'medium' */;
        readonly size?: 'small' | 'medium' | 'large';
      };
  /** In the order in which they are released: callees before their callers. */
  readonly waves: readonly AppWave[];
  /** Layers of one's own, and files of one's own in the platform's layers. @default none */
  readonly layers?: readonly AddedPlatformLayer[];
}

/** A layer that gets files beside the platform's own. The files are the caller's, in `<layer>/` of the cluster's folder. */
export interface AddedPlatformLayer {
  /** One of the platform's (`crds`, `monitoring`, `mesh`, `flagger`, `mesh-config`), or another DNS label. */
  readonly name: string;
  /** For a layer of one's own: the one before it; `apps`: after the last wave. @default 'mesh-config' */
  readonly after?: string;
  /** Names in the layer's folder: `postgres.yaml`. */
  readonly files: readonly string[];
  /** The longest rollout of its Canaries in seconds. @default none: it has no Canary */
  readonly rolloutSeconds?: number;
}

const FLUX_NAMESPACE = 'flux-system';
const MANAGED = { 'app.kubernetes.io/managed-by': 'aviary' };
/** What installing or upgrading one layer of charts may take: the longest chain of releases in it, ten minutes each. */
const LAYER_SECONDS: Readonly<Record<string, number>> = {
  crds: 600,
  monitoring: 900,
  mesh: 2400,
  flagger: 900,
  'mesh-config': 300,
};
/** The same for a layer of somebody's own. */
const ADDED_LAYER_SECONDS = 600;
/** Beyond the rollout itself: apply, first readiness, the controllers' own intervals. */
const WAVE_MARGIN_SECONDS = 300;

const promoted = (status: string): string =>
  `status.conditions.exists(c, c.type == 'Promoted' && c.status == '${status}')`;

/**
 * Canary has no status that Flux understands by itself: one condition, no observedGeneration, so it would count as
 * healthy at once. These expressions hold the Kustomization until the rollout of the applied release has ended, and fail
 * it with the rollout. Flux asks `inProgress` first.
 *
 * Until Flagger has seen a release, the condition is about the last one: then the release's checksum is not among the
 * configs that Flagger tracks. After a failure Flagger reports the new checksum some requests before it starts the
 * rollout; that moment is told by the time of the apply. Without the annotation, on a suspended Canary, and where Flagger
 * tracks no configs (`-enable-config-tracking=false`) only the condition counts.
 * @see fluxcd/flagger v1.44 pkg/canary/status.go MakeStatusConditions, syncCanaryStatus; pkg/canary/nop_tracker.go; pkg/controller/scheduler.go shouldAdvance
 * @see fluxcd/pkg runtime v0.110 cel/status_evaluator.go
 */
export const CANARY_HEALTH: kustomize.KustomizationSpecHealthCheckExprs = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  // A reviewer reads it in layers.yaml: CEL has comments and line breaks.
  inProgress: `!has(status.conditions) || ${promoted('Unknown')}
|| !(has(spec.suspend) && spec.suspend) && (
  // Flagger has not seen this release: its checksum is not among the configs that it tracks.
  has(metadata.annotations) && '${RELEASE_CHECKSUM_ANNOTATION}' in metadata.annotations
  && has(status.trackedConfigs) && !status.trackedConfigs.exists(name,
    status.trackedConfigs[name] == metadata.annotations['${RELEASE_CHECKSUM_ANNOTATION}'])
  // The failure is older than what Flux applied, and Flagger has looked once since at most.
  || has(metadata.managedFields) && status.conditions.exists(c, c.type == 'Promoted' && c.status == 'False'
    && metadata.managedFields.exists(m, m.operation == 'Apply'
      && timestamp(m.time) > timestamp(c.lastUpdateTime)
      && timestamp(status.lastTransitionTime) < timestamp(m.time) + duration('15s')
        + (has(spec.analysis) && has(spec.analysis.interval) ? duration(spec.analysis.interval) : duration('1m'))))
)`,
  failed: promoted('False'),
  current: promoted('True'),
};

/**
 * A HelmRelease that retries is Reconciling, so by itself Flux would wait for it until the wave's timeout, and take no new
 * commit meanwhile: the mended release would wait for the end of the failed one. Seen on helm-controller 1.6.0.
 */
export const HELM_RELEASE_HEALTH: kustomize.KustomizationSpecHealthCheckExprs = {
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  inProgress:
    '!has(status.conditions) || !has(status.observedGeneration) || status.observedGeneration != metadata.generation',
  failed:
    "status.conditions.exists(c, c.type == 'Ready' && c.status == 'False' && c.reason in ['InstallFailed', 'UpgradeFailed', 'RollbackFailed', 'TestFailed'])",
  current: "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
};

/**
 * One cluster's tree below `clusters/<cluster>/`: Flux's sync, its Kustomizations as an ordered chain, and the
 * platform layers crds → monitoring → mesh → flagger → mesh-config, then the waves of services. Each layer is a
 * folder with an explicit kustomization.yaml, so no two Kustomizations apply one file.
 *
 * Flux's own components are never part of it: install them with `flux install` or the Flux Operator. A sync that
 * left out components which an earlier `flux bootstrap` put into the same tree would prune Flux itself.
 *
 * Files of services are the caller's: put them into `apps/<wave>/` with a `ManifestFile`, and list them in
 * `AppWaveFile`.
 *
 * @throws Error on misuse, with everything that is wrong.
 * @example
 * new FluxBootstrap(app, 'production', {
 *   clusterName: 'production',
 *   mesh: 'istio-sidecar',
 *   namespace: 'shop',
 *   versions: PLATFORM_VERSIONS,
 *   prometheus: { address: 'http://prometheus-prometheus.monitoring:9090', scrapeInterval: '15s', install: true, retention: '7d' },
 *   gateway: { name: 'public', namespace: 'istio-ingress' },
 *   hosts: ['shop.example.com'],
 *   external: [],
 *   accessLog: false,
 *   repository: { url: 'https://gitlab.com/example/gitops.git' },
 *   flux: { mode: 'gotk' },
 *   waves: [{ name: 'wave-0', rolloutSeconds: 600 }],
 * });
 */
export class FluxBootstrap extends Construct {
  /** Path of the cluster's folder below the output folder. */
  readonly directory: string;
  /** Names of the Kustomizations, in the order in which they become ready. */
  readonly order: readonly string[];

  constructor(scope: Construct, id: string, props: FluxBootstrapProps) {
    super(scope, id);
    refuseMisuse(props);
    this.directory = `clusters/${props.clusterName}`;
    const twin = this.node.root.node
      .findAll()
      .some((one) => one !== this && one instanceof FluxBootstrap && one.directory === this.directory);
    refuse(`FluxBootstrap "${props.clusterName}"`, twin ? ['the app has another tree of this clusterName'] : []);

    const meshed = MESH_FACTS[props.mesh].installs === 'istio';
    const own = new Map((props.layers ?? []).map((layer) => [layer.name, layer]));
    const files = (name: string) => own.get(name)?.files ?? [];
    const platform = new Map<string, (scope: Construct, props: PlatformProps) => void>([
      ...(props.prometheus.install || usesGatewayApi(props.mesh) ? [['crds', crdsLayer] as const] : []),
      ...(props.prometheus.install ? [['monitoring', monitoringLayer] as const] : []),
      ...(meshed ? [['mesh', meshLayer] as const] : []),
      ['flagger', flaggerLayer],
      ['mesh-config', meshConfigLayer],
    ]);
    const layers = layerOrder(props.layers ?? []).filter(
      (name) => name === APPS || platform.has(name) || own.has(name),
    );
    for (const name of layers) {
      if (name === APPS) continue;
      const fill = platform.get(name);
      if (fill) fill(this.file(name, `${name}/${name}.yaml`), props);
      this.kustomizeFile(name, [...(fill ? [`${name}.yaml`] : []), ...files(name)]);
    }

    this.sync(props);
    if (props.alerts) this.notifications(props.alerts, props);
    const chain = new ManifestFile(this, 'layers', { path: `${this.directory}/layers.yaml` });
    const order: string[] = [];
    const link = (name: string, folder: string, spec: Partial<kustomize.KustomizationSpec>, isOwn = false) => {
      const previous = order.at(-1);
      new kustomize.Kustomization(chain, name, {
        metadata: { name, namespace: FLUX_NAMESPACE, labels: MANAGED },
        spec: {
          interval: '10m',
          retryInterval: '2m',
          prune: true,
          wait: true,
          path: this.repositoryPath(props, folder),
          sourceRef: { kind: kustomize.KustomizationSpecSourceRefKind.GIT_REPOSITORY, name: FLUX_NAMESPACE },
          dependsOn: previous === undefined ? undefined : [{ name: previous }],
          decryption: isOwn ? decryptionOf(props) : undefined,
          ...spec,
        },
      });
      order.push(name);
    };
    const linkWave = ({ name, rolloutSeconds, hasHelmReleases, parts }: AppWave) => {
      const wave = `apps-${name}`;
      const spec = {
        timeout: formatSeconds(rolloutSeconds + WAVE_MARGIN_SECONDS),
        healthCheckExprs: hasHelmReleases ? [CANARY_HEALTH, HELM_RELEASE_HEALTH] : [CANARY_HEALTH],
        deletionPolicy: kustomize.KustomizationSpecDeletionPolicy.WAIT_FOR_TERMINATION,
      };
      if (!parts) return link(wave, `apps/${name}`, spec, true);
      const previous = order.at(-1);
      const dependsOn = previous === undefined ? undefined : [{ name: previous }];
      // Neither parts nor whole ever delete what the other one takes over: docs/decisions/0025-large-waves-have-parts.md.
      const deletionPolicy = kustomize.KustomizationSpecDeletionPolicy.ORPHAN;
      for (const part of parts)
        link(`${wave}-${part}`, `apps/${name}/${part}`, { ...spec, dependsOn, deletionPolicy }, true);
      new ApiObject(this.file(`${wave}-all`, `apps/${name}/all/all.yaml`), 'wave', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        // Where the wave is whole again, it stays: nothing of the step deletes anything.
        metadata: {
          name: wave,
          namespace: FLUX_NAMESPACE,
          labels: MANAGED,
          annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
        },
        data: { parts: String(parts.length) },
      });
      this.kustomizeFile(`apps/${name}/all`, ['all.yaml']);
      link(wave, `apps/${name}/all`, {
        prune: false,
        timeout: formatSeconds(WAVE_MARGIN_SECONDS),
        dependsOn: parts.map((part) => ({ name: `${wave}-${part}` })),
      });
    };
    const linkWaves = () => {
      for (const wave of props.waves) linkWave(wave);
    };
    const linkLayer = (name: string) => {
      const { rolloutSeconds } = own.get(name) ?? {};
      const seconds = LAYER_SECONDS[name] ?? ADDED_LAYER_SECONDS;
      // Definitions take all objects of their kinds along: removing them is a person's decision.
      const keep = name === 'crds' ? { prune: false } : {};
      if (rolloutSeconds === undefined) link(name, name, { timeout: formatSeconds(seconds), ...keep }, own.has(name));
      else
        link(
          name,
          name,
          {
            timeout: formatSeconds(Math.max(seconds, rolloutSeconds + WAVE_MARGIN_SECONDS)),
            healthCheckExprs: [CANARY_HEALTH],
            ...keep,
          },
          true,
        );
    };
    for (const name of layers)
      if (name === APPS) linkWaves();
      else linkLayer(name);
    this.order = order;
    this.kustomizeFile('', ['flux-system', 'layers.yaml', ...(props.alerts ? ['notifications.yaml'] : [])]);
  }

  private file(id: string, path: string): ManifestFile {
    return new ManifestFile(this, id, { path: `${this.directory}/${path}` });
  }

  private kustomizeFile(folder: string, resources: readonly string[]): void {
    kustomizationFile(
      this,
      `${folder || 'cluster'}-files`,
      folder ? `${this.directory}/${folder}` : this.directory,
      resources,
    );
  }

  private repositoryPath(props: FluxBootstrapProps, folder: string): string {
    const parts = [props.repository.path ?? '', this.directory, folder].flatMap((part) => part.split('/'));
    return `./${parts.filter((part) => part !== '' && part !== '.').join('/')}`;
  }

  private sync(props: FluxBootstrapProps): void {
    const { url, branch = 'main', secretName, interval = '1m' } = props.repository;
    const path = this.repositoryPath(props, '');
    if (props.flux.mode === 'FluxInstance') {
      // No generated class: docs/decisions/0021-no-class-of-fluxinstance.md.
      new ApiObject(this.file('flux-system', 'flux-system/flux-instance.yaml'), 'flux', {
        apiVersion: 'fluxcd.controlplane.io/v1',
        kind: 'FluxInstance',
        metadata: { name: 'flux', namespace: FLUX_NAMESPACE, labels: MANAGED },
        spec: {
          distribution: { version: props.flux.version ?? '2.9.x', registry: 'ghcr.io/fluxcd' },
          components: ['source-controller', 'kustomize-controller', 'helm-controller', 'notification-controller'],
          cluster: {
            type: 'kubernetes',
            size: props.flux.size ?? 'medium',
            networkPolicy: true,
          },
          sync: {
            kind: 'GitRepository',
            url,
            ref: `refs/heads/${branch}`,
            path,
            pullSecret: secretName,
            interval,
          },
        },
      });
      this.kustomizeFile('flux-system', ['flux-instance.yaml']);
      return;
    }
    const file = this.file('flux-system', 'flux-system/gotk-sync.yaml');
    new source.GitRepository(file, 'repository', {
      metadata: { name: FLUX_NAMESPACE, namespace: FLUX_NAMESPACE, labels: MANAGED },
      spec: { interval, url, ref: { branch }, secretRef: secretName ? { name: secretName } : undefined },
    });
    new kustomize.Kustomization(file, 'sync', {
      metadata: { name: FLUX_NAMESPACE, namespace: FLUX_NAMESPACE, labels: MANAGED },
      spec: {
        interval: '10m',
        retryInterval: '1m',
        prune: true,
        path,
        sourceRef: { kind: kustomize.KustomizationSpecSourceRefKind.GIT_REPOSITORY, name: FLUX_NAMESPACE },
      },
    });
    this.kustomizeFile('flux-system', ['gotk-sync.yaml']);
  }

  /** Flagger's events do not pass through Flux: these are for Flux' own objects, the AlertProvider is for rollouts. */
  private notifications(alerts: NonNullable<PlatformProps['alerts']>, props: PlatformProps): void {
    const file = this.file('notifications', 'notifications.yaml');
    new notification.Provider(file, 'provider', {
      metadata: { name: 'on-call', namespace: FLUX_NAMESPACE, labels: MANAGED },
      spec: {
        type: (alerts.type === 'gchat' ? 'googlechat' : alerts.type) as notification.ProviderSpecType,
        channel: alerts.channel,
        secretRef: { name: alerts.secretName },
      },
    });
    new notification.Alert(file, 'alert', {
      metadata: { name: 'on-call', namespace: FLUX_NAMESPACE, labels: MANAGED },
      spec: {
        providerRef: { name: 'on-call' },
        eventSeverity: notification.AlertSpecEventSeverity.ERROR,
        eventSources: [
          { kind: notification.AlertSpecEventSourcesKind.KUSTOMIZATION, name: '*' },
          { kind: notification.AlertSpecEventSourcesKind.GIT_REPOSITORY, name: '*' },
          // A source matches in its own namespace only.
          ...chartNamespaces(props).flatMap((namespace) => [
            { kind: notification.AlertSpecEventSourcesKind.HELM_RELEASE, name: '*', namespace },
            { kind: notification.AlertSpecEventSourcesKind.OCI_REPOSITORY, name: '*', namespace },
          ]),
        ],
      },
    });
  }
}

/** Where the waves are in the order of the layers. */
const APPS = 'apps';
/** The platform's layers in the order in which they become ready. */
const PLATFORM_LAYERS = ['crds', 'monitoring', 'mesh', 'flagger', 'mesh-config'];

/** All layers that there may be, `apps` for the waves, in the order in which they become ready. */
function layerOrder(added: readonly AddedPlatformLayer[]): string[] {
  const order = [...PLATFORM_LAYERS, APPS];
  for (const { name, after = 'mesh-config' } of added)
    if (!order.includes(name)) order.splice(order.indexOf(after) + 1, 0, name);
  return order;
}

/** How Flux reads what SOPS has encrypted: only where somebody's own files can be. */
function decryptionOf({ repository }: FluxBootstrapProps): kustomize.KustomizationSpecDecryption | undefined {
  const { decryption } = repository;
  return (
    decryption && {
      provider: kustomize.KustomizationSpecDecryptionProvider.SOPS,
      secretRef: { name: decryption.secretName },
    }
  );
}

/** An explicit kustomization.yaml: without one Flux would apply every file below the folder. */
export function kustomizationFile(
  scope: Construct,
  id: string,
  folder: string,
  resources: readonly string[],
): PlainFile {
  return new PlainFile(scope, id, {
    path: `${folder}/kustomization.yaml`,
    documents: [{ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: [...resources] }],
  });
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parts without which nothing can be made: for callers without types. */
function missingParts(props: FluxBootstrapProps): string[] {
  const objects = ['versions', 'prometheus', 'gateway', 'repository', 'flux'] as const;
  const lists = ['hosts', 'external', 'waves'] as const;
  return [
    ...(typeof props.clusterName === 'string' ? [] : ['clusterName is missing: write a DNS label']),
    ...(typeof props.namespace === 'string' ? [] : ['namespace is missing: write a DNS label']),
    ...objects.filter((name) => !isObject(props[name])).map((name) => `${name} is missing: it is an object`),
    ...lists.filter((name) => !Array.isArray(props[name])).map((name) => `${name} is missing: it is a list`),
    ...(Object.hasOwn(MESH_FACTS, props.mesh)
      ? []
      : [`mesh ${JSON.stringify(props.mesh)} does not exist: it is one of ${Object.keys(MESH_FACTS).join(', ')}`]),
  ];
}

function refuseMisuse(props: FluxBootstrapProps): void {
  refuse('FluxBootstrap', isObject(props) ? missingParts(props) : ['props are missing']);
  const wrong: string[] = [];
  const label = (property: string, text: unknown) => {
    const error = typeof text === 'string' ? dnsLabelError(text) : 'is no text';
    if (error !== undefined) wrong.push(`${property} ${JSON.stringify(text)} ${error}`);
  };
  label('namespace', props.namespace);
  for (const [index, { name, rolloutSeconds }] of props.waves.entries()) {
    label(`waves[${index}].name`, name);
    if (!(Number.isFinite(rolloutSeconds) && rolloutSeconds > 0))
      wrong.push(`waves[${index}].rolloutSeconds ${rolloutSeconds} must be a number of seconds above 0`);
  }
  const mode: unknown = props.flux.mode;
  if (mode !== 'gotk' && mode !== 'FluxInstance')
    wrong.push(`flux.mode ${JSON.stringify(mode)} does not exist: it is one of gotk, FluxInstance`);
  const { url } = props.repository;
  // The short form of SSH (git@host:path) is no URL: Flux refuses it.
  if (typeof url !== 'string' || !URL.canParse(url) || !/^(https?|ssh):$/.test(new URL(url).protocol))
    wrong.push(`repository.url ${JSON.stringify(url)} must be an address of https or ssh: ssh://git@host/path.git`);
  for (const name of Object.keys(PLATFORM_VERSIONS) as (keyof typeof PLATFORM_VERSIONS)[])
    if (typeof props.versions[name] !== 'string')
      wrong.push(`versions.${name} is missing: take it from PLATFORM_VERSIONS`);
  const types = (specSchemas.AlertProvider.properties?.type?.enum ?? []) as readonly unknown[];
  if (props.alerts && !types.includes(props.alerts.type))
    wrong.push(
      `alerts.type ${JSON.stringify(props.alerts.type)} is none that Flagger sends to: it is one of ${types.join(', ')}`,
    );
  const names = props.waves.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) wrong.push(`two waves are named "${twice}"`);
  const after = layerOrder(props.layers ?? []);
  for (const layer of props.layers ?? [])
    if (layer.after !== undefined && !after.includes(layer.after))
      wrong.push(`layer "${layer.name}" comes after "${layer.after}", which is no layer`);
  const escapes = [props.clusterName, props.repository.path ?? ''].filter((part) => part.split('/').includes('..'));
  if (escapes.length > 0 || props.clusterName.includes('/'))
    wrong.push('clusterName and repository.path must stay below the output folder');
  else label('clusterName', props.clusterName);
  if (wrong.length > 0) throw new Error(`FluxBootstrap "${props.clusterName}": ${wrong.join('; ')}`);
}
