import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type AnalysisTiming, rolloutDuration } from './duration';

describe('rolloutDuration', () => {
  test.each<[string, AnalysisTiming, string, number, number]>([
    ['weights by step', { interval: '1m', threshold: 5, stepWeight: 10, maxWeight: 50 }, 'istio', 8, 7],
    ['a step that does not divide the maximum', { stepWeight: 20, maxWeight: 50, threshold: 1 }, 'istio', 6, 3],
    ['no maximum is 100', { stepWeight: 50, threshold: 1 }, 'istio', 5, 3],
    ['weights listed', { stepWeights: [1, 10, 80], threshold: 2 }, 'istio', 6, 4],
    ['traffic shifted back in steps', { stepWeight: 20, maxWeight: 40, stepWeightPromotion: 20 }, 'istio', 6, 3],
    ['mirrored first', { stepWeight: 50, maxWeight: 50, mirror: true }, 'istio', 5, 3],
    ['A/B', { iterations: 10, match: [{}] }, 'istio', 13, 3],
    ['Blue/Green', { iterations: 10 }, 'istio', 14, 3],
    ['Blue/Green without a mesh', { iterations: 3 }, 'kubernetes', 7, 3],
    ['weights without a mesh become ten iterations', { stepWeight: 10 }, 'kubernetes', 14, 3],
    ['a threshold below one is one', { stepWeight: 50, maxWeight: 50, threshold: 0 }, 'istio', 4, 3],
  ])('%s', (_, analysis, provider, success, rollback) => {
    const duration = rolloutDuration(analysis, { provider });
    expect([duration.successTicks, duration.rollbackTicks]).toEqual([success, rollback]);
  });

  test('seconds include the interval until the change is noticed', () => {
    const duration = rolloutDuration({ interval: '30s', threshold: 5, stepWeight: 10, maxWeight: 50 });
    expect([duration.successSeconds, duration.rollbackSeconds]).toEqual([270, 240]);
  });

  test('skipAnalysis promotes in the next tick', () => {
    expect(rolloutDuration({ stepWeight: 10 }, { skipAnalysis: true }).successTicks).toBe(1);
  });
});

/**
 * Rollouts recorded from the real Flagger. Those that someone held up, restarted or reverted on the way take longer by
 * design; the rows say how many ticks a recorded one is later, and why.
 */
const HELD_UP: Readonly<Record<string, [ticks: number, why: string]>> = {
  'bluegreen-gate': [4, 'a gate was closed'],
  'cold-start-loadtest': [1, 'one failed check'],
  'cold-start-loadtest-late': [2, 'two failed checks'],
  'cold-start-scrape-5s-late': [1, 'one failed check'],
  gates: [5, 'gates were closed'],
  'restart-midway': [3, 'a newer revision restarted the analysis'],
  'slow-start': [2, 'pods were not ready'],
  'suspend-midway': [3, 'suspended on the way'],
  'transient-errors-recover': [4, 'four failed checks'],
};
/** Rollbacks for another reason than a metric that fails from the first check on. */
const OTHER_ROLLBACKS: Readonly<Record<string, string>> = {
  'deadline-rollback': 'the deadline ended it',
  'failed-revision-swallowed': 'the failed revision is not the last one',
  'primary-deadline': 'the primary was not ready',
  'prerollout-fails': 'a hook failed ahead of the first check',
  'retry-after-failure': 'failed, then retried',
  'rollback-hook': 'a hook asked for it',
};

const traces = resolve(process.env.AVIARY_TRACES ?? join(__dirname, '../../../shared/conformance/traces'));
const present = existsSync(traces);
const names = present
  ? readdirSync(traces, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  : [];

(present ? describe : describe.skip)(`against recorded rollouts of Flagger (${present ? 'found' : 'absent'})`, () => {
  const ended = names.flatMap((name) => {
    const read = (file: string) => readFileSync(join(traces, name, file), 'utf8');
    const { status } = JSON.parse(read('expected.json')) as { status: { tick: number; phase: string }[] };
    const { provider, clock } = JSON.parse(read('scenario.json')) as { provider: string; clock: string };
    const canary = parseAllDocuments(read('manifests.yaml'))
      .map(
        (document) => document.toJS() as { kind: string; spec: { analysis: AnalysisTiming; skipAnalysis?: boolean } },
      )
      .find(({ kind }) => kind === 'Canary')!;
    const tickOf = (phase: string) => status.find((row) => row.phase === phase)?.tick;
    const { skipAnalysis } = canary.spec;
    const duration = rolloutDuration(canary.spec.analysis, { provider, skipAnalysis });
    const end = { name, clock, duration, succeeded: tickOf('Succeeded'), failed: tickOf('Failed') };
    return end.clock === 'revision' && (end.succeeded ?? end.failed) !== undefined ? [end] : [];
  });
  const succeeded = ended.filter((end) => end.succeeded !== undefined && end.failed === undefined);
  const failed = ended.filter((end) => end.failed !== undefined && !(end.name in OTHER_ROLLBACKS));

  test('are enough to mean something', () => {
    expect([succeeded.length >= 20, failed.length >= 8]).toEqual([true, true]);
  });

  test.each(succeeded.map((end) => [end.name, end] as const))('%s: tick of Succeeded', (name, end) => {
    expect(end.duration.successTicks + (HELD_UP[name]?.[0] ?? 0)).toBe(end.succeeded);
  });

  test.each(failed.map((end) => [end.name, end] as const))('%s: tick of Failed', (_, end) => {
    expect(end.duration.rollbackTicks).toBe(end.failed);
  });
});
