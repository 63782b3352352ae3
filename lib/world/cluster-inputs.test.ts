import { type ClusterObjects, objectKey } from '../kube';
import { worldInputs } from './cluster-inputs';
import { buildWorld } from './world';

test('the objects of a cluster keep their order, their file and the place of each field', () => {
  const object = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } });
  const cluster: ClusterObjects = {
    cluster: 'one',
    objects: [
      { object: object('a'), origin: { file: 'all.yaml', document: 0 } },
      {
        object: object('b'),
        origin: { file: 'all.yaml', document: 1, place: (pointer) => ({ file: 'services.json', line: 7, pointer }) },
      },
    ],
  };
  const world = buildWorld(worldInputs(cluster), { defaultNamespace: 'default' });
  const entries = world.ofKind('ConfigMap');
  expect(entries.map(({ group, kind, namespace, name }) => objectKey(group, kind, namespace, name))).toEqual([
    ' ConfigMap shop/a',
    ' ConfigMap shop/b',
  ]);
  expect(entries.map((entry) => entry.place('/data'))).toEqual([
    { file: 'all.yaml', pointer: '/data', object: 'ConfigMap shop/a', cluster: 'one' },
    { file: 'services.json', line: 7, pointer: '/data', object: 'ConfigMap shop/b', cluster: 'one' },
  ]);
});
