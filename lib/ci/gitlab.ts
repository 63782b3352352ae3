import { dump } from 'js-yaml';
import type { Catalog, Promotion } from '../catalog';
import {
  BUILT_FOLDER,
  buildctlCommand,
  builtLines,
  childCount,
  factsOf,
  IMAGES_PER_CHILD,
  type ImageBuild,
  optionWords,
  type PipelineOptions,
  promoteCommand,
  shellWord,
} from './pipeline';

type Job = Readonly<Record<string, unknown>>;

const isMergeRequest = "$CI_PIPELINE_SOURCE == 'merge_request_event'";
const isDefaultBranch = '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH';

/** Rootless BuildKit with its own client. @see docs.gitlab.com/ci/docker/using_buildkit */
const BUILDER_IMAGE = 'moby/buildkit:v0.25.1-rootless';

/** The pipeline of an application's repository. */
export function gitlabPipeline(catalog: Catalog, options: PipelineOptions): string {
  const facts = factsOf(catalog);
  const {
    command = 'npx aviary',
    image = 'node:24',
    setup = ['npm ci --cache .npm --prefer-offline'],
    test = [],
  } = options;
  const { dist, include = [], catalog: file = 'services.json', writtenBy } = options;
  const aviary = file === 'services.json' ? command : `AVIARY_CATALOG=${shellWord(file)} ${command}`;
  const [first = ''] = facts.clusters;
  const children = childCount(facts);
  const childNames = Array.from({ length: children }, (_, index) => `images-${index + 1}`);
  const published = children > 0 ? childNames : [`publish:${first}`];
  const blocks: (string | Readonly<Record<string, unknown>>)[] = [
    `# Written by \`${writtenBy}\`: change the command or the catalog, and run it again.\n` +
      `# A merge request: tests, preflight, what it changes. The default branch: images of what changed, then ${first}` +
      `${wayOn(facts.promotions)}.\n` +
      '# Credentials: the job token, where the other project allows it (Settings, CI/CD, Job token permissions); else a project access token\n' +
      '# with write_repository as the masked, protected variable AVIARY_GIT_TOKEN. AVIARY_GITLAB_TOKEN (scope api) writes notes on merge requests.\n',
    { stages: ['check', 'images', 'publish', 'promote'] },
    ...(include.length > 0 ? ['# Jobs of your own.\n', { include: include.map((local) => ({ local })) }] : []),
    {
      default: {
        image,
        ...(setup.some((line) => line.includes('npm ci')) && {
          cache: { key: { files: ['package-lock.json'] }, paths: ['.npm/'] },
        }),
        ...(setup.length > 0 && { before_script: setup }),
        interruptible: true,
      },
    },
    '# Whole history: it tells which of two commits is newer.\n',
    { variables: { GIT_DEPTH: '0', CDK8S_CHECK_UPGRADE: 'false' } },
    '# A commit that a publication made starts nothing: where the tree goes to this repository, the pipeline would call itself.\n',
    {
      workflow: {
        rules: [
          { if: '$CI_COMMIT_MESSAGE =~ /\\nSynth-Digest: /', when: 'never' },
          { if: isMergeRequest },
          { if: isDefaultBranch },
          ...(include.length > 0 ? [{ if: '$CI_COMMIT_TAG' }] : []),
        ],
      },
    },
    ...(test.length > 0 ? [{ test: { stage: 'check', script: test } }] : []),
    '# What will make a rollout fail, as code quality report in the merge request.\n',
    {
      preflight: {
        stage: 'check',
        script: [
          `${aviary} preflight --format gitlab > gl-code-quality-report.json || { ${aviary} preflight; exit 1; }`,
        ],
        artifacts: { when: 'always', reports: { codequality: 'gl-code-quality-report.json' } },
      },
    },
    ...(dist === undefined
      ? []
      : [
          `# ${dist}/ is committed: a stale one is refused.\n`,
          {
            [dist]: {
              stage: 'check',
              script: [`${aviary} synth --out ${shellWord(dist)}`, `git diff --exit-code --stat -- ${shellWord(dist)}`],
            },
          },
        ]),
    '# Which services change, as a note that the next run replaces.\n',
    {
      changed: {
        stage: 'check',
        rules: [{ if: isMergeRequest }],
        script: [
          `${aviary} changed --base "$CI_MERGE_REQUEST_DIFF_BASE_SHA" > changed.txt`,
          'cat changed.txt',
          `${aviary} ci note --file changed.txt --title 'What this changes'`,
        ],
        artifacts: { paths: ['changed.txt'], expire_in: '1 week' },
      },
    },
    '# What a publication would do now, with its dangers, as another note. Not every branch may read the other repository.\n',
    {
      diff: {
        stage: 'check',
        rules: [{ if: isMergeRequest }],
        allow_failure: true,
        script: [
          `${aviary} publish --dry-run --trees .aviary-diff`,
          `${aviary} diff .aviary-diff/before .aviary-diff/after --format markdown --exit-zero > diff.md`,
          `${aviary} ci note --file diff.md --title 'What a publication would do'`,
        ],
        artifacts: { paths: ['diff.md'], expire_in: '1 week' },
      },
    },
    ...(children > 0
      ? imageJobs({ command, options: optionWords(options), cluster: first, childNames })
      : [publishJob(aviary, first, [])]),
    ...facts.promotions.map((promotion) =>
      promoteJob(aviary, promotion, {
        // By itself it goes on only from where the images have come to.
        after: promotion.gate === 'none' && promotion.from !== first ? [`promote:${promotion.from}`] : published,
        hasImages: children > 0,
      }),
    ),
  ];
  return print(blocks);
}

