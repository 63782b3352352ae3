import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FiledObject } from '../lib/manifests';
import type { CatalogData } from '../lib/synth';
import type { Stream } from '../mesh/routes';

/** The cluster of Online Boutique's catalog that is run. */
export const cluster = 'staging';
export const namespace = 'microservices-demo';

type Json = Record<string, unknown>;
interface Service extends Json {
  readonly name: string;
  readonly ports?: readonly { readonly port: number; readonly targetPort?: number; readonly protocol: string }[];
  readonly env?: Readonly<Record<string, string | { readonly service?: string }>>;
}

export interface Release {
  readonly url: string;
  /** Tag of every image, redis' too. */
  readonly tag: string;
  /** Tags of single services, for a release that fails. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly without?: readonly string[];
  /** Services whose Canary does not hand back when it is deleted: the commit before their removal (docs/decisions/0001). */
  readonly leaving?: readonly string[];
  /** Of every canary: a change that starts no rollout. */
  readonly threshold?: number;
  /** Numbers of pods of single services: likewise. */
  readonly replicas?: Readonly<Record<string, number>>;
  readonly patches?: readonly Json[];
}

/** The project's own catalog, for one cluster, with the shortest intervals that Flagger has: overrides, and nothing else. */
export function onlineBoutique(root: string, release: Release): CatalogData {
  const { url, tag, tags = {}, without = [], leaving = [], threshold = 3, replicas = {}, patches = [] } = release;
  const catalog = JSON.parse(readFileSync(join(root, 'test/fixtures/online-boutique.json'), 'utf8')) as Json;
  const platform = catalog.platform as Json;
  const services = (catalog.services as Service[]).filter(({ name }) => !without.includes(name));
  const defaults = catalog.defaults as Json;
  const canary = defaults.canary as Json;
  return {
    ...catalog,
    platform: {
      ...platform,
      alerts: undefined,
      prometheus: { ...(platform.prometheus as Json), scrapeInterval: '2s' },
      gitops: { url, branch: 'main', interval: '10s' },
    },
    clusters: (catalog.clusters as Json[])
      .filter(({ name }) => name === cluster)
      .map((one) => ({
        ...one,
        defaults: {
          canary: {
            ...canary,
            interval: '10s',
            stepWeight: 25,
            maxWeight: 50,
            threshold,
            metrics: { ...(canary.metrics as Json), interval: '20s' },
          },
        },
      })),
    services: services.map((service) => ({
      ...service,
      image: { ...(service.image as Json | undefined), tag: tags[service.name] ?? tag },
      env: Object.fromEntries(
        Object.entries(service.env ?? {}).filter(
          ([, value]) => typeof value !== 'object' || !without.includes(value.service ?? ''),
        ),
      ),
      ...(service.name in replicas ? { replicas: replicas[service.name] } : {}),
      ...(leaving.includes(service.name)
        ? { canary: { ...(service.canary as Json | undefined), revertOnDeletion: false } }
        : {}),
    })),
    patches: [...((catalog.patches ?? []) as Json[]), ...patches],
  };
}

/** The callers that the catalog's references name, and visitors through the gateway. */
export function catalogStreams(root: string): Stream[] {
  const { services } = JSON.parse(readFileSync(join(root, 'test/fixtures/online-boutique.json'), 'utf8')) as {
    services: Service[];
  };
  const streams: Stream[] = services.flatMap((caller) =>
    Object.values(caller.env ?? {}).flatMap((value) => {
      const callee = typeof value === 'object' ? services.find(({ name }) => name === value.service) : undefined;
      const port = callee?.ports?.[0];
      if (!callee || !port) return [];
      return [
        {
          from: { workload: caller.name, namespace },
          host: `${callee.name}.${namespace}`,
          port: port.port,
          requestsPerSecond: 5,
          inMesh: true,
        },
      ];
    }),
  );
  return [
    ...streams,
    {
      from: { workload: 'istio-ingress', namespace: 'istio-ingress' },
      gateway: 'istio-ingress/public',
      host: 'shop.staging.example.com',
      port: 443,
      requestsPerSecond: 10,
      inMesh: true,
    },
  ];
}

/** A chart that a tree wants from a registry. */
export interface WantedChart {
  readonly repository: string;
  readonly tag: string;
}

const ofKind = (objects: readonly FiledObject[], group: string, kind: string): FiledObject[] =>
  objects.filter(({ object }) => object.kind === kind && object.apiVersion.startsWith(`${group}/`));

interface OciSpec {
  readonly url: string;
  readonly ref: { readonly tag: string };
  readonly verify?: unknown;
}
const withoutHost = (url: string): string => url.replace(/^oci:\/\/[^/]+\//, '');

export function wantedCharts(tree: readonly FiledObject[]): WantedChart[] {
  return ofKind(tree, 'source.toolkit.fluxcd.io', 'OCIRepository').map(({ object }) => {
    const { url, ref } = object.spec as OciSpec;
    return { repository: withoutHost(url), tag: ref.tag };
  });
}

/** Overrides, in the catalog's own words: charts from a registry on this machine, and short intervals of every Kustomization. */
export function localPatches(tree: readonly FiledObject[], registry: string, interval: string): Json[] {
  const charts = ofKind(tree, 'source.toolkit.fluxcd.io', 'OCIRepository').map(({ object }) => ({
    target: { kind: 'OCIRepository', name: object.metadata.name },
    reason: 'the registry of the charts is on this machine',
    operations: [
      {
        op: 'replace',
        path: '/spec/url',
        value: `oci://${registry}/${withoutHost((object.spec as OciSpec).url)}`,
      },
      { op: 'add', path: '/spec/insecure', value: true },
      // A stand-in cannot be signed in the name of its project.
      ...((object.spec as OciSpec).verify ? [{ op: 'remove', path: '/spec/verify' }] : []),
    ],
  }));
  const intervals = ofKind(tree, 'kustomize.toolkit.fluxcd.io', 'Kustomization').map(({ object }) => ({
    target: { kind: 'Kustomization', name: object.metadata.name, namespace: object.metadata.namespace },
    reason: 'ten intervals are to be watched',
    operations: ['interval', 'retryInterval'].map((field) => ({
      op: 'replace',
      path: `/spec/${field}`,
      value: interval,
    })),
  }));
  return [...charts, ...intervals];
}
