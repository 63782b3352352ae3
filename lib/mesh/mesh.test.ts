import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { providerOf, providers } from '../flagger';
import { countsRequests, MESH_FACTS, meshModes } from '.';

test.each(meshModes)('%s agrees with its provider', (mode) => {
  const mesh = MESH_FACTS[mode];
  const provider = providerOf(mesh.provider);
  expect(existsSync(join(__dirname, `${mode}.ts`))).toBe(true);
  expect(providers).toContain(mesh.provider);
  // The application's own histogram is nothing that a mesh counts.
  if (mesh.builtinMetrics) expect(provider.builtin?.countedBy).not.toBe('application');
  if (mesh.exposesBy === 'HTTPRoute') expect(provider.id).toBe('gatewayapi');
  if (mesh.reporter !== undefined) expect(countsRequests(mesh)).toBe(true);
});
