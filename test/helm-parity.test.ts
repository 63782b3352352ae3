import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onlineBoutique } from './catalog';
import { findHelm, helm } from './helm';
import { compareForms } from './helm-parity';

const helmPath = findHelm();
const withHelm = helmPath ? test : test.skip;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aviary-helm-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

withHelm('the charts of Online Boutique render what the plain form has, on both clusters, and are lint clean', () => {
  expect(compareForms(onlineBoutique(), folder, helmPath!)).toBeGreaterThan(100);
  const charts = readdirSync(join(folder, 'charts')).map((name) => join(folder, 'charts', name));
  expect(charts).toHaveLength(12);
  const told = helm(helmPath!, ['lint', '--strict', ...charts]);
  expect(told).toContain('12 chart(s) linted, 0 chart(s) failed');
  expect(told).not.toMatch(/WARNING|ERROR/);
});
