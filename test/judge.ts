import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The version that tools/judge.sh installs. */
const VERSION = '2.1.0';

/**
 * The PyPI package network-config-analyzer, which reads NetworkPolicies and AuthorizationPolicies on its own: AVIARY_NCA, the one
 * that tools/judge.sh has installed, or the one of the machine. Undefined where there is none.
 */
export function findJudge(): string | undefined {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const installed = join(cache, 'aviary', `network-config-analyzer-${VERSION}`, 'bin', 'nca');
  const found = [process.env.AVIARY_NCA, installed].find((path) => path !== undefined && existsSync(path));
  if (found) return found;
  return spawnSync('nca', ['--version'], { stdio: 'ignore' }).status === 0 ? 'nca' : undefined;
}

/** What a cluster holds at some moment: namespaces, pods and policies. */
export interface JudgedCluster {
  readonly name: string;
  readonly objects: readonly unknown[];
}

/** Who may connect to whom: `shop/web => shop/cart`, and the ports as the judge writes them. */
export type Verdict = ReadonlyMap<string, string>;

/** Asks the judge about all clusters at once. */
export function judge(nca: string, clusters: readonly JudgedCluster[]): Map<string, Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'aviary-judge-'));
  try {
    for (const { name, objects } of clusters)
      writeFileSync(join(folder, `${name}.yaml`), objects.map((object) => `---\n${JSON.stringify(object)}\n`).join(''));
    const scheme = {
      networkConfigList: clusters.map(({ name }) => ({ name, resourceList: [`${name}.yaml`] })),
      queries: clusters.map(({ name }) => ({
        name: `of-${name}`,
        connectivityMap: [name],
        outputConfiguration: {
          outputFormat: 'txt_no_fw_rules',
          outputPath: join(folder, `${name}.txt`),
          outputEndpoints: 'deployments',
        },
      })),
    };
    writeFileSync(join(folder, 'scheme.yaml'), JSON.stringify(scheme));
    const { status, stderr, stdout } = spawnSync(nca, ['--scheme', join(folder, 'scheme.yaml')], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(`the judge fails (${status}): ${stdout.slice(-2000)}${stderr.slice(-4000)}`);
    return new Map(clusters.map(({ name }) => [name, readVerdict(readFileSync(join(folder, `${name}.txt`), 'utf8'))]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Connections of TCP come first, where the two are apart. */
function readVerdict(text: string): Verdict {
  const found = new Map<string, string>();
  const tcp = text.split('non-TCP Connections:')[0] ?? '';
  for (const line of tcp.split('\n')) {
    const [, from, to, ports] = /^(\S+) => (\S+) : (.*)$/.exec(line) ?? [];
    if (from !== undefined) found.set(`${plain(from)} => ${plain(to ?? '')}`, ports ?? '');
  }
  return found;
}

const plain = (endpoint: string): string => endpoint.replace(/\[\w+\]$/, '');
