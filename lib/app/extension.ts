import { createHash, randomUUID } from 'node:crypto';
import type { App } from 'cdk8s';
import type { Catalog } from '../catalog';
import {
  type AddedFile,
  type ChartInput,
  type ClusterAdditions,
  chartUnit,
  type GeneratedInput,
  planAdditions,
  planExtended,
  type RawManifests,
  type Unit,
} from '../charts';
import { type Finding, nearest } from '../findings';
import { defaults, rolloutDuration } from '../flagger';
import { booleanAt, fieldsAt, numberAt, textAt } from '../kube';
import { MESH_FACTS, modeOf } from '../mesh';
import type { CatalogExtension, CheckedObject } from '../synth';
import { inputsDigest } from './inputs';
import type { RenderedChart, RenderedCharts } from './rendered-charts';
import type { GeneratedUnit } from './scopes';
import type { SynthesizedApp } from './synthesized-app';

/** The cluster of what stands in none, in an app without a catalog. */
export const NO_CLUSTER = 'app';

/** Everything that an app adds to its catalog, and does to what comes of it. */
export class AppExtension implements CatalogExtension {
  /** What is wrong before the catalog is looked at. */
  readonly findings: readonly Finding[];
  readonly fingerprint: string;
  private readonly rendered: RenderedCharts;

  /** @param last looks at all objects at the end */
  constructor(
    private readonly app: SynthesizedApp,
    private readonly last?: (objects: Iterable<CheckedObject>) => Promise<readonly Finding[]>,
  ) {
    const { renderCharts } = require('./rendered-charts') as typeof import('./rendered-charts');
    const { callbacks, props } = app;
    const { outputFileExtension, yamlOutputType } = props;
    const clusters = app.clusters;
    const findings: Finding[] = [];
    const digest = callbacks.digest(findings);
    callbacks.mixInto(app);
    this.rendered = renderCharts(app, {
      outputFileExtension,
      yamlOutputType,
      clusters,
      transform: (objects, where) => callbacks.transformObjects(objects, where),
    });
    const layers = clusters.map(({ name, addedLayers }) => [
      name,
      addedLayers.map(({ layer, after, before }) => [layer.name, after, before]),
    ]);
    // What is asked at the end is asked at every run: nothing is known of what it looks at.
    const unknown = last ? randomUUID() : '';
    const charts = this.rendered.charts.map(({ generated, ...chart }) => [
      chart,
      generated && inputsDigest(generated.of.inputs, chart.id, findings),
    ]);
    const content = [digest, layers, charts, [...this.rendered.serviceAfter], unknown];
    this.findings = [...findings, ...this.rendered.findings];
    this.fingerprint = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
  }

  plan(
    catalog: Catalog,
    raw?: RawManifests,
  ): { readonly units: readonly Unit[]; readonly findings: readonly Finding[] } {
    const findings = [
      ...this.findings,
      ...this.unknownClusters(catalog),
      ...this.unknownServices(catalog),
      ...this.outsiders(),
    ];
    const extended = planExtended(catalog, this.additions(MESH_FACTS[modeOf(catalog.platform)].provider), raw);
    const { resolvers = [] } = this.app.props;
    const units = extended.units
      .map((unit) => this.app.callbacks.extend(unit))
      .map((unit) => (resolvers.length === 0 ? unit : { ...unit, resolvers, isLocal: true }));
    return {
      units: [...units, ...this.chartUnits(extended.folders)],
      findings: [...findings, ...extended.findings],
    };
  }

  /** The same for an app without a catalog. */
  planAlone(): { readonly units: readonly Unit[]; readonly findings: readonly Finding[] } {
    const { units, folders, findings } = planAdditions(this.additions('istio'));
    return { units: [...units, ...this.chartUnits(folders)], findings: [...this.findings, ...findings] };
  }

  locate(findings: readonly Finding[]): readonly Finding[] {
    return this.rendered.origins.locate(findings, this.app.clusters.length);
  }

  inspect(objects: Iterable<CheckedObject>): readonly Finding[] {
    return this.app.callbacks.run(objects);
  }

  async check(objects: () => Iterable<CheckedObject>): Promise<readonly Finding[]> {
    const own = this.app.callbacks.run(objects());
    return this.last ? [...own, ...(await this.last(objects()))] : own;
  }

  private additions(provider: string): Record<string, ClusterAdditions> {
    const { charts, serviceAfter } = this.rendered;
    return Object.fromEntries(
      this.app.clusters.flatMap(({ name, addedLayers }): [string, ClusterAdditions][] => {
        const files = charts
          .filter(({ cluster, layer }) => cluster === name && layer !== undefined)
          .map((chart) => addedFile(chart, provider));
        const layers = addedLayers.map(({ layer, ...order }) => ({ name: layer.name, ...order }));
        const after = serviceAfter.get(name) ?? {};
        const isEmpty = files.length + layers.length + Object.keys(after).length === 0;
        return isEmpty ? [] : [[name, { files, layers, serviceAfter: after }]];
      }),
    );
  }

  /** Generated ones are changed when they are built; charts were when they were rendered. */
  private chartUnits(folders: ReadonlyMap<string, ReadonlyMap<string, string>>): Unit[] {
    return chartUnits(this.rendered, folders).map((unit) => this.app.callbacks.extend(unit));
  }

