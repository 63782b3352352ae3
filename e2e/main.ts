import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, homedir, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Cluster, installCrds } from './lib/cluster';
import { GitServer, type GitServerOptions } from './lib/git-server';
import { KubeClient } from './lib/kube-client';
import { OciRegistry } from './lib/oci-registry';
import { formatReport, Reporter } from './lib/report';
import type { Tier } from './lib/tier';
import { allTools, apiTools, Tools } from './lib/tools';
import {
  Binder,
  findPrometheus,
  startFlagger,
  startFlux,
  startLoadTester,
  startPrometheus,
  startRegistry,
} from './lib/workers';
import { Mesh } from './mesh/mesh';
import { runAcceptance } from './tiers/acceptance';
import { runAdopt } from './tiers/adopt';
import { runBadValues } from './tiers/bad-values';
import { title as canarySwitchTitle, runCanarySwitch } from './tiers/canary-switch';
import { title as diffTitle, runDiff } from './tiers/diff';
import { title as findingsTitle, runFindings } from './tiers/findings';
import { behaviourOf, title as flaggerTitle, runFlagger } from './tiers/flagger';
import { title as flaggerDiffTitle, runFlaggerDiff } from './tiers/flagger-diff';
import { type FluxParts, title as fluxTitle, runFlux } from './tiers/flux';
import { title as fluxDiffTitle, runFluxDiff } from './tiers/flux-diff';
import { title as gitlabTitle, gitServerOptions, runGitlab } from './tiers/gitlab';
import { runHealthChecks } from './tiers/health-checks';
import { title as helmFormTitle, runHelmForm } from './tiers/helm-form';
import { title as largeWavesTitle, runLargeWaves } from './tiers/large-waves';
import { title as otherMeshesTitle, runOtherMeshes } from './tiers/other-meshes';
import { title as otherProvidersTitle, runOtherProviders } from './tiers/other-providers';
import { title as ownChartTitle, runOwnChart } from './tiers/own-chart';
import { title as policiesTitle, runPolicies } from './tiers/policies';
import { runRandomCatalogs } from './tiers/random-catalogs';
import { emptyPrometheus, runSeedFailure, title as seedFailureTitle } from './tiers/seed-failure';
import { runUpgrade } from './tiers/upgrade';
import { runWaveMove, title as waveMoveTitle } from './tiers/wave-move';
import { runYamlReaders } from './tiers/yaml-readers';

/** Flagger's shortest interval is 10 s: scrapes must be much shorter for the first check to have two samples. */
const scrapeIntervalSeconds = 2;
/** As Flagger names it. */
const metricsServer = 'http://prometheus-prometheus.monitoring:9090';

const usage = `Usage: node e2e/run.mjs <api|full|build> [options]

  api    a real API server judges every object that the project writes (seconds, once built)
  full   the same, then real Flagger, Prometheus and Flux run them; writes e2e/REPORT.md
  build  builds the programs that both need, and ends

  --only TEXT         run only the sections whose title contains TEXT (no report is written)
  --keep              leave everything running at the end and say how to look at it
  --kubeconfig FILE   use the cluster that FILE names for the api tier instead of starting one:
                      dry runs only, but for the definitions and namespaces that these need
`;

