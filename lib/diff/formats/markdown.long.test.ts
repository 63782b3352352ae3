import { deploymentOf } from '../case-objects';
import { ClusterDiff } from '../cluster-diff';
import { reportDiff } from '../diff-report';
import { diffMarkdown, GITHUB_LIMIT, GITLAB_LIMIT } from './markdown';

const SERVICES = 2500;

/** So many services, each with a field that is long, and a name that says how many there are. */
const state = (tag: string) => ({
  cluster: 'production',
  objects: Array.from({ length: SERVICES }, (_, index) => ({
    object: deploymentOf(`service-${index}`, {
      image: `registry.example.com/s:v1.${tag}.0`,
      env: [{ name: 'WORDS', value: `${tag} ${'ü→`|'.repeat(60)}` }],
    }),
    origin: { file: `service-${index}.yaml`, document: 0 },
  })),
});
const report = reportDiff([new ClusterDiff(state('1'), state('2'))]);

test.each([
  ['GitLab', GITLAB_LIMIT, 1_000_000],
  ['GitHub', GITHUB_LIMIT, 65_536],
])('a change of thousands of services is told in notes that %s takes', (_, limit, most) => {
  const pages = diffMarkdown(report, { limit });
  expect(pages.length).toBeGreaterThan(1);
  expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(most);
  // Full pages, but for the last one.
  expect(Math.min(...pages.slice(0, -1).map((page) => page.length))).toBeGreaterThan(most * 0.9);
  for (const page of pages) {
    expect(page.split('<details>').length).toBe(page.split('</details>').length);
    for (const block of page.split('\n\n').filter((one) => /^\| shop/m.test(one)))
      expect(block).toMatch(/\| service \| what changes \| what will happen \|\n\|---\|---\|---\|\n\| shop/);
  }
  const all = pages.join('');
  for (let index = 0; index < SERVICES; index++) {
    expect(all).toContain(`| shop/service-${index} |`);
    expect(all).toContain(`<details><summary>production: shop/service-${index}</summary>`);
  }
  expect(all.lastIndexOf('| shop/service-')).toBeLessThan(all.indexOf('<details>'));
});
