import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifestFiles } from './manifest-files';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aviary-manifests-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text = 'a: 1\n'): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function read(...paths: string[]) {
  const { files, findings } = readManifestFiles(paths, {
    cwd: folder,
    largestBytes: 100,
    tooLarge: (bytes) => ({ code: 'manifest-too-large', severity: 'error', message: `${bytes} bytes` }),
  });
  return { files: files.map(({ file }) => file), findings: findings.map(({ message }) => message) };
}

test('reads YAML of a folder in the order of the names, and a named file whatever its name is', () => {
  for (const path of ['tree/b.yaml', 'tree/a/x.yml', 'tree/README.md', 'tree/.git/config.yaml', 'one.json'])
    write(path);
  expect(read('one.json', 'tree')).toEqual({ files: ['one.json', 'tree/a/x.yml', 'tree/b.yaml'], findings: [] });
});

test('follows links, and ends where they loop', () => {
  write('tree/a.yaml');
  mkdirSync(join(folder, 'tree', 'sub'));
  symlinkSync('..', join(folder, 'tree', 'sub', 'up'));
  symlinkSync('self.yaml', join(folder, 'tree', 'self.yaml'));
  expect(read('tree')).toEqual({
    files: ['tree/a.yaml'],
    findings: ['tree/self.yaml cannot be read: it is a link that leads to itself'],
  });
});

test('says what cannot be read, and reads the rest', () => {
  write('a.yaml');
  write('big.yaml', 'x'.repeat(101));
  symlinkSync('nowhere', join(folder, 'b.yaml'));
  expect(read('missing', '.')).toEqual({
    files: ['a.yaml'],
    findings: [
      'missing cannot be read: there is no such file or folder',
      'b.yaml cannot be read: there is no such file or folder',
      '101 bytes',
    ],
  });
});
