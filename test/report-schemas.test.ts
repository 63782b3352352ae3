import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { memoryIo } from '../lib/cli/memory-io';
import { runProgram } from '../lib/cli/program';
import { type Finding, formatGitlab, formatSarif } from '../lib/findings';
import { FINDINGS } from '../lib/findings/formats/formats.fixture';

const schema = (name: string) =>
  JSON.parse(readFileSync(join(__dirname, 'fixtures', `${name}.schema.json`), 'utf8')) as Record<string, unknown>;

// OASIS writes draft 4, of which its schema uses only what draft 7 has too; the name of the schema's own identifier changed.
const { $schema: _, id, ...sarifSchema } = schema('sarif-2.1.0');
const sarif = addFormats(new Ajv({ allErrors: true, strict: false })).compile({ ...sarifSchema, $id: String(id) });
const gitlab = new Ajv2020({ allErrors: true }).compile(schema('gitlab-code-quality'));

const odd: Finding[] = [
  ...FINDINGS,
  { code: 'nowhere', severity: 'error', place: {}, message: 'no place at all' },
  { code: 'line-only', severity: 'info', place: { file: 'a/ü [1].yaml', line: 3 }, message: 'Ünïcode "quoted"' },
  {
    code: 'windows',
    severity: 'warning',
    place: { file: 'a\\b.yaml', line: 1, column: 1 },
    message: 'm',
    docs: 'docs/x.md',
  },
  { code: 'stdin', severity: 'warning', place: { file: '-', line: 1, column: 1 }, message: 'm' },
  { code: 'above', severity: 'warning', place: { file: '../up.yaml', line: 1, column: 1 }, message: 'm' },
];
const inputs: [string, readonly Finding[]][] = [
  ['no findings', []],
  ['odd findings', odd],
];

test.each(inputs)("SARIF of %s fits OASIS' schema", (_name, findings) => {
  for (const docsUrl of [undefined, 'https://example.com/aviary']) {
    const log: unknown = JSON.parse(formatSarif(findings, { version: '1.2.3', ...(docsUrl && { docsUrl }) }));
    expect(sarif(log) ? [] : sarif.errors).toEqual([]);
  }
});

test.each(inputs)(
  "code quality of %s fits GitLab's format, and no two fingerprints are the same",
  (_name, findings) => {
    const issues = JSON.parse(formatGitlab(findings)) as { fingerprint: string }[];
    expect(gitlab(issues) ? [] : gitlab.errors).toEqual([]);
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(findings.length);
  },
);

test.each([
  ['sarif', sarif],
  ['gitlab', gitlab],
] as const)('what the command writes as %s fits too', async (format, validate) => {
  const io = memoryIo({ cwd: join(__dirname, '..', 'examples') });
  expect(await runProgram(['preflight', '--manifests', 'seed-failure/manifests', '--format', format], io)).toBe(1);
  expect(validate(JSON.parse(io.out)) ? [] : validate.errors).toEqual([]);
});

test('the schemas do refuse', () => {
  expect(sarif({ version: '2.1.0', runs: [{ tool: { driver: {} } }] })).toBe(false);
  expect(gitlab([{ description: 'd', check_name: 'c', fingerprint: 'f', severity: 'error', location: {} }])).toBe(
    false,
  );
});
