import * as fc from 'fast-check';
import { type Adoption, adopt } from '../lib/adopt';
import type { Catalog } from '../lib/catalog';
import { compareObjects } from '../lib/diff';
import type { KubeObject } from '../lib/kube';
import { catalogObjects } from '../lib/synth';
import { catalogs } from './arbitraries/catalog';
import { applications } from './arbitraries/objects';
import { runs } from './runs';

const options = {
  seed: Number(process.env.AVIARY_SEED ?? 20261130),
  numRuns: Number(process.env.AVIARY_RUNS ?? runs(64)),
};

const adopted = (objects: readonly KubeObject[]): Adoption =>
  adopt([{ objects: objects.map((object) => ({ object, origin: { file: 'all.yaml', document: 0 } })) }], {
    synthesize: (text) => catalogObjects(text, 'services.json'),
  });
const idOf = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.namespace}/${metadata.name}`;

/** What the adopted catalog makes, and what goes through beside it. */
function made(adoption: Adoption): Map<string, KubeObject> {
  const { clusters, findings } = catalogObjects(JSON.stringify(adoption.catalog), 'services.json');
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  return new Map([
    ...clusters![0]!.objects.map(({ object }): [string, KubeObject] => [idOf(object), object]),
    ...adoption.raw.map(({ object }): [string, KubeObject] => [idOf(object), object]),
  ]);
}

test('random valid objects come over: all of them typed, and no field lost', () => {
  fc.assert(
    fc.property(applications, (objects) => {
      const adoption = adopted(objects);
      expect(adoption.lost.map(({ object, path }) => `${idOf(object)}: ${path}`)).toEqual([]);
      const ids = made(adoption);
      expect(objects.map(idOf).filter((id) => !ids.has(id))).toEqual([]);
      const raw = adoption.objects.filter(
        ({ as, object }) => as === 'raw' && object.kind !== 'ServiceAccount' && object.kind !== 'ConfigMap',
      );
      expect(raw.map(({ object, reason }) => `${idOf(object)}: ${reason}`)).toEqual([]);
    }),
    options,
  );
});

/** Without what tells of the release alone. */
function plain(object: KubeObject): KubeObject {
  const annotations = Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(([key]) => !key.startsWith('aviary.dev/')),
  );
  const { annotations: _, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) } };
}

/** Objects of the services: their namespaces, the platform's layers and what Flux reads are the platform's. */
const ofServices = (text: string): KubeObject[] =>
  (catalogObjects(text, 'services.json').clusters?.[0]?.objects ?? [])
    .filter(({ origin }) => origin.unit?.includes('/apps/'))
    .map(({ object }) => plain(object));

/** One cluster, and no rollout: what Flagger makes of a service is no object of the catalog. */
function withoutCanaries({ services, clusters, defaults, patches: _, ...rest }: Catalog): Catalog {
  const { services: __, defaults: ___, manifests: ____, ...cluster } = clusters[0]!;
  return {
    ...rest,
    platform: { ...rest.platform, mesh: 'kubernetes' },
    clusters: [cluster],
    services: services.map(
      ({ clusters: _____, canary: ______, expose: _______, release: ________, ...service }) => service,
    ),
  } as Catalog;
}

test('what a random catalog makes comes over, and makes the same again', () => {
  fc.assert(
    fc.property(catalogs, (random) => {
      const first = ofServices(JSON.stringify(withoutCanaries(random)));
      expect(first.length).toBeGreaterThan(0);
      const adoption = adopted(first);
      expect(adoption.lost.map(({ object, path }) => `${idOf(object)}: ${path}`)).toEqual([]);
      const again = made(adoption);
      const differences = first.flatMap((object) => {
        const other = again.get(idOf(object));
        return other
          ? compareObjects(object, plain(other)).map(({ path }) => `${idOf(object)}: ${path}`)
          : [`${idOf(object)} is gone`];
      });
      expect(differences).toEqual([]);
    }),
    options,
  );
});
