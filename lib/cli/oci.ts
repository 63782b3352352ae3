import type { PublishRequest, Source } from '../publish';
import { ExitCode } from './exit-code';
import { Refused, realMachine } from './gitops';
import type { Io } from './io';

/** What a push of an OCI artifact is told. */
export interface OciOptions {
  readonly source: Source;
  readonly dryRun: boolean;
  readonly clusters?: readonly string[];
}

/** Pushes the tree as the artifact that an OCIRepository of Flux reads. The images are those beside the catalog. */
export async function publishOci(
  address: string,
  makeTree: PublishRequest['makeTree'],
  { source, dryRun, clusters }: OciOptions,
  io: Io,
): Promise<ExitCode> {
  const { INDEX_FILE, parseIndex, parseOciAddress, pushOci } = require('../publish') as typeof import('../publish');
  parseOciAddress(address);
  const tree = await makeTree({ earlierLocks: async () => [] });
  if (!('files' in tree)) throw new Refused(tree);
  const index = parseIndex(tree.files.get(INDEX_FILE) ?? '', INDEX_FILE);
  const names = clusters ?? Object.keys(index.clusters);
  const wanted = new Set([
    ...names.flatMap((name) => index.clusters[name]?.files ?? []),
    ...(clusters ? [] : [INDEX_FILE]),
  ]);
  const files = new Map([...tree.files].filter(([path]) => wanted.has(path)));
  if (dryRun) {
    io.stdout.write(`would push ${files.size} files to ${address}\n`);
    return ExitCode.ok;
  }
  const { digest, isUnchanged } = await pushOci(
    address,
    {
      files,
      ...(source.repository !== undefined && { source: source.repository }),
      ...(source.commit !== undefined && { revision: `${source.branch ?? 'HEAD'}@sha1:${source.commit}` }),
      ...(source.created !== undefined && { created: source.created }),
    },
    realMachine(io).env,
  );
  io.stdout.write(
    isUnchanged
      ? `nothing to push: ${address} is ${digest}\n`
      : `pushed ${files.size} files to ${address} as ${digest}\n`,
  );
  return ExitCode.ok;
}
