import * as path from 'node:path';
import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { SynthOptions, SynthResult } from '../synth';
import { AviaryApp } from './aviary-app';
import { synthesizeApp } from './synth-app';
import type { AviaryAppProps, CatalogData } from './synthesized-app';

/** Two clusters; frontend calls cart, cart calls nobody; none has a canary. */
export function smallCatalog(): CatalogData & { services: Record<string, unknown>[] } {
  const service = (name: string, rest: object = {}) => ({
    name,
    image: { tag: 'v1' },
    ports: [{ port: 8080, protocol: 'http' }],
    canary: false,
    ...rest,
  });
  return {
    platform: {
      namespace: 'shop',
      registry: 'registry.example.com/shop',
      gitops: { url: 'https://git.example.com/shop.git', branch: 'main' },
      gateway: { name: 'public', namespace: 'istio-ingress' },
    },
    clusters: [
      { name: 'staging', domain: 'staging.example.com', flux: { mode: 'gotk' } },
      { name: 'production', domain: 'example.com', flux: { mode: 'gotk' } },
    ],
    services: [service('cart'), service('frontend', { env: { CART_ADDR: { service: 'cart' } } })],
  };
}

export function smallApp(props: AviaryAppProps = {}): AviaryApp {
  return new AviaryApp({ catalog: smallCatalog(), ...props });
}

/** A chart with one ConfigMap. */
export function configChart(scope: Construct, id: string, data: Record<string, unknown> = { key: 'value' }): Chart {
  const chart = new Chart(scope, id, { namespace: 'shop' });
  new ApiObject(chart, 'config', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id }, data });
  return chart;
}

/** Synthesizes with a cache beside the output folder. */
export function synthApp(folder: string, app: AviaryApp, options: Partial<SynthOptions> = {}): Promise<SynthResult> {
  return synthesizeApp(app, {
    outdir: path.join(folder, 'dist'),
    cacheDir: path.join(folder, 'cache'),
    codeDigest: 'code',
    ...options,
  });
}

export const messages = ({ findings }: Pick<SynthResult, 'findings'>): string[] =>
  findings.map(
    ({ code, message, nearest }) => `${code}: ${message}${nearest === undefined ? '' : ` Did you mean "${nearest}"?`}`,
  );
