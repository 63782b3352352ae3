import { loadCatalog } from './load';
import type { Catalog } from './schema';

export const load = (text: string) => loadCatalog(text, 'services.json');

/** A small catalog that is sound; tests break it. */
// biome-ignore lint/suspicious/noExplicitAny: tests put into it what the type forbids.
export function sound(): any {
  const catalog: Catalog = {
    platform: {
      namespace: 'shop',
      registry: 'registry.example.com/shop',
      gitops: { url: 'https://gitlab.com/example/gitops.git' },
    },
    clusters: [
      { name: 'staging', domain: 'staging.example.com', flux: { mode: 'gotk' } },
      { name: 'production', domain: 'example.com', flux: { mode: 'gotk' } },
    ],
    defaults: { image: { tag: 'v1' } },
    services: [
      {
        name: 'web',
        ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
        env: { CART: { service: 'cart' } },
        canary: { interval: '1m' },
      },
      { name: 'cart', ports: [{ port: 7070, protocol: 'grpc' }] },
    ],
  };
  return catalog;
}
// biome-ignore lint/suspicious/noExplicitAny: see above.
export const broken = (change: (catalog: any) => void) => {
  const catalog = sound();
  change(catalog);
  return load(JSON.stringify(catalog, null, 2));
};
/** `pointer: message. Did you mean "nearest"? [code]` */
export const lines = ({ findings }: ReturnType<typeof load>) =>
  findings.map(
    ({ code, place, message, nearest }) => `${place.pointer}: ${message}${nearest ? ` ~ ${nearest}` : ''} [${code}]`,
  );
