import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOUTIQUE } from '../../test/catalog';
import { synthCatalog } from '.';

test('a catalog that passes, and the manifest of a service', async () => {
  const tree = await synthCatalog(BOUTIQUE);
  expect(tree).toPassPreflight();
  expect(tree.service('cartservice', 'staging')).toContain('kind: Canary');
  expect(() => tree.service('cartservice')).toThrow('"cartservice" runs in production and staging: name the cluster');
  expect(() => tree.service('cart', 'staging')).toThrow(
    'there is no service "cart" in cluster "staging"; there are adservice, ',
  );
});

test('a catalog that does not pass says why, at the line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aviary-testing-test-'));
  try {
    const file = join(folder, 'services.json');
    writeFileSync(file, '{ "platform": {} }');
    const tree = await synthCatalog(file);
    expect(tree).not.toPassPreflight();
    expect(() => expect(tree).toPassPreflight()).toThrow(
      /the catalog does not pass preflight:\n\n.*services\.json:1:/s,
    );
    expect(tree.files.size).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('anything else is refused', () => {
  expect(() => expect('services.json').toPassPreflight()).toThrow('toPassPreflight needs what synthCatalog gives');
});
