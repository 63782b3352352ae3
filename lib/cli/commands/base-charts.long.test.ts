import { join } from 'node:path';
import { writeFiles } from '../../../test/helm';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';
import { helmPlace, withHelm } from './helm-place.fixture';

const place = helmPlace();

withHelm('preflight --base sees the charts of both: what is the same is no change (needs helm)', async () => {
  const catalog = {
    platform: {
      namespace: 'shop',
      registry: 'registry.example.com/shop',
      gitops: { url: 'https://git.example.com/gitops.git' },
    },
    clusters: [{ name: 'test', domain: 'example.com', flux: { mode: 'gotk' } }],
    defaults: { release: 'helm', image: { tag: 'v1.0.0' } },
    services: [
      { name: 'web', ports: [{ port: 80, protocol: 'http' }], env: { CART: { service: 'cart' } } },
      { name: 'cart', ports: [{ port: 7070, protocol: 'grpc' }] },
    ],
  };
  const run = async (...args: string[]) => {
    const io = memoryIo({
      cwd: place.path,
      env: { PATH: `${join(place.path, 'bin')}:/usr/bin:/bin`, HOME: place.path },
    });
    const code = await runProgram(
      [...args, '--catalog', join(place.path, 'services.json'), '--out', join(place.path, 'dist')],
      io,
    );
    return { code, out: io.out };
  };
  writeFiles(place.path, [['services.json', JSON.stringify(catalog)]]);
  expect((await run('synth')).code).toBe(0);
  const dangers = async () => {
    const { out } = await run('preflight', '--base', join(place.path, 'dist'), '--format', 'json');
    const { findings } = JSON.parse(out) as { findings: { code: string; message: string; docs?: string }[] };
    return findings.filter(({ docs }) => docs?.startsWith('docs/dangers/')).map(({ message }) => message);
  };
  expect(await dangers()).toEqual([]);
  catalog.services[1]!.ports[0]!.port = 7071;
  writeFiles(place.path, [['services.json', JSON.stringify(catalog)]]);
  expect(await dangers()).toEqual(['Service "cart" loses port 7070, which Deployment "web" calls']);
});
