import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { catalogs } from './arbitraries/catalog';
import { findHelm } from './helm';
import { compareForms, together, withoutWorkloadNames } from './helm-parity';

const helmPath = findHelm();
/** Fixed, so that a failure is the same everywhere; AVIARY_RUNS and AVIARY_SEED look further. */
const options = { seed: Number(process.env.AVIARY_SEED ?? 20261130), numRuns: Number(process.env.AVIARY_RUNS ?? 100) };

(helmPath ? test : test.skip)('the charts of random catalogs render what the plain form has', () => {
  const problems: string[] = [];
  let objects = 0;
  // Not shrunk: each try is a process of Helm, and the object that differs says enough.
  for (const [index, catalog] of fc.sample(catalogs, options).entries()) {
    const folder = mkdtempSync(join(tmpdir(), 'aviary-helm-'));
    try {
      objects += compareForms(withoutWorkloadNames(catalog), folder, helmPath!, together);
    } catch (error) {
      problems.push(`catalog ${index}: ${(error as Error).message}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  expect(problems.slice(0, 3)).toEqual([]);
  expect(objects).toBeGreaterThan(options.numRuns);
});