  private unknownClusters({ clusters }: Catalog): Finding[] {
    const names = clusters.map(({ name }) => name);
    return this.app.clusters
      .filter(({ name }) => !names.includes(name))
      .map(({ name }) => ({
        code: 'unknown-cluster',
        severity: 'error',
        place: {},
        message: `the app asks for cluster "${name}", which the catalog does not have`,
        nearest: nearest(name, names),
        fix: `Use one of ${names.join(', ')}, or add it to "clusters" of the catalog`,
      }));
  }

  private unknownServices({ services }: Catalog): Finding[] {
    const names = services.map(({ name }) => name);
    return this.app.callbacks.services
      .filter((name) => !names.includes(name))
      .map((name) => ({
        code: 'unknown-service',
        severity: 'error',
        place: {},
        message: `the app configures service "${name}", which the catalog does not have`,
        nearest: nearest(name, names),
        fix: 'Name a service of the catalog',
      }));
  }

  /** Charts that no folder of a cluster would get: nothing would apply them. */
  private outsiders(): Finding[] {
    return this.rendered.charts
      .filter((chart) => chart.layer === undefined && clusterOfPath(chart) === undefined)
      .map(({ id }) => ({
        code: 'chart-without-layer',
        severity: 'error',
        place: { object: id },
        message: `chart "${id}" stands in no layer of a cluster`,
        cause: 'Flux applies the folders of clusters: a file beside them reaches none.',
        fix: `Give it a layer as its scope: new Chart(app.cluster('${this.app.clusters[0]?.name ?? 'production'}').apps, '${id}'), or one of each of app.clusters`,
      }));
  }
}

/**
 * A unit for each chart, whose input are its objects.
 * @param folders where the charts of layers go, by cluster and id
 */
export function chartUnits(
  { charts, origins }: Pick<RenderedCharts, 'charts' | 'origins'>,
  folders: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(),
): Unit[] {
  return charts.map((chart): Unit => {
    const cluster = chart.cluster ?? clusterOfPath(chart) ?? NO_CLUSTER;
    const folder = chart.layer === undefined ? '' : `${folders.get(cluster)?.get(chart.id)}/`;
    const { generated } = chart;
    if (generated) {
      const file = `${folder}${chart.files[0]!.path}`;
      origins.addFile(file, generated);
      return generatedUnit(cluster, chart.id, file, generated);
    }
    const input: ChartInput = {
      kind: 'chart',
      files: chart.files.map((file) => ({ ...file, path: `${folder}${file.path}` })),
      releases: chart.releases,
    };
    const build: Unit['build'] = (app) => {
      const { buildUnit } = require('../charts/build') as typeof import('../charts/build');
      buildUnit(app, input);
    };
    return { id: chartUnit(cluster, chart.id), cluster, input, build };
  });
}

function generatedUnit(cluster: string, id: string, path: string, { of }: GeneratedUnit): Unit {
  const { input: data, rolloutSeconds, ...inputs } = of.inputs;
  const input: GeneratedInput = {
    kind: 'generated',
    id,
    path,
    input: data,
    digest: inputsDigest(inputs, id, []),
    ...(rolloutSeconds === undefined ? {} : { rolloutSeconds }),
  };
  const build = (app: App): void => {
    const { ManifestFile } = require('../constructs') as typeof import('../constructs');
    const file = new ManifestFile(app, id.split('/').slice(1).join('-'), { path });
    file.finishers.push((objects) => refuseLongRollouts(objects, id, rolloutSeconds));
    of.build(file, data as never);
  };
  return { id: chartUnit(cluster, id), cluster, input, isLocal: true, build };
}

/** The wave's timeout was planned before the unit was built. */
function refuseLongRollouts(objects: readonly unknown[], id: string, stated = 0): void {
  const seconds = Math.max(0, ...objects.map((object) => rolloutSeconds(object, 'istio') ?? 0));
  if (seconds > stated)
    throw new Error(
      `unit "${id}" makes a Canary whose rollout takes ${seconds} s, and states ${stated}: give addUnit rolloutSeconds: ${seconds}`,
    );
}

function addedFile({ id, layer, files, after, generated }: RenderedChart, provider: string): AddedFile {
  const stated = generated?.of.inputs.rolloutSeconds;
  const seconds = files.flatMap(({ documents }) =>
    documents.flatMap((document) => rolloutSeconds(document, provider) ?? []),
  );
  if (stated !== undefined) seconds.push(stated);
  return {
    id,
    layer: layer!,
    files: files.map(({ path }) => path),
    after,
    ...(seconds.length > 0 ? { rolloutSeconds: Math.max(...seconds) } : {}),
  };
}

/** How long the rollout of a Canary may take, success or rollback, with its pods' own deadline; undefined for another object. */
function rolloutSeconds(document: unknown, defaultProvider: string): number | undefined {
  if (textAt(document, 'kind') !== 'Canary' || !textAt(document, 'apiVersion')?.startsWith('flagger.app/'))
    return undefined;
  const provider = textAt(document, 'spec', 'provider') ?? defaultProvider;
  const { successSeconds, rollbackSeconds } = rolloutDuration(fieldsAt(document, 'spec', 'analysis'), {
    provider,
    skipAnalysis: booleanAt(document, 'spec', 'skipAnalysis'),
  });
  const deadline = numberAt(document, 'spec', 'progressDeadlineSeconds') ?? defaults.progressDeadlineSeconds;
  return Math.max(successSeconds, rollbackSeconds) + deadline;
}

/** Of a file that knows its own path. */
function clusterOfPath({ files }: RenderedChart): string | undefined {
  return /^clusters\/([^/]+)\//.exec(files[0]?.path ?? '')?.[1];
}
