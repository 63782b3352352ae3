import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFiles } from '../../../test/helm';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';
import { helmPlace, withHelm } from './helm-place.fixture';

const place = helmPlace();

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: server, image: {{ required "no image" .Values.image | quote }}, env: [{name: CART, value: "cart:80"}]}]}
`;
const claim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: {{ .Release.Name }}-data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`;

/** A repository with one chart, read from the folder above it, as Flux has it when the tree is a part of a repository. */
function tree(name: string, values: string, more: Readonly<Record<string, string>> = {}): string {
  const root = join(place.path, name);
  const files = {
    'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'charts/web/templates/deployment.yaml': deployment,
    'apps/web.yaml': `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  interval: 10m
  chart: {spec: {chart: ./part/charts/web, sourceRef: {kind: GitRepository, name: flux-system}}}
  valuesFrom: [{kind: ConfigMap, name: web-values}]
  values: ${values}
`,
    'apps/values.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: web-values, namespace: shop}
data: {values.yaml: "image: web:v1"}
`,
    'apps/cart.yaml':
      'apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{port: 80}]}\n',
    ...more,
  };
  writeFiles(root, Object.entries(files));
  return root;
}

async function diff(...trees: string[]) {
  const io = memoryIo({ env: { PATH: `${join(place.path, 'bin')}:/usr/bin:/bin`, HOME: place.path } });
  const code = await runProgram(['diff', ...trees], io);
  return { code, out: io.out.replaceAll(place.path, 'PLACE'), err: io.err.replaceAll(place.path, 'PLACE') };
}

withHelm('what Helm makes of a chart of the tree is compared (needs helm)', async () => {
  const before = tree('before', '{}', { 'charts/web/templates/claim.yaml': claim });
  const { code, out, err } = await diff(before, tree('after', '{image: "web:v2"}'));
  expect(err).toBe('');
  expect(code).toBe(2);
  expect(
    out,
  ).toBe(`apps/web.yaml:1:1 PersistentVolumeClaim shop/web-data: error: PersistentVolumeClaim "web-data" goes, and its volume with it. [claim-removed]
  cause: with the reclaim policy Delete the volume is deleted with its claim, and no commit brings the data back
  fix: keep the claim, or give it the annotation kustomize.toolkit.fluxcd.io/prune: disabled (helm.sh/resource-policy: keep in a chart) in a commit before; take a snapshot if the data may go
  more: aviary explain claim-removed

1 error

  shop/web: image v1 → v2, PersistentVolumeClaim web-data removed
    ⇒ rolls out in place; failed when it makes no progress for 10m
    ⇒ deleted: PersistentVolumeClaim web-data
    ⇒ Helm upgrades web
    ~ Deployment shop/web
        spec.template.spec.containers[server].image: web:v1 → web:v2
    ~ HelmRelease shop/web
        spec.values.image: added web:v2
    - PersistentVolumeClaim shop/web-data

3 objects: 2 changed, 1 removed; 1 danger
`);
});

withHelm('what Helm is told to keep stays (needs helm)', async () => {
  const kept = claim.replace('-data}', '-data, annotations: {helm.sh/resource-policy: keep}}');
  const { out } = await diff(tree('before', '{}', { 'charts/web/templates/claim.yaml': kept }), tree('after', '{}'));
  expect(out).toBe(`  shop/web: PersistentVolumeClaim web-data removed
    ⇒ left in the cluster, as what applied it lets it be: PersistentVolumeClaim web-data
    - PersistentVolumeClaim shop/web-data

1 object: 1 removed; no danger found
`);
});

withHelm('a chart that Helm does not take is an error (needs helm)', async () => {
  const { code, err } = await diff(tree('before', '{}'), tree('after', '{image: ""}'));
  expect(code).toBe(1);
  expect(
    err,
  ).toBe(`apps/web.yaml:1:1 HelmRelease shop/web: error: Helm makes nothing of the chart of HelmRelease "web": execution error at (web/templates/deployment.yaml:8:49): no image. [chart-not-rendered]
  cause: helm-controller will get the same answer, so nothing is installed or upgraded
  fix: mend the chart or the values until helm template takes them

1 error
`);
});

withHelm('what Helm refuses of both is no news, and what it refused before is no error (needs helm)', async () => {
  const other = (image: string) => ({
    'apps/other.yaml': deployment.replace(/{{ .Release.Name }}/g, 'other').replace(/{{ required.*}}/, image),
  });
  const both = await diff(tree('a', '{image: ""}', other('o:v1')), tree('b', '{image: ""}', other('o:v2')));
  expect([both.code, both.err]).toEqual([2, '']);
  const mended = await diff(tree('c', '{image: ""}'), tree('d', '{}'));
  expect(mended.code).toBe(2);
  expect(mended.err).toContain(
    'warning: before the change Helm made nothing of the chart of HelmRelease "web": execution error',
  );
});

withHelm('a chart of another repository is not taken for a folder of the same name (needs helm)', async () => {
  const flux = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {interval: 10m, prune: true, path: ./apps, sourceRef: {kind: GitRepository, name: flux-system}}
`;
  const files = { 'flux.yaml': flux };
  const { out } = await diff(tree('before', '{}', files), tree('after', '{image: "web:v2"}', files));
  expect(out).toContain('Helm upgrades web: what its chart makes of it is not seen here');
});

test('without helm it says what is not compared', async () => {
  rmSync(join(place.path, 'bin', 'helm'), { force: true });
  const { code, out, err } = await diff(tree('before', '{}'), tree('after', '{image: "web:v2"}'));
  expect(code).toBe(2);
  expect(
    err,
  ).toBe(`apps/web.yaml:1:1 HelmRelease shop/web: warning: a HelmRelease changes whose chart is here, and what Helm makes of it is not compared: web. [charts-not-rendered]
  cause: there is no helm on the PATH
  fix: install helm where aviary diff runs, and compare again

1 warning
`);
  expect(out).toBe(`  shop/web: HelmRelease web
    ⇒ Helm upgrades web: what its chart makes of it is not seen here
    ~ HelmRelease shop/web
        spec.values.image: added web:v2

1 object: 1 changed; no danger found
`);
});
