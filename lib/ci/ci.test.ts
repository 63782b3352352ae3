import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { load } from 'js-yaml';
import { type Catalog, loadCatalog, type Service } from '../catalog';
import { githubMatrix, githubWorkflow, gitlabImages, gitlabPipeline, type ImageBuild, writeNote } from '.';

type Jobs = Record<string, Record<string, unknown>>;

const build = { context: 'src/cart' };
function catalogOf(
  services: readonly Partial<Service>[],
  clusters = ['staging', 'production'],
  promotions: Readonly<Record<string, object>> = {},
): Catalog {
  const text = JSON.stringify({
    platform: { namespace: 'shop', registry: 'r.example.com/shop', gitops: { url: 'https://git.example.com/g.git' } },
    clusters: clusters.map((name) => ({
      ...{ name, domain: 'example.com', flux: { mode: 'gotk' } },
      ...(promotions[name] && { promotion: promotions[name] }),
    })),
    services: services.map((service) => ({
      image: { tag: 'v1' },
      ports: [{ port: 80, protocol: 'http' }],
      ...service,
    })),
  });
  const { catalog, findings } = loadCatalog(text, 'services.json');
  if (!catalog) throw new Error(findings.map(({ message }) => message).join('\n'));
  return catalog;
}
const buildsOf = (catalog: Catalog): ImageBuild[] =>
  catalog.services
    .filter((service) => service.build)
    .map((service) => ({ service, source: 'a'.repeat(40), repository: `r.example.com/shop/${service.name}` }));
const options = { writtenBy: 'aviary ci gitlab' };

const schemaFile = join(__dirname, '..', '..', '..', 'shared', 'reference', 'gitlab-ci.schema.json');
const isHere = existsSync(schemaFile);
/** What GitLab's published schema says of it. */
function complaints(text: string): unknown[] {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
  return validate(load(text)) ? [] : (validate.errors ?? []);
}

