import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeClient } from '../lib/kube-client';
import type { Say } from '../lib/report';
import type { Tier } from '../lib/tier';
import { run } from '../lib/tools';
import { waitFor } from '../lib/wait';
import type { Reading } from './flux';

/** A namespace of which doctor must name the cause of its failed Canary, or say nothing. */
export interface DoctorCase {
  readonly namespace: string;
  readonly name: string;
  /** The code of the rule that explains it, or words of the most likely cause; undefined for a sound one. */
  readonly cause?: string | RegExp | undefined;
}

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly cause?: string;
  readonly place: { readonly object?: string };
}

/** What `kubectl get` is asked for when somebody makes a dump by hand (docs/doctor.md), and what else these worlds hold. */
const DUMPED =
  'namespaces,deployments,services,configmaps,pods,events,canaries,metrictemplates,alertproviders,virtualservices.networking.istio.io,gateways.networking.istio.io,gateways.gateway.networking.k8s.io,httproutes';

/** `aviary doctor` on the cluster where the Canaries have failed: each cause is named, of the sound ones nothing is said, nothing is written. */
export async function runDoctor(
  { root, folder, reporter, client }: Tier,
  { kubeconfig, auditLog, prometheus }: Reading,
  title: string,
  cases: readonly DoctorCase[],
): Promise<void> {
  const doctor = async (args: readonly string[]): Promise<Finding[]> => {
    const program = [join(root, 'bin', 'aviary.js'), 'doctor', ...args, '--format', 'json'];
    const text = await run('sh', ['-c', '"$0" "$@" || [ $? -eq 1 ]', process.execPath, ...program], { cwd: folder });
    return (JSON.parse(text) as { findings: Finding[] }).findings;
  };
  const saved = join(folder, 'doctor.json');
  let live: Finding[] = [];
  const isDone = await reporter.step(
    title,
    'doctor: reads the cluster, its Prometheus, and writes nothing',
    async (say) => {
      await showFlagger(client, Object.keys(prometheus)[0]!);
      const urls = Object.entries(prometheus).map(([address, url]) => `${address}=${url}`);
      live = await doctor(['--kubeconfig', kubeconfig, '--prometheus', ...urls, '--save', saved]);
      expectReadOnly(auditLog, say);
      const elsewhere = live.filter(({ place }) => cases.every(({ namespace }) => !isIn(place.object, namespace)));
      // In a whole run: the Canaries of the sections before, some of which failed on purpose.
      for (const { severity, code, message } of elsewhere)
        say(`of no namespace of these: ${severity}: ${message} [${code}]`);
    },
  );
  if (!isDone) return;
  for (const one of cases)
    await reporter.step(title, `doctor: ${one.name}`, async (say) => expectNamed(one, live, say));
  await reporter.step(title, 'doctor: the same findings from a dump', async (say) => {
    const from = await doctor(['--dump', saved]);
    const [here, there] = [live.map(textOf), from.map(textOf)];
    const missing = here.filter((text) => !there.includes(text));
    const more = there.filter((text) => !here.includes(text));
    say(`saved by doctor: ${from.length} findings, ${missing.length} missing, ${more.length} more`);
    if (missing.length + more.length > 0) throw new Error([...missing, ...more].join('\n'));
    const dump = join(folder, 'dump.yaml');
    const yaml = await run('kubectl', [`--kubeconfig=${kubeconfig}`, 'get', DUMPED, '--all-namespaces', '-o', 'yaml']);
    writeFileSync(dump, yaml);
    const plain = await doctor(['--dump', dump, '--scrape-interval', '2s']);
    const ruled = cases.filter(({ cause }) => typeof cause === 'string');
    for (const one of ruled) expectNamed(one, plain, () => undefined);
    say(`by kubectl get, without Prometheus: ${ruled.length} of ${ruled.length} causes that objects show are named`);
  });
}

/** Flagger runs as a process: what its chart would have made tells how it was started. */
async function showFlagger(client: KubeClient, metricsServer: string): Promise<void> {
  const labels = { app: 'flagger' };
  const args = ['-mesh-provider=istio', `-metrics-server=${metricsServer}`];
  const container = { name: 'flagger', image: 'ghcr.io/fluxcd/flagger:1.44.0', args };
  const metadata = { name: 'flagger', namespace: 'flagger-system' };
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flagger-system' } });
  await client.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } },
  });
  await waitFor(
    'the Deployment of Flagger',
    async () =>
      (await client.get('apps/v1', 'Deployment', metadata.namespace, 'flagger'))?.status?.readyReplicas
        ? true
        : undefined,
    { timeoutSeconds: 60 },
  );
}

function expectReadOnly(auditLog: string, say: Say): void {
  const requests = readFileSync(auditLog, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { verb: string; requestURI: string; objectRef?: { resource?: string } });
  const wrote = requests.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));
  const secrets = requests.filter(({ objectRef }) => objectRef?.resource === 'secrets');
  say(
    `audit log of the API server: ${requests.length} requests, ${wrote.length} that write, ${secrets.length} for Secrets`,
  );
  if (requests.length === 0) throw new Error('the audit log is empty: it shows nothing');
  if (wrote.length > 0) throw new Error(wrote.map(({ verb, requestURI }) => `${verb} ${requestURI}`).join('\n'));
  if (secrets.length > 0) throw new Error('Secrets were read');
}

function expectNamed({ namespace, cause }: DoctorCase, findings: readonly Finding[], say: Say): void {
  const own = findings.filter(({ place }) => isIn(place.object, namespace));
  if (cause === undefined) {
    say(own.length === 0 ? 'nothing' : own.map(textOf).join('; '));
    if (own.length > 0) throw new Error('doctor has something to say of a sound Canary');
    return;
  }
  const failed = own.find(({ code }) => code === 'canary-failed');
  if (!failed) throw new Error(`doctor does not say that the Canary failed: ${own.map(textOf).join('; ')}`);
  const [, first = ''] = /1\. (.*?)(?:; 2\. |$)/.exec(failed.cause ?? '') ?? [];
  say(`most likely: ${first}`);
  const isNamed = typeof cause === 'string' ? first.endsWith(`[${cause}]`) : cause.test(first);
  if (!isNamed) throw new Error(`expected ${cause} first, of: ${failed.cause}`);
}

function isIn(object: string | undefined, namespace: string): boolean {
  return object?.includes(` ${namespace}/`) === true || object === `Namespace ${namespace}`;
}

const textOf = ({ severity, code, message, cause = '' }: Finding): string =>
  `${severity}: ${message} [${code}] ${cause}`;
