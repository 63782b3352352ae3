import {
  parseServiceFile,
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

test.each([
  ['the list of a wave', `${waveFolder('production', 0)}/kustomization.yaml`],
  ['a layer', 'clusters/production/mesh/mesh.yaml'],
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
