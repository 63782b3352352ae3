import {
  PART_NAMES,
  parseServiceFile,
  partName,
  platformUnit,
  serviceFile,
  serviceOfUnit,
  serviceUnit,
  waveFolder,
  waveName,
  waveUnit,
} from './layout';

test('a path of a service is read as it was made', () => {
  const place = { cluster: 'production', wave: 12, service: 'wave-1' };
  expect(serviceFile(place)).toBe('clusters/production/apps/wave-12/wave-1.yaml');
  expect(parseServiceFile(serviceFile(place))).toEqual(place);
});

test('the part of a service follows from its name alone', () => {
  expect(['cart', 'web', 'web-2'].map(partName)).toEqual(['part-08', 'part-08', 'part-05']);
  const place = { cluster: 'production', wave: 0, part: 'part-07', service: 'cart' };
  expect(serviceFile(place)).toBe('clusters/production/apps/wave-0/part-07/cart.yaml');
  expect(parseServiceFile(serviceFile(place))).toEqual(place);
  const sizes = new Map<string, number>();
  for (let index = 0; index < 10_000; index++) {
    const part = partName(`service-${index}`);
    sizes.set(part, (sizes.get(part) ?? 0) + 1);
  }
  expect([...sizes.keys()].sort()).toEqual(PART_NAMES);
  expect(Math.max(...sizes.values())).toBeLessThan(400);
});

test.each([
  ['the list of a wave', `${waveFolder('production', 0)}/kustomization.yaml`],
  ['a layer', 'clusters/production/mesh/mesh.yaml'],
  ['the list of a part', 'clusters/production/apps/wave-0/part-07/kustomization.yaml'],
  ['what a wave with parts applies itself', 'clusters/production/apps/wave-0/all/all.yaml'],
  ['another depth', 'clusters/production/apps/wave-0/more/cart.yaml'],
  ['below another folder', 'dist/clusters/production/apps/wave-0/cart.yaml'],
  ['no YAML', 'clusters/production/apps/wave-0/cart.json'],
])('%s is no service', (_, file) => expect(parseServiceFile(file)).toBeUndefined());

test('a unit tells its service, and only that of a service does', () => {
  expect(serviceOfUnit(serviceUnit('production', 'cart'))).toBe('cart');
  expect([waveUnit('production', 1), platformUnit('production')].map(serviceOfUnit)).toEqual([undefined, undefined]);
  expect([waveUnit('production', 1), platformUnit('production'), waveName(1)]).toEqual([
    'production/waves/wave-1',
    'production/platform',
    'wave-1',
  ]);
});