interface ImagePlan {
  readonly command: string;
  /** How the jobs of the child run. */
  readonly options: readonly string[];
  readonly cluster: string;
  readonly childNames: readonly string[];
}

/** Jobs that find out what has to be built, and that start a child pipeline for it. */
function imageJobs({ command, options, cluster, childNames }: ImagePlan): (string | Job)[] {
  return [
    `# One job a service whose sources are not those of the image that runs in ${cluster}, in child pipelines of at most ${IMAGES_PER_CHILD}.\n`,
    {
      'images-plan': {
        stage: 'images',
        rules: [{ if: isDefaultBranch }],
        script: [[command, 'ci gitlab --images', shellWord(cluster), '--out .', ...options].join(' ')],
        artifacts: { paths: childNames.map((name) => `${name}.yml`), expire_in: '1 week' },
      },
    },
    ...childNames.map((name) => ({
      [name]: {
        stage: 'publish',
        rules: [{ if: isDefaultBranch }],
        needs: ['images-plan'],
        trigger: { include: [{ artifact: `${name}.yml`, job: 'images-plan' }], strategy: 'depend' },
      },
    })),
  ];
}

function publishJob(aviary: string, cluster: string, options: readonly string[], extra: Job = {}): Job {
  return {
    [`publish:${cluster}`]: {
      stage: 'publish',
      ...extra,
      ...(Object.hasOwn(extra, 'rules') ? {} : { rules: [{ if: isDefaultBranch }] }),
      interruptible: false,
      environment: { name: cluster, deployment_tier: tierOf(cluster) },
      // Process mode oldest_first is set by the API: PUT /projects/:id/resource_groups/:key with process_mode=oldest_first.
      resource_group: `gitops-${cluster}`,
      script: [[aviary, 'publish', '--cluster', shellWord(cluster), ...options].join(' ')],
    },
  };
}

/** @see docs.gitlab.com/ci/environments/#deployment-tier-of-environments */
function tierOf(cluster: string): string {
  if (/prod|live/i.test(cluster)) return 'production';
  if (/stag|pre/i.test(cluster)) return 'staging';
  if (/test|qa/i.test(cluster)) return 'testing';
  return /dev/i.test(cluster) ? 'development' : 'other';
}

/** For the first lines: how a release goes on from the first cluster. */
function wayOn(promotions: readonly Promotion[]): string {
  const words = {
    'merge-request': 'by a merge request in the repository that Flux watches',
    click: 'with a click',
    none: 'by itself',
  } as const;
  const parts = (['merge-request', 'click', 'none'] as const).flatMap((gate) => {
    const names = promotions.filter((one) => one.gate === gate).map(({ to }) => to);
    return names.length === 0 ? [] : [`; ${names.join(', ')} ${words[gate]}`];
  });
  return parts.join('');
}

