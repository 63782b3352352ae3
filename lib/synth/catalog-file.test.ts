import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realFileSystem } from '../tree';
import { readCatalogFile } from './catalog-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aviary-catalog-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const read = (name: string) => {
  const text = readCatalogFile(realFileSystem, join(folder, name));
  return typeof text === 'string' ? text : `${text.code}: ${text.message}`;
};

test.each<[string, (path: string) => void, string]>([
  ['a plain file', (path) => writeFileSync(path, '{}'), '{}'],
  ['nothing there', () => {}, 'catalog-missing: there is no such file'],
  ['a folder', (path) => mkdirSync(path), 'catalog-is-folder: the catalog is a folder'],
  ['a link', (path) => symlinkSync('/etc/passwd', path), 'catalog-is-link: the catalog is a symbolic link'],
  ['a link to nowhere', (path) => symlinkSync('nowhere', path), 'catalog-is-link: the catalog is a symbolic link'],
  [
    'not UTF-8',
    (path) => writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d])),
    'catalog-not-utf8: the catalog is not UTF-8',
  ],
  [
    '100 MiB',
    (path) => {
      writeFileSync(path, '{}');
      truncateSync(path, 100 * 1_048_576);
    },
    'catalog-too-large: the catalog has 100 MiB; at most 32 MiB are read',
  ],
])('%s', (_, make, expected) => {
  make(join(folder, 'services.json'));
  expect(read('services.json')).toBe(expected);
});

test('a file that may not be read', () => {
  const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  const fs = {
    ...realFileSystem,
    readFileSync: () => {
      throw denied;
    },
  } as unknown as typeof realFileSystem;
  writeFileSync(join(folder, 'services.json'), '{}');
  chmodSync(join(folder, 'services.json'), 0o000);
  expect(readCatalogFile(fs, join(folder, 'services.json'))).toMatchObject({
    code: 'catalog-not-readable',
    message: 'the catalog may not be read',
  });
});
