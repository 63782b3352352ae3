import { memoryIo } from '../memory-io';
import { runProgram } from '../program';

async function explain(...args: string[]) {
  const io = memoryIo();
  const code = await runProgram(['explain', ...args], io);
  return { code, out: io.out, err: io.err };
}

test('prints the page of a rule, with what it reports in its example', async () => {
  const { code, out } = await explain('svc-selects-target');
  expect(code).toBe(0);
  expect(out).toMatch(/^# svc-selects-target\n\nSeverity error: users see errors\./);
  expect(out).toContain('> **Service shop/reviews**: Service "reviews" selects app: reviews');
});

test('says what people search for first, then the cause, the fix as a diff, and the line that is wrong', async () => {
  const { out } = await explain('maxweight-gt-100');
  expect(out.match(/^## .*/gm)).toEqual([
    '## Symptom',
    '## Cause',
    '## Fix',
    '## Example',
    '## What is sound',
    '## Source',
    '## To silence it for one object',
  ]);
  expect(out).toContain('## Symptom\n\n`Advance web.shop canary weight 100`, again and again.\n');
  expect(out).toContain('\n-    maxWeight: 150\n+    maxWeight: 100\n');
  expect(out).toContain('\n    maxWeight: 150  # <-- here\n');
});

test('prints the page of a danger', async () => {
  const { code, out } = await explain('claim-removed');
  expect(code).toBe(0);
  expect(out).toMatch(/^# claim-removed\n\nA danger that `aviary diff` reports\. Severity error/);
});

test('lists every rule', async () => {
  const { code, out } = await explain('--all');
  expect(code).toBe(0);
  expect(out).toContain('| [ingress-bypasses-vs](ingress-bypasses-vs.md) | error |');
});

test.each([
  [['ingress-bypasses-vss'], 'no rule "ingress-bypasses-vss". Did you mean "ingress-bypasses-vs"?'],
  [[], 'name a code, or say --all'],
])('refuses %j', async (args, message) => {
  const { code, err } = await explain(...args);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test.each(['manifest-not-yaml', 'ignore-unused', 'kustomize-remote'])(
  'explains %s, which no rule finds',
  async (name) => {
    const { code, out } = await explain(name);
    expect(code).toBe(0);
    expect(out).toContain(`# ${name}\n\nSeverity `);
    expect(out).toContain('## Fix');
  },
);

test('explains a code of the catalog too', async () => {
  const io = memoryIo();
  expect(await runProgram(['explain', 'literal-secret'], io)).toBe(0);
  expect(io.out).toBe(
    'literal-secret: A text that is a secret by its name or its shape. The value is never shown.\nIt is found while the catalog is read; docs/catalog.md says what each field takes.\n',
  );
});

test('says what stops a publication', async () => {
  const io = memoryIo();
  expect(await runProgram(['explain', 'order-unknown'], io)).toBe(0);
  expect(io.out).toBe(
    'order-unknown: Nothing tells whether a newer commit was published before.\nIt stops a publication; docs/gitops.md says how one is made.\n',
  );
});

test.each([
  ['ingress-bypass', 'ingress-bypasses-vs'],
  ['volume-to-low', 'volume-too-low'],
])('half a code, or a misspelt one: %s', async (code, near) => {
  const io = memoryIo();
  expect(await runProgram(['explain', code], io)).toBe(2);
  expect(io.err).toContain(`no rule "${code}". Did you mean "${near}"?`);
});
