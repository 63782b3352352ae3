import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { findHelm, writeFiles } from '../../../test/helm';
import { memoryIo } from '../memory-io';
import { runProgram } from '../program';

const helm = findHelm();
const withHelm = helm === undefined ? test.skip : test;

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'aviary-base-charts-'));
  mkdirSync(join(place, 'bin'));
  if (helm && isAbsolute(helm)) symlinkSync(helm, join(place, 'bin', 'helm'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

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
    const io = memoryIo({ cwd: place, env: { PATH: `${join(place, 'bin')}:/usr/bin:/bin`, HOME: place } });
    const code = await runProgram(
      [...args, '--catalog', join(place, 'services.json'), '--out', join(place, 'dist')],
      io,
    );
    return { code, out: io.out };
  };
  writeFiles(place, [['services.json', JSON.stringify(catalog)]]);
  expect((await run('synth')).code).toBe(0);
  const dangers = async () => {
    const { out } = await run('preflight', '--base', join(place, 'dist'), '--format', 'json');
    const { findings } = JSON.parse(out) as { findings: { code: string; message: string; docs?: string }[] };
    return findings.filter(({ docs }) => docs?.startsWith('docs/dangers/')).map(({ message }) => message);
  };
  expect(await dangers()).toEqual([]);
  catalog.services[1]!.ports[0]!.port = 7071;
  writeFiles(place, [['services.json', JSON.stringify(catalog)]]);
  expect(await dangers()).toEqual(['Service "cart" loses port 7070, which Deployment "web" calls']);
});
