import { onlineBoutique } from '../../test/catalog';
import { preflightText } from './preflight-catalog';

/** Findings of the shop after an edit: `code object pointer (cluster)`. */
function found(edit: (catalog: any) => void): string[] {
  const catalog: any = onlineBoutique();
  edit(catalog);
  const text = JSON.stringify(catalog, null, 2);
  return preflightText(text, 'services.json', {}).findings.map(({ code, place }) => {
    const key = place.pointer?.split('/').at(-1) ?? '';
    // The line is that of the key, or of a value that begins there.
    if (key !== '' && !/^\d+$/.test(key)) expect(text.split('\n')[place.line! - 1]).toContain(`"${key}"`);
    return `${code} ${place.object} ${place.pointer}${place.cluster === undefined ? '' : ` (${place.cluster})`}`;
  });
}
const serviceOf = ({ services }: any, name: string) => services.find((one: any) => one.name === name);

test('of a sound shop nothing is said, no note either', () => {
  expect(found(() => undefined)).toEqual([]);
});

test('a finding stands where the catalog says the field', () => {
  const frontend = 'Deployment microservices-demo/frontend';
  const cart = 'Canary microservices-demo/cartservice';
  // A variable, in all clusters.
  expect(
    found((catalog) => {
      serviceOf(catalog, 'frontend').env.AD_SERVICE_ADDR = 'adservice:9999';
    }),
  ).toEqual([`port-caller-mismatch ${frontend} /services/0/env/AD_SERVICE_ADDR`]);
  // A variable whose value is more than a text.
  expect(
    found((catalog) => {
      serviceOf(catalog, 'frontend').env.TOKEN = { secret: { name: 'token', key: 'a' } };
    }),
  ).toEqual([`config-missing ${frontend} /services/0/env/TOKEN`]);
  // An override in one cluster.
  expect(
    found((catalog) => {
      catalog.clusters[1].services = {
        ...catalog.clusters[1].services,
        cartservice: { canary: { metrics: { interval: '30s' } } },
      };
    }),
  ).toEqual(
    Array(2).fill(
      `interval-lt-2-scrapes ${cart} /clusters/1/services/cartservice/canary/metrics/interval (production)`,
    ),
  );
  // What all services get.
  const all = found((catalog) => {
    catalog.defaults.canary.metrics.interval = '30s';
  });
  // One finding for all services, at the first.
  expect(all).toEqual(['interval-lt-2-scrapes Canary microservices-demo/adservice /defaults/canary/metrics/interval']);
});

test('a finding about what the catalog does not say stands at the service', () => {
  expect(
    found((catalog) => {
      serviceOf(catalog, 'adservice').podAnnotations = { 'sidecar.istio.io/inject': 'false' };
    }).filter((one) => one.startsWith('sidecar-not-injected')),
  ).toEqual(['sidecar-not-injected Deployment microservices-demo/adservice /services/9']);
});
