import { GitOpsFolder, image } from './gitops.fixture';

let place: GitOpsFolder;
beforeEach(() => {
  place = new GitOpsFolder();
});
afterEach(() => place.remove());
const aviary = (...args: string[]) => place.aviary(...args);

describe('what is wrong is said', () => {
  test.each<[string[], number, string]>([
    [['images', 'set', 'cart'], 2, '"cart" names no image: write SERVICE=REFERENCE@sha256:…'],
    [['images', 'set', 'cart=x:1'], 2, 'the image "x:1" has no digest, and a tag can move'],
    [['images', 'set', image('cart', 'v1', 'a')], 2, 'say with --cluster where the images run: staging, production'],
    [
      ['images', 'set', '--cluster', 'stagin', image('cart', 'v1', 'a')],
      1,
      'there is no cluster "stagin" in the catalog. Did you mean "staging"?',
    ],
    [['promote', 'production', 'staging'], 1, '"staging" comes before "production" in the catalog. [promotion-order]'],
    [['promote', 'staging', 'staging'], 1, '"staging" cannot be promoted to itself'],
    [['rollback', 'cart'], 2, 'say with --cluster where: staging, production'],
    [['publish', '--image', image('cart', 'v1', 'a')], 2, 'say with --cluster where the images run'],
    [['publish', '--create', '--tree', 'nowhere'], 1, 'nowhere/index.json cannot be read'],
    [['publish', '--attempts', '0'], 2, 'Give a whole number from 1 on.'],
    [['publish', '--catalog', 'nowhere.json'], 1, 'nowhere.json: error: there is no such file'],
    [['publish', '--create'], 1, 'the image of "cart" has neither tag nor digest'],
    [['publish', '--oci', 'registry.example.com/x'], 1, 'is not the address of an artifact'],
    [['changed'], 2, 'say either --base REF or --running CLUSTER'],
    [['changed', '--base', 'nowhere'], 1, 'the checkout has no commit "nowhere"'],
  ])('%j', async (args, code, message) => {
    const result = await aviary(...args);
    expect(result.err).toContain(message);
    expect(result.code).toBe(code);
  });
});
