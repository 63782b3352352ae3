import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTree } from '../lib/manifests';
import type { Tier } from '../lib/tier';
import { pinnedVersion, type Tools } from '../lib/tools';

const title = 'Health checks';

/** What Flux makes of a Canary that carries the checksum `new`. */
interface Case {
  readonly name: string;
  /** Of the condition Promoted; none: no status. */
  readonly promoted?: 'True' | 'False' | 'Unknown';
  /** Checksums that Flagger reports; undefined: it tracks nothing (`-enable-config-tracking=false`). */
  readonly tracked?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>> | 'none';
  readonly suspend?: boolean;
  /** Seconds from Flux' apply, which is at 100, to the last change of the condition. @default after it: 60 */
  readonly condition?: number;
  /** Likewise, to Flagger's last look. @default that of the condition */
  readonly look?: number;
  readonly expected: 'Current' | 'Failed' | 'InProgress' | 'error';
}

const checksum = 'aviary.dev/release-checksum';
const fresh = { 'configmap/web.release': 'new', 'secret/other': 'x' };
const stale = { 'configmap/web.release': 'old', 'secret/other': 'x' };

const table: readonly Case[] = [
  // An error is the status Unknown, which holds a Kustomization as InProgress does.
  { name: 'no status yet', expected: 'error' },
  { name: 'initializing', promoted: 'Unknown', expected: 'InProgress' },
  { name: 'initialized', promoted: 'True', tracked: fresh, expected: 'Current' },
  { name: 'the last release succeeded', promoted: 'True', tracked: stale, expected: 'InProgress' },
  { name: 'the last release failed', promoted: 'False', tracked: stale, expected: 'InProgress' },
  { name: 'the first release with a checksum', promoted: 'True', tracked: {}, expected: 'InProgress' },
  { name: 'this release rolls out', promoted: 'Unknown', tracked: fresh, expected: 'InProgress' },
  { name: 'this release waits for approval', promoted: 'Unknown', tracked: stale, expected: 'InProgress' },
  { name: 'this release failed', promoted: 'False', tracked: fresh, expected: 'Failed' },
  {
    name: 'it failed before, Flagger has just looked',
    promoted: 'False',
    tracked: fresh,
    condition: -50,
    look: 9,
    expected: 'InProgress',
  },
  {
    name: 'it failed before, and starts no rollout',
    promoted: 'False',
    tracked: fresh,
    condition: -50,
    look: 40,
    expected: 'Failed',
  },
  {
    name: 'it failed before, suspended',
    promoted: 'False',
    tracked: fresh,
    condition: -50,
    look: -40,
    suspend: true,
    expected: 'Failed',
  },
  {
    name: 'it succeeded before, the change starts no rollout',
    promoted: 'True',
    tracked: fresh,
    condition: -50,
    expected: 'Current',
  },
  { name: 'this release succeeded', promoted: 'True', tracked: fresh, expected: 'Current' },
  { name: 'Flagger tracks nothing, succeeded', promoted: 'True', expected: 'Current' },
  { name: 'Flagger tracks nothing, failed', promoted: 'False', expected: 'Failed' },
  { name: 'suspended after a success', promoted: 'True', tracked: stale, suspend: true, expected: 'Current' },
  { name: 'suspended after a failure', promoted: 'False', tracked: stale, suspend: true, expected: 'Failed' },
  { name: 'not suspended', promoted: 'True', tracked: stale, suspend: false, expected: 'InProgress' },
  { name: 'no annotations', promoted: 'True', tracked: stale, annotations: 'none', expected: 'Current' },
  { name: 'other annotations', promoted: 'False', tracked: stale, annotations: { a: 'b' }, expected: 'Failed' },
];

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + (100 + seconds) * 1000).toISOString();

function canary({ promoted, tracked, annotations, suspend, condition = 60, look = condition }: Case): unknown {
  const status = promoted && {
    conditions: [{ type: 'Promoted', status: promoted, lastUpdateTime: at(condition) }],
    lastTransitionTime: at(look),
    ...(tracked && { trackedConfigs: tracked }),
  };
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: {
      name: 'web',
      namespace: 'shop',
      ...(annotations === 'none' ? {} : { annotations: annotations ?? { [checksum]: 'new' } }),
      managedFields: [
        { manager: 'kustomize-controller', operation: 'Apply', time: at(0) },
        { manager: 'flagger', operation: 'Update', subresource: 'status', time: at(look) },
      ],
    },
    spec: { analysis: { interval: '10s' }, ...(suspend === undefined ? {} : { suspend }) },
    ...(status && { status }),
  };
}

/** The expressions of every wave of dist/, judged by the code of kustomize-controller on each state of a Canary. */
export async function runHealthChecks({ root, reporter }: Tier, tools: Tools): Promise<void> {
  if (!reporter.isWanted(title)) return;
  await reporter.step(title, "Flux judges a Canary's status by the release that it is about", async (say) => {
    const controller = readFileSync(join(tools.folder('kustomize-controller'), 'go.mod'), 'utf8');
    const module = 'github.com/fluxcd/pkg/runtime';
    const version = tools.version('flux-health');
    if (pinnedVersion(controller, module) !== version)
      throw new Error(
        `kustomize-controller has ${module} ${pinnedVersion(controller, module)}, flux-health ${version}`,
      );
    const expressions = new Set(
      readTree(join(root, 'dist')).flatMap(({ object }) =>
        ((object.spec as { healthCheckExprs?: { kind: string }[] } | undefined)?.healthCheckExprs ?? [])
          .filter(({ kind }) => kind === 'Canary')
          .map((exprs) => JSON.stringify(exprs)),
      ),
    );
    if (expressions.size !== 1) throw new Error(`${expressions.size} different expressions for Canary in dist/`);
    const [text = ''] = expressions;
    const exprs = JSON.parse(text) as unknown;
    const input = JSON.stringify(table.map((one) => ({ exprs, object: canary(one) })));
    const answers = JSON.parse(execFileSync(await tools.path('flux-health'), { input, encoding: 'utf8' })) as string[];
    const problems: string[] = [];
    for (const [index, { name, expected }] of table.entries()) {
      const answer = answers[index] ?? 'no answer';
      say(`${name}: ${answer.replace(/^error: .*: /s, 'error: ')}`);
      if (answer.replace(/:.*/s, '') !== expected) problems.push(`${name}: ${answer}, not ${expected}`);
    }
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });
}
