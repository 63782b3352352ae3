import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { OciRegistry, standInChart } from './oci-registry';

test('a chart is pulled by tag and by digest, as the distribution specification says', async () => {
  const registry = new OciRegistry();
  await registry.start();
  try {
    registry.pushChart('charts/base', '1.31.1', standInChart('base', '1.31.1'));
    const url = `http://${registry.address}/v2`;
    const byTag = await fetch(`${url}/charts/base/manifests/1.31.1`);
    expect(byTag.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json');
    const manifest = (await byTag.json()) as { layers: { digest: string; size: number }[] };
    const digest = byTag.headers.get('docker-content-digest');
    expect(await (await fetch(`${url}/charts/base/manifests/${digest}`)).json()).toEqual(manifest);
    const [layer] = manifest.layers;
    const blob = await (await fetch(`${url}/charts/base/blobs/${layer?.digest}`)).arrayBuffer();
    expect(blob.byteLength).toBe(layer?.size);
    expect((await fetch(`${url}/charts/base/manifests/1.31.2`)).status).toBe(404);
    expect((await fetch(`${url}/charts/other/manifests/1.31.1`)).status).toBe(404);
  } finally {
    await registry.stop();
  }
});

test('the archive of a stand-in is one that tar reads', () => {
  const { archive } = standInChart('base', '1.31.1');
  const listed = execFileSync('tar', ['-tvf', '-'], { input: gunzipSync(archive) }).toString();
  expect(listed.match(/\S+$/gm)).toEqual(['base/Chart.yaml', 'base/templates/stand-in.yaml']);
});