function promoteJob(
  aviary: string,
  promotion: Promotion,
  { after, hasImages }: { readonly after: readonly string[]; readonly hasImages: boolean },
): Job {
  const { to, gate } = promotion;
  return {
    [`promote:${to}`]: {
      stage: 'promote',
      rules: [{ if: isDefaultBranch, ...(gate === 'none' ? {} : { when: 'manual', allow_failure: true }) }],
      needs: after,
      interruptible: false,
      // A merge request deploys nothing: who merges it does.
      environment:
        gate === 'merge-request' ? { name: to, action: 'prepare' } : { name: to, deployment_tier: tierOf(to) },
      resource_group: `gitops-${to}`,
      script: [promoteCommand(aviary, promotion, hasImages)],
    },
  };
}

/** What the child pipeline of a cluster is made by. */
export interface ChildOptions extends Pick<PipelineOptions, 'command' | 'image' | 'setup' | 'catalog'> {
  /** Where the images run. */
  readonly cluster: string;
}

/**
 * Child pipelines that build these images and publish them, each its own: as many as the parent has jobs for. One without a build publishes the
 * catalog all the same.
 */
export function gitlabImages(
  catalog: Catalog,
  builds: readonly ImageBuild[],
  options: ChildOptions,
): ReadonlyMap<string, string> {
  const count = childCount(factsOf(catalog));
  // Even parts: what changed may be the whole of one part of the catalog.
  const parts = Array.from({ length: count }, (_, index) => builds.filter((_build, at) => at % count === index));
  return new Map(parts.map((part, index) => [`images-${index + 1}.yml`, childPipeline(part, options)]));
}

function childPipeline(builds: readonly ImageBuild[], options: ChildOptions): string {
  const {
    command = 'npx aviary',
    image = 'node:24',
    setup = ['npm ci --cache .npm --prefer-offline'],
    catalog = 'services.json',
    cluster,
  } = options;
  const aviary = catalog === 'services.json' ? command : `AVIARY_CATALOG=${shellWord(catalog)} ${command}`;
  return print([
    '# Written by the job images-plan.\n',
    { stages: ['build', 'publish'] },
    { variables: { GIT_DEPTH: '0' } },
    // A merge request pipeline of the parent never comes here: jobs of a child run as they are.
    { workflow: { rules: [{ when: 'always' }] } },
    ...(builds.length > 0 ? [buildTemplate()] : []),
    ...builds.map(buildJob),
    publishJob(aviary, cluster, ['--images', BUILT_FOLDER], {
      image,
      rules: [{ when: 'on_success' }],
      ...(setup.length > 0 && { before_script: setup }),
    }),
  ]);
}

/** What all builds have in common. The registry's password is written by the shell itself, and stands in no argument. */
function buildTemplate(): Job {
  return {
    '.build': {
      stage: 'build',
      image: { name: BUILDER_IMAGE, entrypoint: [''] },
      // Runners without it cannot run rootless builders: @see docs.gitlab.com/ci/docker/using_buildkit
      variables: { BUILDKITD_FLAGS: '--oci-worker-no-process-sandbox', GIT_DEPTH: '1' },
      interruptible: true,
      before_script: [
        'mkdir -p ~/.docker',
        `if [ -n "$CI_REGISTRY_PASSWORD" ]; then printf '{"auths": {"%s": {"username": "%s", "password": "%s"}}}' "$CI_REGISTRY" "$CI_REGISTRY_USER" "$CI_REGISTRY_PASSWORD" > ~/.docker/config.json; fi`,
      ],
    },
  };
}

function buildJob(build: ImageBuild): Job {
  const { service, repository } = build;
  return {
    [`image:${service.name}`]: {
      extends: '.build',
      script: [
        // Flux's image policies sort by the last number. @see fluxcd.io/flux/guides/sortable-image-tags
        `IMAGE="${repository}:$CI_COMMIT_REF_SLUG-$CI_COMMIT_SHORT_SHA-$(date +%s)"`,
        buildctlCommand(build),
        ...builtLines(build),
      ],
      artifacts: { paths: [`${BUILT_FOLDER}/${service.name}.json`], expire_in: '1 week' },
    },
  };
}

/** Comments as they are, objects as YAML, an empty line between them. */
function print(blocks: readonly (string | Job)[]): string {
  const texts = blocks.map((block) =>
    typeof block === 'string' ? block : dump(block, { lineWidth: -1, noRefs: true }),
  );
  return texts.map((text, index) => (index > 0 && typeof blocks[index - 1] !== 'string' ? `\n${text}` : text)).join('');
}