describe('GitLab', () => {
  const catalog = catalogOf([{ name: 'cart', build }, { name: 'web' }]);

  (isHere ? test : test.skip).each<[string, () => string]>([
    ['with images', () => gitlabPipeline(catalog, options)],
    ['without', () => gitlabPipeline(catalogOf([{ name: 'web' }], ['one']), options)],
    [
      'with everything',
      () =>
        gitlabPipeline(catalog, {
          ...options,
          test: ['npm test'],
          dist: 'dist',
          catalog: 'a/services.json',
          image: 'r.example.com/aviary:1',
          setup: [],
        }),
    ],
    ['with jobs of one’s own', () => gitlabPipeline(catalog, { ...options, include: ['.gitlab/release.yml'] })],
    ['the release of this project', () => readFileSync(join(__dirname, '..', '..', '.gitlab', 'release.yml'), 'utf8')],
    ['a child', () => gitlabImages(catalog, buildsOf(catalog), { cluster: 'staging' }).get('images-1.yml')!],
    ['a child that builds nothing', () => gitlabImages(catalog, [], { cluster: 'staging' }).get('images-1.yml')!],
  ])('%s is what the published schema allows', (_, text) => {
    expect(complaints(text())).toEqual([]);
  });

  test('images first, then publication, then promotion by hand', () => {
    const jobs = load(gitlabPipeline(catalog, { ...options, test: ['npm test'], dist: 'dist' })) as Jobs;
    expect(Object.keys(jobs)).toEqual([
      'stages',
      'default',
      'variables',
      'workflow',
      'test',
      'preflight',
      'dist',
      'changed',
      'diff',
      'images-plan',
      'images-1',
      'promote:production',
    ]);
    expect(jobs['images-1']).toEqual({
      stage: 'publish',
      rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }],
      needs: ['images-plan'],
      trigger: { include: [{ artifact: 'images-1.yml', job: 'images-plan' }], strategy: 'depend' },
    });
    expect(jobs['promote:production']).toMatchObject({
      needs: ['images-1'],
      rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH', when: 'manual', allow_failure: true }],
      script: ['npx aviary promote staging production --merge-request'],
    });
  });

  test('jobs of one’s own stand in files of their own, and may run for tags', () => {
    const pipeline = load(gitlabPipeline(catalog, { ...options, include: ['.gitlab/release.yml'] })) as any;
    expect(pipeline.include).toEqual([{ local: '.gitlab/release.yml' }]);
    expect(pipeline.workflow.rules.at(-1)).toEqual({ if: '$CI_COMMIT_TAG' });
    const plain = load(gitlabPipeline(catalog, options)) as any;
    expect([plain.include, plain.workflow.rules.length]).toEqual([undefined, 3]);
  });

  test('what stands before a promotion is what the catalog says', () => {
    const clusters = ['staging', 'qa', 'eu', 'us'];
    const promotions = { qa: { gate: 'none' }, eu: { gate: 'click' }, us: { from: 'qa', gate: 'none' } } as const;
    const gated = catalogOf([{ name: 'cart', build }], clusters, promotions);
    const text = gitlabPipeline(gated, options);
    expect(text).toContain('then staging; eu with a click; qa, us by itself.');
    const jobs = load(text) as Jobs;
    const isDefault = '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH';
    expect(jobs['promote:qa']).toMatchObject({
      needs: ['images-1'],
      rules: [{ if: isDefault }],
      environment: { name: 'qa', deployment_tier: 'testing' },
      script: ['npx aviary promote staging qa --direct'],
    });
    expect(jobs['promote:eu']).toMatchObject({
      needs: ['images-1'],
      rules: [{ if: isDefault, when: 'manual', allow_failure: true }],
      script: ['npx aviary promote qa eu --direct'],
    });
    expect(jobs['promote:us']).toMatchObject({
      needs: ['promote:qa'],
      rules: [{ if: isDefault }],
      script: ['npx aviary promote qa us --direct'],
    });
    const { jobs: there } = load(githubWorkflow(gated, options)) as { jobs: Jobs };
    expect([there['promote-us']!.needs, there['promote-eu']!.needs]).toEqual([['promote-qa'], ['publish-staging']]);
    expect(there['promote-qa']!.if).toContain("github.event_name == 'push'");
    expect(there['promote-eu']!.if).not.toContain("github.event_name == 'push'");
  });

  test('a catalog without builds publishes at once', () => {
    const jobs = load(gitlabPipeline(catalogOf([{ name: 'web' }]), options)) as Jobs;
    expect(jobs['publish:staging']).toMatchObject({
      resource_group: 'gitops-staging',
      environment: { name: 'staging', deployment_tier: 'staging' },
      script: ['npx aviary publish --cluster staging'],
    });
    expect(jobs['promote:production']!.script).toEqual(['npx aviary publish --cluster production --merge-request']);
  });

  test('a build says all that the catalog says, each as one word', () => {
    const all = catalogOf([
      {
        name: 'cart',
        build: {
          context: 'src/cart',
          dockerfile: '../docker/cart.Dockerfile'.replace('../', ''),
          target: 'final',
          args: { B: "it's", A: '1; rm -rf /' },
          platforms: ['linux/amd64', 'linux/arm64'],
        },
      },
    ]);
    const child = load(gitlabImages(all, buildsOf(all), { cluster: 'staging' }).get('images-1.yml')!) as Jobs;
    const [, command] = child['image:cart']!.script as string[];
    expect(command).toBe(
      [
        'buildctl-daemonless.sh build --frontend dockerfile.v0 --local context=src/cart --local dockerfile=src/cart/docker --opt filename=cart.Dockerfile',
        "--opt target=final --opt platform=linux/amd64,linux/arm64 --opt 'build-arg:A=1; rm -rf /' --opt 'build-arg:B=it'\\''s'",
        '--opt attest:provenance=mode=max --export-cache type=registry,ref=r.example.com/shop/cart:buildcache,mode=max,ignore-error=true',
        '--import-cache type=registry,ref=r.example.com/shop/cart:buildcache --output "type=image,name=$IMAGE,push=true" --metadata-file metadata-cart.json',
      ].join(' '),
    );
    expect(child['publish:staging']!.script).toEqual(['npx aviary publish --cluster staging --images built-images']);
  });

  test('the limits hold for 1,000 services', () => {
    const many = catalogOf(
      Array.from({ length: 1000 }, (_, index) => ({ name: `service-${index}`, build: { context: `src/${index}` } })),
    );
    const text = gitlabPipeline(many, options);
    const parent = load(text) as Jobs;
    const children = gitlabImages(many, buildsOf(many), { cluster: 'staging' });
    expect(children.size).toBe(5);
    const jobsOf = (jobs: Jobs) =>
      Object.entries(jobs).filter(([name]) => /^(image|publish|promote|images-)/.test(name));
    for (const [, job] of jobsOf(parent)) expect(((job.needs as unknown[]) ?? []).length).toBeLessThanOrEqual(50);
    let built = 0;
    for (const [name, child] of children) {
      // GitLab: 5 MB of child pipelines, 50 needs of a job.
      expect(Buffer.byteLength(child)).toBeLessThan(1_000_000);
      const jobs = load(child) as Jobs;
      for (const [, job] of jobsOf(jobs)) expect(job.needs).toBeUndefined();
      built += Object.keys(jobs).filter((job) => job.startsWith('image:')).length;
      expect(text).toContain(name);
    }
    expect(built).toBe(1000);
    expect(text).not.toContain('changes:');
    if (isHere) for (const child of children.values()) expect(complaints(child)).toEqual([]);
  });
});

