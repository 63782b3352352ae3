import { dump } from 'js-yaml';
import type { Catalog, Promotion } from '../catalog';
import { BUILT_FOLDER, childCount, factsOf, type PipelineOptions, promoteCommand, shellWord } from './pipeline';

type Part = Readonly<Record<string, unknown>>;

/** Actions by major version; pin them by commit where that is a rule. */
const CHECKOUT = 'actions/checkout@v5';
const SETUP_NODE = 'actions/setup-node@v5';

/** The workflow of an application's repository on GitHub: the same steps, with a matrix of images in place of child pipelines. */
export function githubWorkflow(catalog: Catalog, options: PipelineOptions): string {
  const facts = factsOf(catalog);
  const {
    command = 'npx aviary',
    setup = ['npm ci'],
    test = [],
    dist,
    catalog: file = 'services.json',
    writtenBy,
  } = options;
  const [first = ''] = facts.clusters;
  const start: Part[] = [
    { uses: CHECKOUT, with: { 'fetch-depth': 0, 'persist-credentials': false } },
    { uses: SETUP_NODE, with: { 'node-version': 24, cache: 'npm' } },
    ...setup.map((run) => ({ run })),
  ];
  const onMain = "github.event_name == 'push' || github.event_name == 'workflow_dispatch'";
  const token = { AVIARY_GIT_TOKEN: '${{ secrets.AVIARY_GIT_TOKEN }}', AVIARY_GIT_USERNAME: 'x-access-token' };
  const hasImages = childCount(facts) > 0;
  const publish: Part = {
    needs: ['check', ...(hasImages ? ['images'] : [])],
    if: hasImages ? `(${onMain}) && !failure() && !cancelled()` : onMain,
    'runs-on': 'ubuntu-latest',
    environment: first,
    concurrency: { group: `gitops-${first}`, 'cancel-in-progress': false },
    steps: [
      ...start,
      ...(hasImages
        ? [
            {
              uses: 'actions/download-artifact@v5',
              with: { pattern: 'image-*', 'merge-multiple': true, path: BUILT_FOLDER },
            },
          ]
        : []),
      {
        run: `${command} publish --cluster ${shellWord(first)}${hasImages ? ` --images ${BUILT_FOLDER}` : ''}`,
        env: token,
      },
    ],
  };
  // A click is a run by hand; an environment may ask for one more.
  const promote = (promotion: Promotion): Part => ({
    needs: [promotion.gate === 'none' && promotion.from !== first ? `promote-${promotion.from}` : `publish-${first}`],
    if: `!failure() && !cancelled() && ${promotion.gate === 'none' ? `(${onMain})` : "github.event_name == 'workflow_dispatch'"}`,
    'runs-on': 'ubuntu-latest',
    environment: promotion.to,
    concurrency: { group: `gitops-${promotion.to}`, 'cancel-in-progress': false },
    steps: [...start, { run: promoteCommand(command, promotion, hasImages), env: token }],
  });
  const workflow = {
    name: 'GitOps',
    on: { pull_request: {}, push: { branches: ['main'] }, workflow_dispatch: {} },
    permissions: { contents: 'read' },
    ...(file === 'services.json' ? {} : { env: { AVIARY_CATALOG: file } }),
    jobs: {
      check: {
        'runs-on': 'ubuntu-latest',
        steps: [
          ...start,
          ...test.map((run) => ({ run })),
          { run: `${command} preflight` },
          ...(dist === undefined
            ? []
            : [
                {
                  run: `${command} synth --out ${shellWord(dist)}\ngit diff --exit-code --stat -- ${shellWord(dist)}\n`,
                },
              ]),
          {
            if: "github.event_name == 'pull_request'",
            run: `${command} changed --base "$BASE" >> "$GITHUB_STEP_SUMMARY"`,
            env: { BASE: '${{ github.event.pull_request.base.sha }}' },
          },
        ],
      },
      ...(hasImages ? imageJobs(command, first, start, onMain, token) : {}),
      [`publish-${first}`]: publish,
      ...Object.fromEntries(facts.promotions.map((one) => [`promote-${one.to}`, promote(one)])),
    },
  };
  return `# Written by \`${writtenBy}\`: change the command or the catalog, and run it again.\n${dump(workflow, { lineWidth: -1, noRefs: true })}`;
}

function imageJobs(command: string, first: string, start: readonly Part[], onMain: string, token: Part): Part {
  return {
    plan: {
      needs: ['check'],
      if: onMain,
      'runs-on': 'ubuntu-latest',
      outputs: { images: '${{ steps.plan.outputs.images }}' },
      steps: [
        ...start,
        {
          id: 'plan',
          run: `echo "images=$(${command} ci github --images ${shellWord(first)})" >> "$GITHUB_OUTPUT"`,
          env: token,
        },
      ],
    },
    images: {
      needs: ['plan'],
      if: "needs.plan.outputs.images != '[]'",
      'runs-on': 'ubuntu-latest',
      permissions: { contents: 'read', packages: 'write' },
      strategy: { 'fail-fast': false, matrix: { image: '${{ fromJSON(needs.plan.outputs.images) }}' } },
      steps: [
        { uses: CHECKOUT, with: { 'persist-credentials': false } },
        { uses: 'docker/setup-buildx-action@v3' },
        {
          uses: 'docker/login-action@v3',
          with: {
            registry: '${{ vars.REGISTRY }}',
            username: '${{ vars.REGISTRY_USERNAME }}',
            password: '${{ secrets.REGISTRY_TOKEN }}',
          },
        },
        { id: 'time', run: 'echo "seconds=$(date +%s)" >> "$GITHUB_OUTPUT"' },
        {
          id: 'build',
          uses: 'docker/build-push-action@v6',
          with: {
            context: '${{ matrix.image.context }}',
            file: '${{ matrix.image.file }}',
            target: '${{ matrix.image.target }}',
            'build-args': '${{ matrix.image.args }}',
            platforms: '${{ matrix.image.platforms }}',
            push: true,
            provenance: 'mode=max',
            tags: '${{ matrix.image.repository }}:main-${{ github.sha }}-${{ steps.time.outputs.seconds }}',
            'cache-from': 'type=gha',
            'cache-to': 'type=gha,mode=max',
          },
        },
        {
          run: [
            `mkdir -p ${BUILT_FOLDER}`,
            `printf '{"image": "%s", "digest": "%s", "source": "%s"}\\n' "$REPOSITORY:main-$GITHUB_SHA-$SECONDS_NOW" "$DIGEST" "$SOURCE" > "${BUILT_FOLDER}/$SERVICE.json"`,
            '',
          ].join('\n'),
          env: {
            SERVICE: '${{ matrix.image.service }}',
            REPOSITORY: '${{ matrix.image.repository }}',
            SOURCE: '${{ matrix.image.source }}',
            DIGEST: '${{ steps.build.outputs.digest }}',
            SECONDS_NOW: '${{ steps.time.outputs.seconds }}',
          },
        },
        {
          uses: 'actions/upload-artifact@v4',
          with: {
            name: 'image-${{ matrix.image.service }}',
            path: `${BUILT_FOLDER}/\${{ matrix.image.service }}.json`,
          },
        },
      ],
    },
  };
}
