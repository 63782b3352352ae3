import { annotated, deploymentOf, object, service } from '../case-objects';
import { ClusterDiff } from '../cluster-diff';
import { reportDiff } from '../diff-report';
import { diffMarkdown } from './markdown';

const state = (...objects: Parameters<typeof annotated>[0][]) => ({
  cluster: 'production',
  objects: objects.map((one, document) => ({ object: one, origin: { file: 'shop/cart.yaml', document } })),
});
const release = (digest: string) => object('v1', 'ConfigMap', 'cart.release', { data: { digest } });
const cart = (image: string, digest: string) =>
  annotated(deploymentOf('cart', { image }, { strategy: { type: 'Recreate' } }), {
    'aviary.dev/release-digest': digest,
  });

test('a note names every service, what will happen, and each field that somebody has written', () => {
  const before = state(cart('cart:v1', 'a'), release('a'), service('cart'));
  const after = state(cart('cart:v2', 'b'), release('b'));
  const [page, ...more] = diffMarkdown(reportDiff([new ClusterDiff(before, after)]));
  expect(more).toEqual([]);
  const [, note] = /(### Cluster[\s\S]*)$/.exec(page!)!;
  expect(note).toBe(`### Cluster production

| service | what changes | what will happen |
|---|---|---|
| shop/cart | image v1 → v2, Service cart removed | rolls out, and is down meanwhile: its pods stop before new ones start; failed when it makes no progress for 10m; deleted: Service cart |

<details><summary>production: shop/cart</summary>

- rolls out, and is down meanwhile: its pods stop before new ones start; failed when it makes no progress for 10m
- deleted: Service cart

- \`Deployment shop/cart\` changed (\`shop/cart.yaml\`)
  - \`spec.template.spec.containers[server].image: cart:v1 → cart:v2\`
- \`Service shop/cart\` removed (\`shop/cart.yaml\`)
- and 1 object with digests of the release

</details>
`);
});

test('a long note goes on on the next page, and no page is longer than allowed', () => {
  const many = (tag: string) =>
    state(
      ...Array.from({ length: 40 }, (_, index) =>
        deploymentOf(`s${index}`, { image: `registry.example.com/s:${tag}` }),
      ),
    );
  const pages = diffMarkdown(reportDiff([new ClusterDiff(many('v1'), many('v2'))]), { limit: 4000 });
  expect(pages.length).toBeGreaterThan(2);
  expect(pages.every((page) => page.length <= 4000)).toBe(true);
  for (let index = 0; index < 40; index++) expect(pages.join('')).toContain(`| shop/s${index} |`);
  // Every service by its name before the first body.
  expect(pages.join('').indexOf('| shop/s39 |')).toBeLessThan(pages.join('').indexOf('<details>'));
});
