import { type Catalog, type Promotion, promotionsOf, type Service } from '../catalog';

/** What a pipeline is written for. */
export interface PipelineOptions {
  /** How the command line is started in a job. @default npx aviary */
  readonly command?: string;
  /** Image of the jobs. @default node:24 */
  readonly image?: string;
  /** Commands before each job, such as the installation. @default npm ci; none where the image brings the command line */
  readonly setup?: readonly string[];
  /** Commands that test the application. @default none */
  readonly test?: readonly string[];
  /** Folder of a tree that is committed beside the catalog: a job refuses one that is stale. @default none */
  readonly dist?: string;
  /** Files of the repository with jobs of the project's own, for GitLab. @default none */
  readonly include?: readonly string[];
  /** Path of the catalog. @default services.json */
  readonly catalog?: string;
  /** The command that wrote the pipeline, for its first line. */
  readonly writtenBy: string;
}

/** What of a catalog a pipeline depends on: it is written anew when this changes, and not with every service. */
export interface PipelineFacts {
  /** In the order in which a release comes to them. */
  readonly clusters: readonly string[];
  /** From one to the next, with what stands before it. */
  readonly promotions: readonly Promotion[];
  /** Services whose image is built here. */
  readonly built: readonly Service[];
}

/** What a pipeline has to know of the catalog. */
export function factsOf(catalog: Catalog): PipelineFacts {
  return {
    clusters: catalog.clusters.map(({ name }) => name),
    promotions: promotionsOf(catalog),
    built: catalog.services.filter(({ build }) => build),
  };
}

/** An image to build. */
export interface ImageBuild {
  readonly service: Service;
  /** Id of what it is made of (`sourceIds`). */
  readonly source: string;
  /** Reference without a tag. */
  readonly repository: string;
}

/** Jobs of one child pipeline at most: far below GitLab's limits of size, and what a person can still look at. */
export const IMAGES_PER_CHILD = 200;

/** Child pipelines that the parent has a job for: it is written before it is known which images have changed. */
export function childCount({ built }: PipelineFacts): number {
  return Math.ceil(built.length / IMAGES_PER_CHILD);
}

/** What brings the images of one cluster to another, or the tree alone where none is built here. */
export function promoteCommand(aviary: string, { from, to, gate }: Promotion, hasImages: boolean): string {
  const way = gate === 'merge-request' ? ' --merge-request' : hasImages ? ' --direct' : '';
  return hasImages
    ? `${aviary} promote ${shellWord(from)} ${shellWord(to)}${way}`
    : `${aviary} publish --cluster ${shellWord(to)}${way}`;
}

/** A text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The options of the command line that say how jobs run: for the first line of a pipeline, and for what writes child pipelines. */
export function optionWords({ command, image, setup, catalog }: Partial<PipelineOptions>): string[] {
  return [
    ...(command === undefined || command === 'npx aviary' ? [] : ['--command', command]),
    ...(image === undefined || image === 'node:24' ? [] : ['--image', image]),
    ...(setup === undefined ? [] : setup.length === 0 ? ['--no-install'] : setup.flatMap((one) => ['--setup', one])),
    ...(catalog === undefined || catalog === 'services.json' ? [] : ['--catalog', catalog]),
  ].map(shellWord);
}

/** Folder in which builds leave their images. */
export const BUILT_FOLDER = 'built-images';

/**
 * BuildKit's own client: rootless, with the cache in the registry and provenance in the image.
 * @see github.com/moby/buildkit v0.25 README (buildctl build, --metadata-file, attest:provenance)
 */
export function buildctlCommand(build: ImageBuild): string {
  const words = buildctlArguments(build).map(shellWord).join(' ');
  return `buildctl-daemonless.sh build ${words} --output "type=image,name=$IMAGE,push=true" --metadata-file ${metadataFile(build)}`;
}

/** One a service: runners that keep their folder must not mix them up. */
const metadataFile = ({ service }: ImageBuild): string => `metadata-${service.name}.json`;

/** What a build is, without where its image goes. */
export function buildctlArguments({ service, repository }: ImageBuild): string[] {
  const { context, dockerfile = 'Dockerfile', target, args = {}, platforms = [] } = service.build!;
  const at = dockerfile.lastIndexOf('/');
  const folder = at < 0 ? context : joined(context, dockerfile.slice(0, at));
  return [
    '--frontend',
    'dockerfile.v0',
    '--local',
    `context=${context}`,
    '--local',
    `dockerfile=${folder}`,
    '--opt',
    `filename=${dockerfile.slice(at + 1)}`,
    ...(target === undefined ? [] : ['--opt', `target=${target}`]),
    ...(platforms.length === 0 ? [] : ['--opt', `platform=${platforms.join(',')}`]),
    ...Object.keys(args)
      .sort()
      .flatMap((name) => ['--opt', `build-arg:${name}=${args[name]}`]),
    '--opt',
    'attest:provenance=mode=max',
    '--export-cache',
    `type=registry,ref=${repository}:buildcache,mode=max,ignore-error=true`,
    '--import-cache',
    `type=registry,ref=${repository}:buildcache`,
  ];
}

/** `a/..` is left to nobody: the result is a plain path. */
function joined(folder: string, path: string): string {
  const parts: string[] = folder === '.' ? [] : folder.split('/');
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.length === 0 ? '.' : parts.join('/');
}

/** Shell lines that write the file of a built image (`readBuiltImages`). No tool is needed that a small image does not have. */
export function builtLines(build: ImageBuild): string[] {
  const { service, source } = build;
  return [
    `DIGEST=$(sed -n 's/.*"containerimage.digest": *"\\(sha256:[0-9a-f]*\\)".*/\\1/p' ${metadataFile(build)})`,
    `test -n "$DIGEST" || { echo "the builder gave no digest"; exit 1; }`,
    `mkdir -p ${BUILT_FOLDER}`,
    `printf '{"image": "%s", "digest": "%s", "source": "${source}"}\\n' "$IMAGE" "$DIGEST" > ${BUILT_FOLDER}/${service.name}.json`,
  ];
}
