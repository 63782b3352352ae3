import { version } from '../version';

/** What a new project can begin with. */
export const EXAMPLES = ['two-services', 'online-boutique'] as const;
/** Mesh modes that a new project can choose. */
export const MESHES = ['kubernetes', 'istio-sidecar', 'istio-gateway-api', 'istio-ambient'] as const;
/** How Flux can be synchronised in a new project. */
export const FLUX_MODES = ['gotk', 'FluxInstance'] as const;

/** What a new project is made of; all of it can be said by options. */
export interface ProjectOptions {
  /** Name of the project, and of its namespace: a DNS label. */
  readonly name: string;
  readonly example: (typeof EXAMPLES)[number];
  /** Of two-services. */
  readonly mesh: (typeof MESHES)[number];
  readonly flux: (typeof FLUX_MODES)[number];
  /** Address of the repository that Flux watches. */
  readonly repository: string;
  readonly domain: string;
}

/** The files of a new project: text by path, in the order in which they are told. */
export function projectFiles(options: ProjectOptions): ReadonlyMap<string, string> {
  return new Map([
    ['services.json', json(catalogOf(options))],
    ['main.ts', MAIN],
    ['main.test.ts', testOf(options)],
    ['cdk8s.yaml', CDK8S],
    ['package.json', json(packageOf(options))],
    ['tsconfig.json', json(TSCONFIG)],
    ['jest.config.js', JEST],
    ['.gitignore', 'node_modules/\n'],
    ['README.md', readmeOf(options)],
  ]);
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const SCHEMA = './node_modules/cdk8s-aviary/services.schema.json';

const MAIN = `import { AviaryApp } from 'cdk8s-aviary';

// All that services.json gives. Charts, checks and changes of your own come between these lines.
const app = new AviaryApp();
app.synth();
`;

/** The cdk8s CLI deletes its output before it starts the app: it gets a folder of its own, and the tree is in dist/. */
const CDK8S = `language: typescript
app: npx tsx main.ts
# The tree is in dist/. The cdk8s CLI deletes its output before it starts the app, so that it is not dist/ itself.
output: node_modules/.cache/aviary/dist
`;

const JEST = `/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/*.test.ts'],
  transform: { '^.+\\\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
};
`;

const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'node16',
    moduleResolution: 'node16',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['jest', 'node'],
  },
  include: ['*.ts'],
};

function packageOf({ name }: ProjectOptions): object {
  return {
    name,
    private: true,
    scripts: {
      synth: 'cdk8s synth',
      preflight: 'aviary preflight',
      // In CI jest writes no snapshot, and a new project has none yet.
      test: 'jest',
      'test:update': 'jest -u',
    },
    devDependencies: {
      '@swc/core': '^1.16.0',
      '@swc/jest': '^0.2.39',
      '@types/jest': '^30.0.0',
      '@types/node': '^20.19.0',
      cdk8s: '^2.70.0',
      'cdk8s-aviary': `^${version}`,
      'cdk8s-cli': '^2.207.0',
      'cdk8s-plus-25': '^2.22.0',
      constructs: '^10.8.0',
      jest: '^30.0.0',
      tsx: '^4.20.0',
    },
  };
}

/** Two services, one calling the other: the least that shows a reference. */
function twoServices({ name, mesh, flux, repository, domain }: ProjectOptions): object {
  const probe = (path: string): object => ({ http: { path } });
  const common = {
    image: { tag: 'v1.0.0' },
    replicas: 2,
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    probes: { readiness: probe('/healthz'), liveness: probe('/healthz') },
  };
  return {
    $schema: SCHEMA,
    platform: { namespace: name, mesh, registry: `registry.example.com/${name}`, gitops: { url: repository } },
    clusters: [{ name: 'production', domain, flux: { mode: flux } }],
    defaults: common,
    services: [
      {
        name: 'frontend',
        ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
        env: { BACKEND_ADDR: { service: 'backend' } },
      },
      { name: 'backend', ports: [{ port: 8080, protocol: 'http' }] },
    ],
  };
}

function catalogOf(options: ProjectOptions): object {
  if (options.example === 'two-services') return twoServices(options);
  // Bundled with the command line.
  const boutique = require('../../../services.json') as { readonly platform: { readonly gitops: object } };
  const { platform, ...rest } = boutique;
  return {
    ...rest,
    $schema: SCHEMA,
    platform: { ...platform, gitops: { ...platform.gitops, url: options.repository } },
  };
}

function testOf({ example }: ProjectOptions): string {
  const [service, args] =
    example === 'two-services' ? ['frontend', "'frontend'"] : ['frontend', "'frontend', 'production'"];
  return `import { synthCatalog } from 'cdk8s-aviary/testing';

test('no rollout fails for a reason that is known before the push', async () => {
  expect(await synthCatalog('services.json')).toPassPreflight();
});

// A change of the catalog shows here what it changes. It is meant: npm run test:update, and review the snapshot with it.
test('${service} in production', async () => {
  const tree = await synthCatalog('services.json');
  expect(tree.service(${args})).toMatchSnapshot();
});
`;
}

function readmeOf({ name, flux, mesh, example }: ProjectOptions): string {
  const bootstrap =
    flux === 'gotk'
      ? '`flux install` in the cluster, then `kubectl apply -k dist/clusters/production/flux-system`.'
      : 'The Flux Operator in the cluster, then `kubectl apply -k dist/clusters/production/flux-system`.';
  const canary =
    example === 'two-services' && mesh === 'kubernetes'
      ? `A canary: \`"mesh": "istio-sidecar"\` in \`platform\`, and in a service
   \`"canary": { "loadTest": { "requestsPerSecond": 10 } }\`. \`npx cdk8s synth\` shows what it takes; \`git diff dist\` what it brings.`
      : 'A service of your own: add it to `services` in services.json. An editor that knows JSON Schema completes the fields.';
  return `# ${name}

\`services.json\` describes the services; \`dist/\` is what Flux applies, and is committed.

\`\`\`sh
npm install
npx cdk8s synth        # services.json and main.ts to dist/, after preflight
npm test               # preflight and a snapshot; npm run test:update takes over what has changed
npx aviary preflight   # what would make a rollout fail
\`\`\`

## The next three steps

1. ${canary}
2. Push this repository, and publish \`dist/\` to the repository that Flux watches (\`npx aviary publish --help\`).
3. ${bootstrap}
`;
}
