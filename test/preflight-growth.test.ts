import { benchCatalog } from '../bench/catalog';
import { planUnits } from '../lib/charts';
import type { KubeObject } from '../lib/kube';
import { runPreflight } from '../lib/preflight';
import { renderUnit } from '../lib/synth/render';
import { buildWorld } from '../lib/world';

/** Reads of fields that preflight makes of a catalog of so many services, canaries included. */
function readsOf(services: number): number {
  let reads = 0;
  const counted = <T>(value: T): T => {
    if (typeof value !== 'object' || value === null) return value;
    return new Proxy(value, {
      get(target, key) {
        reads++;
        return counted(Reflect.get(target, key));
      },
    });
  };
  const inputs = planUnits(benchCatalog({ services })).flatMap((unit) =>
    renderUnit(unit).files.flatMap(({ path, documents }) =>
      documents
        .filter((object) => !(object as KubeObject).apiVersion.startsWith('kustomize.config.k8s.io/'))
        .map((object) => ({ object: counted(object as KubeObject), place: { file: path } })),
    ),
  );
  runPreflight(buildWorld(inputs, { defaultNamespace: 'shop' }));
  return reads;
}

test('preflight reads twice as much of twice as many services', () => {
  const [small, large] = [readsOf(100), readsOf(200)];
  expect(small).toBeGreaterThan(10_000);
  expect(large / small).toBeLessThan(2.1);
});
