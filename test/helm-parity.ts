import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Catalog, loadCatalog } from '../lib/catalog';
import { planUnits } from '../lib/charts';
import type { KubeObject } from '../lib/kube';
import { renderUnit } from '../lib/synth/render';
import { helm, writeFiles } from './helm';
import { renderCatalog } from './render';

/** How an object of the Helm form differs from the plain one, and why. Every other difference is a fault. */
export const HELM_DIFFERENCES = [
  {
    place: 'label app.kubernetes.io/managed-by',
    plain: 'aviary',
    helm: 'Helm',
    why: 'Helm writes it on all that it installs',
  },
  {
    place: 'annotations kustomize.toolkit.fluxcd.io/*',
    plain: 'prune: disabled',
    helm: 'helm.sh/resource-policy: keep',
    why: 'the same word to another controller; what has no word in Helm goes',
  },
  {
    place: 'Service of the service, without a canary',
    plain: 'no annotation',
    helm: 'helm.sh/resource-policy: keep',
    why: 'when the service gets a canary, Service and Flagger find each other, as in the plain form',
  },
  {
    place: 'Service of a canaried service',
    plain: 'ssa: IfNotPresent',
    helm: 'a plain object beside the HelmRelease',
    why: 'Flagger owns it; Helm would write it at each upgrade (docs/decisions/0001)',
  },
] as const;

/** A chart names its objects by the service: another name is refused there. */
export const withoutWorkloadNames = (catalog: Catalog): Catalog => ({
  ...catalog,
  services: catalog.services.map(({ workloadName: _, ...service }) => service),
  ...(catalog.patches && { patches: catalog.patches.filter(({ service }) => service === undefined) }),
});

/** A catalog in the Helm form, every service of it. */
export const inHelmForm = (catalog: Catalog): Catalog => ({
  ...catalog,
  defaults: { ...catalog.defaults, release: 'helm' },
});

