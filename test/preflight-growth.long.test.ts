import { benchCatalog } from '../bench/catalog';
import type { Catalog, Service } from '../lib/catalog';
import { planUnits } from '../lib/charts';
import type { KubeObject } from '../lib/kube';
import { runPreflight } from '../lib/preflight';
import { renderUnit } from '../lib/synth/render';
import { buildWorld } from '../lib/world';

/** Reads of fields that preflight makes of a catalog. */
function readsOf(catalog: Catalog): number {
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
  const inputs = planUnits(catalog).flatMap((unit) =>
    renderUnit(unit).files.flatMap(({ path, documents }) =>
      documents
        .filter((object) => !(object as KubeObject).apiVersion.startsWith('kustomize.config.k8s.io/'))
        .map((object) => ({ object: counted(object as KubeObject), place: { file: path } })),
    ),
  );
  runPreflight(buildWorld(inputs, { defaultNamespace: 'shop' }));
  return reads;
}

const changes: Readonly<Record<string, (service: Service, index: number) => Service>> = {
  'as the benchmark has them': (service) => service,
  'each with a host of its own at the gateway': (service, index) => ({
    ...service,
    expose: { hosts: [`host-${index}.{domain}`], paths: ['/'] },
  }),
  'all with one callee': (service, index) =>
    index === 0 ? service : { ...service, env: { ...service.env, HUB_ADDR: { service: 'svc-00000' } } },
};

test.each(Object.entries(changes))('preflight reads twice as much of twice as many services, %s', (_, change) => {
  const [small, large] = [100, 200].map((count) => {
    const catalog = benchCatalog({ services: count });
    return readsOf({ ...catalog, services: catalog.services.map(change) });
  }) as [number, number];
  expect(small).toBeGreaterThan(10_000);
  expect(large / small).toBeLessThan(2.1);
});
