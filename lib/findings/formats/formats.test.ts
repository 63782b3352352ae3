import type { Finding } from '../finding';
import { FINDINGS, SOURCE } from './formats.fixture';
import { formatGitlab } from './gitlab';
import { formatJson } from './json';
import { formatMarkdown } from './markdown';
import { formatSarif } from './sarif';
import { formatText } from './text';

const source = (file: string) => (file === 'services.json' ? SOURCE : undefined);

describe('text', () => {
  test('more than three findings that say the same of other objects become one', () => {
    const alike = ['a', 'b', 'c', 'd'].map(
      (name): Finding => ({
        code: 'old',
        severity: 'warning',
        place: { file: `${name}.yaml`, line: 1, object: `Deployment shop/${name}` },
        message: `Deployment "${name}" is old`,
        fix: 'use apps/v1',
      }),
    );
    const other: Finding = { code: 'old', severity: 'warning', place: {}, message: 'Deployment "a" is odd' };
    expect(formatText([...alike, other], { folds: true })).toBe(`\
a.yaml:1 Deployment shop/a: warning: Deployment "a" is old. [old]
  fix: use apps/v1
  and 3 more: b.yaml:1 Deployment shop/b; c.yaml:1 Deployment shop/c; d.yaml:1 Deployment shop/d

warning: Deployment "a" is odd. [old]

5 warnings
`);
    expect(formatText(alike).match(/use apps/g)).toHaveLength(4);
    expect(formatText(alike.slice(1), { folds: true })).toBe(formatText(alike.slice(1)));
  });
  test('without findings there is nothing to say', () => expect(formatText([])).toBe(''));

  test('place, sentence, line with caret, cause, fix', () => {
    expect(formatText(FINDINGS, { source })).toBe(`\
services.json:2:13 /services/0/env/A (staging): error: no service "cartservise". Did you mean "cartservice"? [unknown-service]
  2 |   "A": {\t"service": "cartservise" }
    |         \t   ^
  cause: a reference becomes the address of a Service
  fix: name a service of /services/*/name
  because of: root-cause@Canary shop/cart
  more: aviary explain unknown-service

Canary shop/<cart>: warning: is \`odd\`, *and* {{ target }}
- not a list. [other]

./a b/c%.yaml: info: Is it? [other]

1 error, 1 warning, 1 note
`);
  });

  test('colours only where asked for', () => {
    expect(formatText(FINDINGS, { color: true })).toContain('\u001b[31m');
    expect(formatText(FINDINGS)).not.toContain('\u001b');
  });

  test('a very long line is cut around the caret, and control characters are not printed', () => {
    const long = `${'x'.repeat(500)}\u001b[31mY${'z'.repeat(500)}`;
    const text = formatText(
      [{ code: 'c', severity: 'error', place: { file: 'f', line: 1, column: 506 }, message: 'm' }],
      { source: () => long },
    );
    const [, shown = '', caret = ''] = text.split('\n');
    expect(shown).not.toContain('\u001b');
    expect(shown.length).toBeLessThan(130);
    expect(shown[caret.indexOf('^')]).toBe('Y');
  });
});

test('json', () => {
  const [first] = FINDINGS;
  const parsed = JSON.parse(formatJson(FINDINGS));
  expect(parsed.findings[0]).toEqual(first);
  expect(Object.keys(parsed.findings[0]).slice(0, 4)).toEqual(['code', 'severity', 'message', 'place']);
  expect(parsed.summary).toEqual({ errors: 1, warnings: 1, infos: 1 });
  expect(JSON.parse(formatJson([]))).toEqual({ findings: [], summary: { errors: 0, warnings: 0, infos: 0 } });
});

describe('gitlab', () => {
  const issues = (findings = FINDINGS) => JSON.parse(formatGitlab(findings));

  test('what the report needs', () => {
    expect(issues()[0]).toEqual({
      description:
        'No service "cartservise". Did you mean "cartservice"? Cause: a reference becomes the address of a Service. Fix: name a service of /services/*/name.',
      check_name: 'unknown-service',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      severity: 'major',
      location: { path: 'services.json', lines: { begin: 2 } },
    });
    expect(issues()[2].location).toEqual({ path: 'a b/c%.yaml', lines: { begin: 1 } });
    expect(formatGitlab([])).toBe('[]\n');
  });

  test('a fingerprint is unique in the report and does not move with lines', () => {
    const moved = FINDINGS.map((finding) => ({ ...finding, place: { ...finding.place, line: 99 } }));
    const prints = (list: { fingerprint: string }[]) => list.map(({ fingerprint }) => fingerprint);
    expect(prints(issues(moved))).toEqual(prints(issues()));
    expect(new Set(prints(issues([...FINDINGS, ...FINDINGS]))).size).toBe(6);
  });
});

describe('sarif', () => {
  const run = (options = {}) => JSON.parse(formatSarif(FINDINGS, options)).runs[0];

  test('rules, results and places', () => {
    const { tool, results, columnKind } = run({ version: '1.2.3', docsUrl: 'https://example.com/' });
    expect(columnKind).toBe('utf16CodeUnits');
    expect(tool.driver).toEqual({
      name: 'Aviary',
      version: '1.2.3',
      rules: [{ id: 'other' }, { id: 'unknown-service', helpUri: 'https://example.com/docs/rules/unknown-service.md' }],
    });
    expect(results.map(({ ruleId, ruleIndex, level }: never) => [ruleId, ruleIndex, level])).toEqual([
      ['unknown-service', 1, 'error'],
      ['other', 0, 'warning'],
      ['other', 0, 'note'],
    ]);
    expect(results[0].locations).toEqual([
      {
        physicalLocation: { artifactLocation: { uri: 'services.json' }, region: { startLine: 2, startColumn: 13 } },
        logicalLocations: [{ fullyQualifiedName: '/services/0/env/A', kind: 'value' }],
      },
    ]);
    expect(results[1].locations).toEqual([
      { logicalLocations: [{ fullyQualifiedName: 'Canary shop/<cart>', kind: 'resource' }] },
    ]);
    expect(results[2].locations).toEqual([{ physicalLocation: { artifactLocation: { uri: 'a%20b/c%25.yaml' } } }]);
  });

  test('a relative page is no helpUri', () => {
    expect(run().tool.driver.rules).toEqual([{ id: 'other' }, { id: 'unknown-service' }]);
  });
});

test('markdown', () => {
  expect(formatMarkdown(FINDINGS, { docsUrl: 'https://example.com' })).toBe(`\
**1 error, 1 warning, 1 note**

## Errors

- \`services.json:2:13 /services/0/env/A (staging)\`: no service "cartservise". Did you mean \`cartservice\`? ([\`unknown-service\`](https://example.com/docs/rules/unknown-service.md))
  - Cause: a reference becomes the address of a Service
  - Fix: name a service of /services/\\*/name
  - Because of: \`root-cause@Canary shop/cart\`

## Warnings

- \`Canary shop/<cart>\`: is \\\`odd\\\`, \\*and\\* \\{\\{ target \\}\\} - not a list. (\`other\`)

## Notes

- \`./a b/c%.yaml\`: Is it? (\`other\`)
`);
  expect(formatMarkdown([])).toBe('**No findings**\n');
});
