import { Yaml } from 'cdk8s';
import { onlineBoutique } from './test/catalog';
import { renderCatalog } from './test/render';

const files = renderCatalog(onlineBoutique());
const text = (path: string) => Yaml.stringify(...files.find((file) => file.path === path)!.objects);

test('the files of production', () => {
  expect(
    files
      .filter(({ cluster }) => cluster === 'production')
      .map(({ path }) => path)
      .sort(),
  ).toMatchSnapshot();
});

test('a canaried service in full: recommendationservice in staging', () => {
  expect(text('clusters/staging/apps/wave-1/recommendationservice.yaml')).toMatchSnapshot();
});

test('a layer: Flagger and its load tester in production', () => {
  expect(text('clusters/production/flagger/flagger.yaml')).toMatchSnapshot();
});

test('both clusters have the same services', () => {
  const names = (cluster: string) =>
    files
      .filter((file) => file.cluster === cluster && file.path.includes('/apps/'))
      .map(({ path }) => path.replace(cluster, ''));
  expect(names('staging').sort()).toEqual(names('production').sort());
});
