import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLong } from '../../test/runs';
import type { Finding } from '../findings';
import { caseWorld } from './case-world';
import type { Case, Rule } from './rule';
import { withEdits } from './rule-example';
import { rules } from './rules.generated';
import { runPreflight } from './run';

const { ruleRegistry } = require('../../tools/rule-registry') as { ruleRegistry(folder: string): string };

function findingsOf(rule: Rule, one: Case) {
  return runPreflight(caseWorld(one), { rules: [rule] }).findings.map(({ place, message, severity }) => ({
    object: place.object ?? '',
    message,
    pointer: place.pointer ?? '',
    severity,
  }));
}

test('the registry is fresh (npm run generate)', () => {
  const text = readFileSync(join(__dirname, 'rules.generated.ts'), 'utf8');
  expect(text).toBe(ruleRegistry(join(__dirname, 'rules')));
});

test('every file of rules/ is a rule of that name', () => {
  const names = readdirSync(join(__dirname, 'rules')).map((name) => name.replace(/\.ts$/, ''));
  expect(rules.map(({ id }) => id)).toEqual(names.sort());
});

test('a rule names as roots only rules that exist, and no code is claimed twice', () => {
  const ids = new Set(rules.map(({ id }) => id));
  const unknown = rules.flatMap(({ id, echoOf = [] }) =>
    echoOf.filter((root) => !ids.has(root)).map((root) => `${id}: ${root}`),
  );
  const codes = rules.flatMap((rule) => rule.codes);
  expect(unknown).toEqual([]);
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
});

describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (_, rule) => {
  test('has a bad and a good case, and says why', () => {
    expect(rule.cases.bad.length).toBeGreaterThan(0);
    expect(rule.cases.good.length).toBeGreaterThan(0);
    expect([rule.why, rule.cause, ...rule.source].filter((text) => text.trim().length < 10)).toEqual([]);
  });

  test.each(rule.cases.bad.map((one) => [one.name, one] as const))('bad: %s', (_, one) => {
    const found = findingsOf(rule, one);
    expect(one.expect.length).toBeGreaterThan(0);
    // Only the fields that the case names are compared: the message of at least one bad case is named.
    expect(found.map((finding, index) => pick(finding, one.expect[index]))).toEqual(one.expect);
  });

  for (const { name, mended, ...one } of rule.cases.bad)
    if (mended)
      test(`mended: ${name}`, () => {
        expect(findingsOf(rule, { ...one, name, manifests: mended })).toEqual([]);
      });

  test.each(rule.cases.good.map((one) => [one.name, one] as const))('good: %s', (_, one) => {
    expect(findingsOf(rule, one)).toEqual([]);
  });

  test('the exact words of a finding are in a case', () => {
    expect(rule.cases.bad.some((one) => one.expect.some(({ message }) => message !== undefined))).toBe(true);
  });
});

function pick<T extends object>(value: T, shape: object | undefined): Partial<T> {
  if (!shape) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(shape, key))) as Partial<T>;
}

const key = ({ code, place }: Finding) => `${code} ${place.object}`;

test('a cure carried out ends its finding, and brings no error of another rule', () => {
  const wrong: string[] = [];
  let cured = 0;
  for (const rule of rules)
    for (const one of rule.cases.bad) {
      if (one.files) continue;
      const { findings, cures } = runPreflight(caseWorld(one), { rules: [rule] });
      for (const finding of findings) {
        const edits = cures.get(finding);
        if (!edits) continue;
        cured += 1;
        const after = withEdits(one, edits);
        const left = runPreflight(caseWorld(after), { rules: [rule] }).findings;
        if (left.some(({ message, place }) => message === finding.message && place.object === finding.place.object))
          wrong.push(`${rule.id}, ${one.name}: still says ${finding.message}`);
        if (!isLong) continue;
        const before = new Set(runPreflight(caseWorld(one)).findings.map(key));
        for (const other of runPreflight(caseWorld(after)).findings)
          if (other.severity === 'error' && !before.has(key(other)))
            wrong.push(`${rule.id}, ${one.name}: brings ${key(other)}: ${other.message}`);
      }
    }
  expect(wrong).toEqual([]);
  expect(cured).toBeGreaterThan(40);
});

test('mended as a case says, no other rule has an error that it had not before', () => {
  const wrong: string[] = [];
  for (const rule of rules)
    for (const one of rule.cases.bad) {
      if (!one.mended || !isLong) continue;
      const before = new Set(runPreflight(caseWorld(one)).findings.map(key));
      for (const other of runPreflight(caseWorld({ ...one, manifests: one.mended })).findings)
        if (other.severity === 'error' && !before.has(key(other)))
          wrong.push(`${rule.id}, ${one.name}: brings ${key(other)}: ${other.message}`);
    }
  expect(wrong).toEqual([]);
});

test('Canary by Canary, all rules together find what they find in one go', () => {
  let findings = 0;
  const tried = rules.filter((_, index) => isLong || index % 8 === 0);
  for (const rule of tried)
    for (const one of [...rule.cases.bad, ...rule.cases.good]) {
      const [turns, whole] = [1, Number.MAX_SAFE_INTEGER].map(
        (turn) => runPreflight(caseWorld(one), { turn }).findings,
      );
      expect(turns).toEqual(whole);
      findings += turns!.length;
    }
  expect(findings).toBeGreaterThan(tried.length);
});
