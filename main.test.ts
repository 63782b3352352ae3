import { Yaml } from 'cdk8s';
import type { KubeObject } from './lib/kube';
import { onlineBoutique } from './test/catalog';
import { renderCatalog } from './test/render';

const files = renderCatalog(onlineBoutique());
/** The objects of a file that the test is about, a screenful of them. */
const text = (path: string, isShown: (object: KubeObject) => boolean) =>
  Yaml.stringify(...files.find((file) => file.path === path)!.objects.filter(isShown));
/** The Canary, and the Service that it takes over. */
const isRollout = ({ apiVersion, kind }: KubeObject) => apiVersion.startsWith('flagger.app/') || kind === 'Service';
const isLoadTester = ({ metadata }: KubeObject) => metadata.name === 'flagger-loadtester';

test('the files of production', () => {
  expect(
    files
      .filter(({ cluster }) => cluster === 'production')
      .map(({ path }) => path)
      .sort(),
  ).toMatchSnapshot();
});

const service = 'clusters/staging/apps/wave-1/recommendationservice.yaml';

test('a canaried service: the release of recommendationservice in staging', () => {
  expect(text(service, (object) => !isRollout(object))).toMatchSnapshot();
});

test('a canaried service: the rollout of recommendationservice in staging', () => {
  expect(text(service, isRollout)).toMatchSnapshot();
});

const layer = 'clusters/production/flagger/flagger.yaml';

test('a layer: Flagger in production', () => {
  expect(text(layer, (object) => !isLoadTester(object))).toMatchSnapshot();
});

test('a layer: the load tester of Flagger in production', () => {
  expect(text(layer, isLoadTester)).toMatchSnapshot();
});

test('both clusters have the same services', () => {
  const names = (cluster: string) =>
    files
      .filter((file) => file.cluster === cluster && file.path.includes('/apps/'))
      .map(({ path }) => path.replace(cluster, ''));
  expect(names('staging').sort()).toEqual(names('production').sort());
});