/** Runs what the arguments ask for; returns the exit code. */
export async function main(argv: readonly string[], root: string): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const { tier, values } = parsed;
  if (values.help || !['api', 'full', 'build'].includes(tier ?? '')) {
    (values.help ? process.stdout : process.stderr).write(usage);
    return values.help ? 0 : 2;
  }
  const started = Date.now();
  const log = (line: string): void => void process.stdout.write(`${line}\n`);
  const tools = new Tools({ root, env: process.env, log });
  // Of a part of the run only what it starts is built, when it starts.
  const needed = tier === 'api' || values.only ? apiTools : allTools;
  // Said before the minutes that all else takes.
  if (tier === 'full' && !values.only) await findPrometheus();
  if (!values.kubeconfig) await tools.buildAll(needed);
  if (tier === 'build') return 0;

  const reporter = new Reporter({ log, only: values.only, now: Date.now });
  const folder = mkdtempSync(join(tmpdir(), 'aviary-e2e-trees-'));
  let cluster: Cluster | undefined;
  let isEnding = false;
  const interrupted = (signal: NodeJS.Signals): void => {
    // Told twice (timeout and terminal both do): what is left is killed as the harness exits, and nothing is orphaned.
    if (isEnding) process.exit(130);
    isEnding = true;
    log(`${signal}: ending what was started`);
    void (cluster?.stop({ keepLogs: false }) ?? Promise.resolve()).finally(() => {
      rmSync(folder, { recursive: true, force: true });
      process.exit(130);
    });
  };
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  let crashed = true;
  let failedBefore = 0;
  /** Ends the cluster; its logs are kept when something failed on it. */
  const end = async (hasFailed: boolean): Promise<void> => {
    const keepLogs = hasFailed || reporter.counts.failed > failedBefore;
    failedBefore = reporter.counts.failed;
    reporter.died = () => undefined;
    await cluster?.stop({ keepLogs });
    if (keepLogs && cluster) log(`Logs are kept in ${cluster.logFolder}`);
    cluster = undefined;
  };
  const start = async (): Promise<Cluster> => {
    // The steps of a cluster that is being ended fail at once, and the next would begin.
    if (isEnding) throw new Error('interrupted');
    const started = await Cluster.start({ root, env: process.env, tools, log });
    cluster = started;
    reporter.died = () => started.processes.failure();
    return started;
  };
  try {
    let client: KubeClient;
    if (values.kubeconfig) {
      client = await KubeClient.load(values.kubeconfig);
      await installCrds(client, root, process.env);
    } else {
      client = (await start()).client;
      log(`API server ready after ${((Date.now() - started) / 1000).toFixed(1)} s`);
    }
    const context: Tier = { root, folder, reporter, client, isForeign: values.kubeconfig !== undefined };
    await runAcceptance(context);
    await runBadValues(context);
    await runHealthChecks(context, tools);
    await runRandomCatalogs(context);
    await runAdopt(context);
    await runYamlReaders(context, tools);
    if (cluster) await runUpgrade(context);
    if (cluster && tier === 'full') {
      // A cluster of their own each: what one tier applied must not be reconciled by the next.
      const next = async (): Promise<Cluster> => {
        await end(false);
        return start();
      };
      const isWanted = (titles: readonly string[]): boolean => titles.some((title) => reporter.isWanted(title));
      if (
        isWanted([
          canarySwitchTitle,
          flaggerTitle,
          otherMeshesTitle,
          otherProvidersTitle,
          policiesTitle,
          seedFailureTitle,
          fluxTitle,
        ])
      ) {
        const own = await next();
        await runRollouts({ ...context, client: own.client }, own, tools, runSideBySide);
      }
      if (isWanted([helmFormTitle])) {
        const own = await next();
        await runRollouts({ ...context, client: own.client }, own, tools, runHelmForm);
      }
      if (isWanted([ownChartTitle])) {
        const own = await next();
        await runRollouts({ ...context, client: own.client }, own, tools, runOwnChart);
      }
      if (isWanted([diffTitle])) {
        const own = await next();
        await withPods(own, () => runDiff({ ...context, client: own.client }));
      }
      if (isWanted([findingsTitle])) {
        const own = await next();
        let loadTester: Promise<string> | undefined;
        await runRollouts({ ...context, client: own.client }, own, tools, (tier, { git, mesh }) =>
          runFindings(tier, {
            git,
            serve: (host, address) => mesh.serve(host, address),
            loadTester: () => (loadTester ??= startLoadTester(own, tools)),
          }),
        );
      }
      if (isWanted([flaggerDiffTitle])) {
        const own = await next();
        await runRollouts({ ...context, client: own.client }, own, tools, (tier, { mesh }) =>
          runFlaggerDiff(tier, { mesh, processes: own.processes }),
        );
      }
      if (isWanted([fluxDiffTitle])) {
        const own = await next();
        const registry = new OciRegistry();
        await registry.start();
        try {
          await withFlux(own, tools, { withHelm: true }, (git) =>
            runFluxDiff({ ...context, client: own.client }, { git, registry }),
          );
        } finally {
          await registry.stop();
        }
      }
      if (isWanted([gitlabTitle])) {
        const own = await next();
        const registry = await startRegistry(own, tools);
        await withFlux(own, tools, { withHelm: false, git: gitServerOptions }, (git) =>
          runGitlab({ ...context, client: own.client }, { git, registry }),
        );
      }
      if (isWanted([largeWavesTitle])) {
        const own = await next();
        await withFlux(own, tools, { withHelm: false }, (git) =>
          runLargeWaves({ ...context, client: own.client }, git),
        );
      }
      if (isWanted([waveMoveTitle])) {
        const own = await next();
        await withFlux(own, tools, { withHelm: false }, (git) => runWaveMove({ ...context, client: own.client }, git));
      }
    }
    crashed = false;
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    if (values.keep && cluster && !crashed) {
      log(`Left running: KUBECONFIG=${cluster.kubeconfig} kubectl get all --all-namespaces`);
      log(`Logs: ${cluster.logFolder}. Trees: ${folder}. Ctrl-C ends it.`);
      await new Promise<void>((resolve) => {
        process.once('SIGINT', () => resolve());
        process.once('SIGTERM', () => resolve());
      });
    }
    await end(crashed);
    rmSync(folder, { recursive: true, force: true });
  }
  const { passed, failed, skipped } = reporter.counts;
  if (tier === 'full' && !values.only && !values.kubeconfig) {
    const report = formatReport(reporter.sections, {
      date: new Date(started).toISOString().slice(0, 10),
      minutes: (Date.now() - started) / 60_000,
      versions: versions(tools),
      machine: `${availableParallelism()} processors, ${Math.round(totalmem() / 2 ** 30)} GiB`,
      places: { [root]: '.', [tmpdir()]: '$TMPDIR', [homedir()]: '~' },
    });
    writeFileSync(join(root, 'e2e', 'REPORT.md'), report);
  }
  log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** The tiers that need Flagger, on one cluster: side by side, because most of the time is Flagger's intervals. */
