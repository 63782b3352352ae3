import { buildWorld } from '../world';
import { canary, deployment, service } from './case-manifests';
import { type Rule, type RuleDeclaration, rule } from './rule';
import { runPreflight } from './run';

function everyObject(id: string, more: Partial<RuleDeclaration<'world'>> = {}): Rule {
  return rule({
    id,
    severity: 'error',
    effect: 'fails',
    since: '0.1.0',
    why: 'a rule for the tests of the engine',
    cause: 'every object is reported',
    source: [],
    codes: [],
    each: 'world',
    check(world, report) {
      for (const one of world.canaries()) report(one, { message: `${id} of ${one.name}`, fix: 'nothing' });
    },
    cases: () => ({ bad: [], good: [] }),
    ...more,
  });
}

function worldOf(...objects: Parameters<typeof canary>[1][]) {
  return buildWorld(
    objects.map((options, index) => ({
      object: canary(`app-${index}`, options),
      place: { file: 'apps.yaml', line: index + 1 },
    })),
  );
}

const codes = (rules: Rule[], world = worldOf({})) =>
  runPreflight(world, { rules }).findings.map(({ code, place }) => `${code} ${place.object}`);

test('a finding has place, cause, fix and page', () => {
  expect(runPreflight(worldOf({}), { rules: [everyObject('a-rule')] }).findings).toEqual([
    {
      code: 'a-rule',
      severity: 'error',
      place: { file: 'apps.yaml', line: 1, pointer: '', object: 'Canary shop/app-0' },
      message: 'a-rule of app-0',
      cause: 'every object is reported',
      fix: 'nothing',
      docs: 'docs/rules/a-rule.md',
    },
  ]);
});

test('a root comes directly before its echoes, which link to it', () => {
  const rules = [everyObject('an-echo', { echoOf: ['the-root'] }), everyObject('the-root'), everyObject('another')];
  const { findings } = runPreflight(worldOf({}, {}), { rules });
  expect(findings.map(({ code, place, because }) => [code, place.object, because])).toEqual([
    ['the-root', 'Canary shop/app-0', undefined],
    ['an-echo', 'Canary shop/app-0', ['the-root@Canary shop/app-0']],
    ['another', 'Canary shop/app-0', undefined],
    ['the-root', 'Canary shop/app-1', undefined],
    ['an-echo', 'Canary shop/app-1', ['the-root@Canary shop/app-1']],
    ['another', 'Canary shop/app-1', undefined],
  ]);
});

test('a report says that it has a cause of its own', () => {
  const alone = everyObject('an-echo', {
    echoOf: ['the-root'],
    check: (world, report) => {
      for (const one of world.canaries()) report(one, { message: 'alone', fix: 'nothing', echoOf: [] });
    },
  });
  const { findings } = runPreflight(worldOf({}), { rules: [alone, everyObject('the-root')] });
  expect(findings.map(({ code, because }) => [code, because])).toEqual([
    ['an-echo', undefined],
    ['the-root', undefined],
  ]);
});

test('an echo without its root stands alone', () => {
  expect(codes([everyObject('an-echo', { echoOf: ['the-root'] })])).toEqual(['an-echo Canary shop/app-0']);
});

test('roots that name each other are still reported once', () => {
  const rules = [everyObject('one', { echoOf: ['two'] }), everyObject('two', { echoOf: ['one'] })];
  expect(codes(rules).sort()).toEqual(['one Canary shop/app-0', 'two Canary shop/app-0']);
});

test('errors come before warnings', () => {
  expect(codes([everyObject('mild', { severity: 'warning' }), everyObject('bad')])).toEqual([
    'bad Canary shop/app-0',
    'mild Canary shop/app-0',
  ]);
});

test('a finding at what Flagger makes has the place of its Canary', () => {
  const atServices = everyObject('at-services', {
    check(world, report) {
      for (const one of world.services()) report(one, { pointer: '/spec/type', message: one.name, fix: 'nothing' });
    },
  });
  const world = buildWorld([
    { object: deployment('cart'), place: { file: 'cart.yaml' } },
    { object: canary('cart'), place: { file: 'canary.yaml' } },
    { object: service('other'), place: { file: 'other.yaml' } },
  ]);
  expect(
    runPreflight(world, { rules: [atServices] }).findings.map(({ message, place }) => [
      message,
      place.file,
      place.pointer,
    ]),
  ).toEqual([
    ['cart', 'canary.yaml', ''],
    ['cart-primary', 'canary.yaml', ''],
    ['cart-canary', 'canary.yaml', ''],
    ['other', 'other.yaml', '/spec/type'],
  ]);
});

describe('silences', () => {
  const silent = (value: string) => worldOf({ metadata: { annotations: { 'aviary.dev/ignore': value } } });
  const run = (value: string) => runPreflight(silent(value), { rules: [everyObject('a-rule'), everyObject('b-rule')] });

  test('of an annotation hold for the object, with a reason', () => {
    const { findings, silenced } = run('a-rule = it is a test; b-rule=too');
    expect([findings, silenced.map(({ code }) => code)]).toEqual([[], ['a-rule', 'b-rule']]);
  });

  test.each([
    ['a-rule', '"a-rule" in the annotation aviary.dev/ignore has no reason'],
    ['a-rule=', '"a-rule=" in the annotation aviary.dev/ignore has no reason'],
    ['A rule=x', '"A rule=x" in the annotation aviary.dev/ignore does not start with a code'],
    ['a-rulle=x', 'the silence of "a-rulle" for Canary shop/app-0 names no rule'],
  ])('%s', (value, message) => {
    const found = run(value).findings.at(-1);
    expect([found?.message, found?.place.pointer]).toEqual([message, '/metadata/annotations/aviary.dev~1ignore']);
  });

  test('that silence nothing are findings', () => {
    const quiet = everyObject('a-rule', { check() {} });
    const { findings } = runPreflight(silent('a-rule=x'), { rules: [quiet] });
    expect(findings.map(({ code, severity, message }) => [code, severity, message])).toEqual([
      ['ignore-unused', 'warning', 'the silence of "a-rule" for Canary shop/app-0 silences nothing'],
    ]);
  });

  test('of the catalog hold for one object', () => {
    const place = { file: 'services.json', pointer: '/services/0/preflight/ignore/0' };
    const ignores = ['app-0', 'app-9'].map((name) => ({
      code: 'a-rule',
      reason: 'known',
      owner: `service "${name}"`,
      objects: [`Deployment shop/${name}`, `Canary shop/${name}`],
      place,
    }));
    const { findings } = runPreflight(worldOf({}, {}), { rules: [everyObject('a-rule')], ignores });
    expect(findings.map(({ message }) => message)).toEqual([
      'a-rule of app-1',
      'the silence of "a-rule" for service "app-9" silences nothing',
    ]);
  });
});

test('a profile has the slowest rule first', () => {
  let now = 0;
  const slow = everyObject('slow', {
    check() {
      now += 5;
    },
  });
  const { timings } = runPreflight(worldOf({}), { rules: [everyObject('fast'), slow], clock: () => now });
  expect(timings).toEqual([
    { rule: 'slow', milliseconds: 5 },
    { rule: 'fast', milliseconds: 0 },
  ]);
});

test('an internal error names the rule', () => {
  const broken = everyObject('broken', {
    check() {
      throw new TypeError('x is undefined');
    },
  });
  expect(() => runPreflight(worldOf({}), { rules: [broken] })).toThrow('internal error in rule broken: x is undefined');
});
