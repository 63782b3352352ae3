import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Danger, DangerCase } from './danger';
import { all as dangers } from './dangers/all.generated';
import { caseDiff, findDangers } from './find-dangers';

const FOLDER = join(__dirname, 'dangers');

function found(danger: Danger, one: DangerCase) {
  return findDangers(caseDiff(one), [danger]).map(({ place, message, severity }) => ({
    object: place.object ?? '',
    message,
    severity,
  }));
}

test('every file of dangers/ is a danger of that name', () => {
  const names = readdirSync(FOLDER)
    .filter((name) => !name.includes('.generated.'))
    .map((name) => name.slice(0, -3));
  expect(dangers.map(({ id }) => id)).toEqual(names.sort());
  expect(dangers.length).toBeGreaterThanOrEqual(25);
});

describe.each(dangers.map((danger) => [danger.id, danger] as const))('%s', (_, danger) => {
  test('has a bad and a good pair, and says why', () => {
    expect(danger.cases.bad.length).toBeGreaterThan(0);
    expect(danger.cases.good.length).toBeGreaterThan(0);
    expect([danger.why, danger.cause, ...danger.source].filter((text) => text.trim().length < 8)).toEqual([]);
  });

  test.each(danger.cases.bad.map((one) => [one.name, one] as const))('bad: %s', (_, one) => {
    expect(one.expect.length).toBeGreaterThan(0);
    expect(found(danger, one)).toEqual(one.expect.map((expected) => ({ severity: danger.severity, ...expected })));
  });

  test.each(danger.cases.good.map((one) => [one.name, one] as const))('good: %s', (_, one) => {
    expect(found(danger, one)).toEqual([]);
  });

  test('nothing that is new is in danger, and nothing that stays as it is', () => {
    for (const one of [...danger.cases.bad, ...danger.cases.good]) {
      expect(found(danger, { ...one, before: [] })).toEqual([]);
      expect(found(danger, { ...one, before: one.after })).toEqual([]);
    }
  });
});

test('an annotation with a reason says that a change is meant', () => {
  const { before, after } = dangers.find(({ id }) => id === 'mtls-weakened')!.cases.bad[0]!;
  const said = (reason: string) =>
    (after as readonly { metadata: object }[]).map((one) => ({
      ...one,
      metadata: { ...one.metadata, annotations: { 'aviary.dev/ignore': `mtls-weakened=${reason}` } },
    })) as unknown as DangerCase['after'];
  const codes = (reason: string) =>
    findDangers(caseDiff({ name: '', before, after: said(reason) }), dangers).map(({ code }) => code);
  expect(codes('the old clients move this week')).toEqual([]);
  expect(codes(' ')).toEqual(['mtls-weakened']);
});