const nameOf = ({ apiVersion, kind, metadata }: KubeObject): string =>
  `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

/** What both forms have in common, by name of the object. */
function comparable(objects: readonly KubeObject[], service: string): Map<string, unknown> {
  return new Map(
    objects.map((object) => {
      const { annotations = {}, labels = {}, ...metadata } = object.metadata;
      const own = Object.entries(annotations).filter(
        ([key]) => !key.startsWith('kustomize.toolkit.fluxcd.io/') && key !== 'helm.sh/resource-policy',
      );
      const isKept =
        annotations['helm.sh/resource-policy'] === 'keep' ||
        annotations['kustomize.toolkit.fluxcd.io/prune'] === 'disabled' ||
        (object.kind === 'Service' && metadata.name === service);
      const { 'app.kubernetes.io/managed-by': _, ...ownLabels } = labels;
      return [
        nameOf(object),
        { ...object, metadata: { ...metadata, labels: ownLabels, annotations: Object.fromEntries(own) }, isKept },
      ];
    }),
  );
}

/** The documents, which Go's reader (YAML 1.1) and one of YAML 1.2 must agree on. */
function readBoth(text: string): KubeObject[] {
  const read = (version: '1.1' | '1.2') =>
    parseAllDocuments(text, { version }).map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS() as KubeObject | null;
    });
  const [old, current] = [read('1.1'), read('1.2')];
  expect(old).toEqual(current);
  return current.filter((object): object is KubeObject => object !== null);
}

/**
 * Renders a catalog in both forms and compares them, service by service and cluster by cluster.
 * @returns how many objects agree
 */
export function compareForms(catalog: Catalog, folder: string, helmPath: string, render: Rendering = oneByOne): number {
  const plain = renderCatalog(load(catalog));
  const units = planUnits(load(inHelmForm(catalog))).map((unit) => ({ unit, ...renderUnit(unit) }));
  const charts = units.filter(({ unit }) => unit.cluster === '');
  for (const { files } of charts)
    writeFiles(
      folder,
      files.map(({ path, text }) => [path, text!]),
    );
  const releases = units.flatMap(({ unit, files }) =>
    files.flatMap(({ path, documents, isWritten }) =>
      isWritten === false
        ? []
        : (documents as KubeObject[])
            .filter(
              ({ kind, metadata }) =>
                kind === 'HelmRelease' && path.endsWith(`/apps/${path.split('/')[3]}/${metadata.name}.yaml`),
            )
            .map((release) => ({
              cluster: unit.cluster,
              path,
              release,
              beside: (documents as KubeObject[]).filter((one) => one !== release),
            })),
    ),
  );
  const rendered = render(
    helmPath,
    folder,
    releases.map(({ release, cluster }) => ({ release, cluster })),
  );
  let agreed = 0;
  releases.forEach(({ cluster, path, release, beside }, index) => {
    const service = release.metadata.name!;
    const expected = plain.find((file) => file.cluster === cluster && file.path === path)!.objects;
    const handedOver = expected.filter(({ metadata }) => metadata.annotations?.['kustomize.toolkit.fluxcd.io/ssa']);
    expect(beside.filter(({ kind }) => kind !== 'OCIRepository')).toEqual(handedOver);
    const ofChart = expected.filter((object) => !handedOver.includes(object));
    expect(comparable(readBoth(rendered[index]!), service)).toEqual(comparable(ofChart, service));
    agreed += expected.length;
  });
  expect(releases.length).toBe(plain.filter(({ path }) => /\/apps\/wave-\d+\/(?!kustomization)/.test(path)).length);
  return agreed;
}

export interface Wanted {
  readonly cluster: string;
  readonly release: KubeObject;
}
export type Rendering = (helmPath: string, folder: string, releases: readonly Wanted[]) => string[];

const valuesOf = (release: KubeObject): unknown => (release as { spec?: { values?: unknown } }).spec?.values ?? {};

/** `helm template` for each release, with its values. */
export const oneByOne: Rendering = (helmPath, folder, releases) =>
  releases.map(({ release, cluster }) => {
    const { name, namespace } = release.metadata;
    const values = join(folder, `${cluster}-${name}.json`);
    writeFiles(folder, [[`${cluster}-${name}.json`, JSON.stringify(valuesOf(release))]]);
    return helm(helmPath, [
      'template',
      name!,
      join(folder, 'charts', name!),
      '--namespace',
      namespace!,
      '--values',
      values,
    ]);
  });

/** One `helm template` a cluster and namespace: the charts are parts of one, each with the values of its release. */
export const together: Rendering = (helmPath, folder, releases) => {
  const texts = new Map<Wanted, string>();
  writeFiles(folder, [['Chart.yaml', 'apiVersion: v2\nname: all\nversion: 1.0.0\n']]);
  for (const cluster of new Set(releases.map((one) => one.cluster))) {
    const own = releases.filter((one) => one.cluster === cluster);
    const values = Object.fromEntries(own.map(({ release }) => [release.metadata.name, valuesOf(release)]));
    writeFiles(folder, [[`${cluster}.json`, JSON.stringify(values)]]);
    const valuesFile = join(folder, `${cluster}.json`);
    for (const namespace of new Set(own.map(({ release }) => release.metadata.namespace!))) {
      const all = helm(helmPath, ['template', 'all', folder, '--namespace', namespace, '--values', valuesFile]);
      for (const part of all.split(/^---\n/m)) {
        const [, name] = /^# Source: all\/charts\/([^/]+)\//.exec(part) ?? [];
        const release = own.find((one) => one.release.metadata.name === name);
        if (release?.release.metadata.namespace !== namespace) continue;
        // A template of several documents names its source once a document.
        texts.set(release, `${texts.get(release) ?? ''}---\n${part}`);
      }
    }
  }
  return releases.map((one) => texts.get(one) ?? '');
};

function load(catalog: Catalog): Catalog {
  const { catalog: loaded, findings } = loadCatalog(JSON.stringify(catalog), 'services.json');
  if (!loaded) throw new Error(findings.map(({ message }) => message).join('\n'));
  return loaded;
}
