import { type Catalog, loadCatalog } from '../catalog';
import type { PlatformInput, ServiceInput, UnitInput, WaveInput } from './inputs';
import { PART_NAMES } from './layout';
import { planUnits } from './plan';
import type { RawManifests } from './raw';

function plan(services: number, raw?: RawManifests): UnitInput[] {
  const catalog: Catalog = {
    platform: { namespace: 'shop', registry: 'registry.example.com', gitops: { url: 'https://git.example.com/a.git' } },
    clusters: [{ name: 'test', domain: 'example.com', flux: { mode: 'gotk' } }],
    services: Array.from({ length: services }, (_, index) => ({ name: `svc-${index}`, image: { tag: '1' } })),
  };
  expect(loadCatalog(JSON.stringify(catalog), 'services.json').findings).toEqual([]);
  return planUnits(catalog, raw).map(({ input }) => input as UnitInput);
}
const ofKind = <T extends UnitInput>(units: readonly UnitInput[], kind: T['kind']): T[] =>
  units.filter((unit): unit is T => unit.kind === kind);
const paths = (units: readonly UnitInput[]) =>
  new Map(ofKind<ServiceInput>(units, 'service').map(({ service, path }) => [service.name, path]));

test('a wave of 360 services is whole', () => {
  const units = plan(360);
  expect(ofKind<WaveInput>(units, 'wave').map(({ folder }) => folder)).toEqual(['clusters/test/apps/wave-0']);
  expect(ofKind<PlatformInput>(units, 'platform')[0]!.waves).toEqual([{ name: 'wave-0', rolloutSeconds: 600 }]);
  expect(paths(units).get('svc-0')).toBe('clusters/test/apps/wave-0/svc-0.yaml');
});

test('a larger one has 32 parts, each with its own services', () => {
  const units = plan(361);
  const lists = ofKind<WaveInput>(units, 'wave');
  expect(lists.map(({ folder }) => folder)).toEqual(PART_NAMES.map((part) => `clusters/test/apps/wave-0/${part}`));
  const listed = lists.flatMap(({ folder, files }) => files.map((file) => `${folder}/${file}`));
  expect(listed.sort()).toEqual([...paths(units).values()].sort());
  expect(ofKind<PlatformInput>(units, 'platform')[0]!.waves[0]!.parts).toEqual(PART_NAMES);
});

test('no service moves because others come', () => {
  const [few, many] = [paths(plan(361)), paths(plan(900))];
  expect([...few].filter(([name, path]) => many.get(name) !== path)).toEqual([]);
});

test('a wave with files of one’s own stays whole', () => {
  const files = [{ name: 'secret.yaml', text: '', objects: [] }];
  const units = plan(361, new Map([['test', [{ path: 'own', beside: 'svc-7', resources: ['secret.yaml'], files }]]]));
  expect(ofKind<WaveInput>(units, 'wave').map(({ folder }) => folder)).toEqual(['clusters/test/apps/wave-0']);
});