describe('GitHub', () => {
  test('has the same steps', () => {
    const catalog = catalogOf([{ name: 'cart', build }, { name: 'web' }]);
    const workflow = load(
      githubWorkflow(catalog, { writtenBy: 'aviary ci github', test: ['npm test'], dist: 'dist' }),
    ) as { jobs: Jobs };
    expect(Object.keys(workflow.jobs)).toEqual(['check', 'plan', 'images', 'publish-staging', 'promote-production']);
    expect(workflow.jobs['publish-staging']!.concurrency).toEqual({
      group: 'gitops-staging',
      'cancel-in-progress': false,
    });
    expect(JSON.parse(githubMatrix(buildsOf(catalog)))).toEqual([
      {
        service: 'cart',
        repository: 'r.example.com/shop/cart',
        source: 'a'.repeat(40),
        context: 'src/cart',
        file: 'src/cart/Dockerfile',
        target: '',
        args: '',
        platforms: '',
      },
    ]);
  });
});

describe('the note on a merge request', () => {
  const request = {
    api: 'https://git.example.com/api/v4',
    project: '7',
    mergeRequest: '3',
    token: 'planted',
    title: 'What',
    text: 'new',
  };
  const own = '<!-- aviary: What -->\n';
  test.each<[string, { id: number; body: string }[], string, string[]]>([
    ['is written', [{ id: 1, body: 'hello' }], 'written', ['GET', 'POST /notes']],
    [
      'is replaced',
      [
        { id: 1, body: 'hello' },
        { id: 2, body: `${own}old` },
      ],
      'replaced',
      ['GET', 'PUT /notes/2'],
    ],
    ['stays', [{ id: 2, body: `${own}new` }], 'unchanged', ['GET']],
  ])('%s', async (_, notes, expected, calls) => {
    const made: string[] = [];
    const send = (async (url: string, { method, headers }: { method: string; headers: Record<string, string> }) => {
      expect(url).not.toContain('planted');
      expect(headers['private-token']).toBe('planted');
      made.push(method === 'GET' ? 'GET' : `${method} ${url.replace(/^.*merge_requests\/3/, '')}`);
      return { ok: true, status: 200, text: async () => (method === 'GET' ? JSON.stringify(notes) : '{}') };
    }) as unknown as typeof fetch;
    expect(await writeNote(request, send)).toBe(expected);
    expect(made).toEqual(calls);
  });
});