async function runSideBySide(context: Tier, parts: FluxParts): Promise<void> {
  const { mesh } = parts;
  await Promise.all([
    (async () => {
      await runCanarySwitch(context);
      await runFlagger(context, mesh);
      await runOtherMeshes(context, mesh);
      await runSeedFailure(context, parts);
    })(),
    runOtherProviders(context, mesh),
    runPolicies(context, mesh),
    // The only one whose tree brings sync objects: there is one Flux.
    runFlux(context, parts),
  ]);
}

/** Mesh, Prometheus, Flagger and Flux, for tiers that roll out. */
async function runRollouts(
  context: Tier,
  cluster: Cluster,
  tools: Tools,
  run: (context: Tier, parts: FluxParts) => Promise<void>,
): Promise<void> {
  const mesh = new Mesh({ client: cluster.client, behaviourOf });
  const registry = new OciRegistry();
  try {
    await mesh.start();
    const prometheus = (name: string, targets: readonly string[]): Promise<string> =>
      startPrometheus(cluster, { name, targets, scrapeIntervalSeconds });
    const [ofMesh, elsewhere] = [
      await prometheus('prometheus', [mesh.address]),
      await prometheus('prometheus-elsewhere', []),
    ];
    mesh.serve('prometheus-prometheus.monitoring', ofMesh);
    mesh.serve(emptyPrometheus, elsewhere);
    await startFlagger(cluster, tools, {
      metricsServer,
      proxy: mesh.address,
    });
    await registry.start();
    const log = (): string => readFileSync(join(cluster.logFolder, 'kustomize-controller.log'), 'utf8');
    const reading = {
      kubeconfig: cluster.readerKubeconfig,
      auditLog: cluster.auditLog,
      prometheus: { [metricsServer]: ofMesh, [`http://${emptyPrometheus}:9090`]: elsewhere },
    };
    await withFlux(cluster, tools, { withHelm: true }, (git) => run(context, { mesh, git, registry, log, reading }));
  } finally {
    await mesh.stop();
    await registry.stop();
  }
}

/** Pods that run, a git server, and Flux. */
async function withFlux(
  cluster: Cluster,
  tools: Tools,
  options: { withHelm: boolean; git?: GitServerOptions },
  run: (git: GitServer) => Promise<unknown>,
): Promise<void> {
  const git = new GitServer(join(cluster.folder, 'git'), options.git);
  try {
    await withPods(cluster, async () => {
      await git.start();
      await startFlux(cluster, tools, options);
      await run(git);
    });
  } finally {
    await git.stop();
  }
}

/** Controllers of Kubernetes, and pods that run. */
async function withPods(cluster: Cluster, run: () => Promise<unknown>): Promise<void> {
  const binder = new Binder(cluster.client);
  try {
    await cluster.startControllerManager();
    await cluster.startKwok();
    binder.start();
    await run();
  } finally {
    binder.stop();
  }
}

function parse(argv: readonly string[]) {
  const { positionals, values } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      keep: { type: 'boolean', default: false },
      kubeconfig: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (positionals.length > 1) throw new Error(`one tier at a time, not ${positionals.join(' ')}`);
  return { tier: positionals[0], values };
}

function versions(tools: Tools): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of allTools) found[name] = tools.version(name);
  const { stdout, stderr } = spawnSync('prometheus', ['--version'], { encoding: 'utf8' });
  found.prometheus = `${stdout}${stderr}`.match(/version (\S+)/)?.[1] ?? 'not installed';
  const crds = readFileSync(join(tools.crdFolder, 'go.mod'), 'utf8');
  for (const [, module, version] of crds.matchAll(/^\t(\S+) (v\S+)$/gm)) found[`definitions of ${module}`] = version!;
  return found;
}
