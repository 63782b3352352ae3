import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { providerOf, providers } from '../flagger';
import { textAt } from '../kube';
import {
  countsRequests,
  entranceModes,
  MESH_FACTS,
  type Mesh,
  meshModes,
  modeOf,
  seesGrpcStatus,
  sharesOnlyEntering,
} from '.';

test.each([...meshModes, ...entranceModes])('%s agrees with its provider', (mode) => {
  const mesh: Mesh = MESH_FACTS[mode];
  const provider = providerOf(mesh.provider);
  expect(existsSync(join(__dirname, `${mode}.ts`))).toBe(true);
  expect(providers).toContain(mesh.provider);
  // The application's own histogram is nothing that a mesh counts.
  if (mesh.builtinMetrics) expect(provider.builtin?.countedBy).not.toBe('application');
  if (mesh.exposesBy === 'HTTPRoute') expect(provider.id).toBe('gatewayapi');
  if (mesh.reporter !== undefined) expect(countsRequests(mesh)).toBe(true);
  if (mesh.queriesOf !== undefined) expect(providerOf(mesh.queriesOf).builtin?.countedBy).toBe('sidecar');
});

test.each(entranceModes)('%s: what leads a host to a service', (mode) => {
  const { entrance }: Mesh = MESH_FACTS[mode];
  const gateway = { namespace: 'ingress', name: 'public' };
  const route = { name: 'web', namespace: 'shop', port: 80, protocol: 'http', paths: ['/', '/a'], gateway } as const;
  const { reference, comesInBy } = providerOf(MESH_FACTS[mode].provider);
  for (const isCanaried of [true, false]) {
    const objects = entrance!({ ...route, hosts: ['a.example.com', 'b.example.com'], isCanaried });
    // What Flagger writes whole, with hosts and paths, needs nothing beside it.
    if (isCanaried && comesInBy) {
      expect(objects).toEqual([]);
      continue;
    }
    const text = JSON.stringify(objects);
    expect(['a.example.com', 'b.example.com', '/a'].filter((part) => !text.includes(part))).toEqual([]);
    expect(objects.map(({ metadata }) => metadata.namespace)).toEqual(objects.map(() => 'shop'));
    expect(new Set(objects.map(({ metadata }) => metadata.name)).size).toBe(objects.length);
    // What Flagger finds the traffic by has the name of the service.
    if (reference?.isRequired)
      expect(objects.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([[reference.kind, 'web']]);
  }
});

test('a wildcard of Traefik is a regular expression', () => {
  const { entrance }: Mesh = MESH_FACTS.traefik;
  const [route] = entrance!({
    name: 'web',
    namespace: 'shop',
    port: 80,
    protocol: 'http',
    hosts: ['a.example.com', '*.example.com'],
    paths: ['/'],
    isCanaried: true,
    gateway: { namespace: 'ingress', name: 'public' },
  });
  expect(textAt(route, 'spec', 'routes', 0, 'match')).toBe(
    '(Host(`a.example.com`) || HostRegexp(`^.+\\.example\\.com$`))',
  );
});

test('modes that share out only what comes in, and those whose success rate sees failed gRPC calls', () => {
  const all = [...meshModes, ...entranceModes];
  expect(all.filter((mode) => sharesOnlyEntering(MESH_FACTS[mode]))).toEqual(entranceModes);
  expect(all.filter((mode) => countsRequests(MESH_FACTS[mode]) && !seesGrpcStatus(MESH_FACTS[mode]))).toEqual([
    'kuma',
    ...entranceModes.filter((mode) => countsRequests(MESH_FACTS[mode])),
  ]);
});

test('the platform says a mesh, a provider, or neither', () => {
  expect([modeOf({}), modeOf({ mesh: 'kubernetes' }), modeOf({ provider: 'nginx' })]).toEqual([
    'istio-sidecar',
    'kubernetes',
    'nginx',
  ]);
});
