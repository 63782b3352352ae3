import { definitions } from './crds';
import { warningTexts } from './kube-client';
import { parseManifests, sortForApply } from './manifests';
import { freePort } from './ports';
import { formatReport, Reporter, Skip } from './report';
import { waitFor } from './wait';

test('definitions are cut out of a file with other objects, whatever their indentation is worth', () => {
  const text = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  annotations:
    a: b
  name: canaries.flagger.app
spec:
  description: 'continued
  here'
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: flagger
`;
  expect(definitions(text).map(({ object }) => object.metadata.name)).toEqual(['canaries.flagger.app']);
});

test.each([
  [undefined, []],
  ['299 - "unknown field \\"spec.x\\""', ['unknown field "spec.x"']],
  ['299 - "one", 299 - "two, three"', ['one', 'two, three']],
])('warnings of %j', (header, texts) => {
  expect(warningTexts(header)).toEqual(texts);
});

test('lists are opened and namespaces come first', () => {
  const objects = parseManifests(
    'kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}}\n- {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n',
    'x.yaml',
  ).map((object) => ({ object }));
  expect(sortForApply(objects).map(({ object }) => object.kind)).toEqual(['Namespace', 'Service']);
});

test('a step fails by throwing, the next one runs, and the report shows what was said', async () => {
  let clock = 0;
  const lines: string[] = [];
  const reporter = new Reporter({ log: (line) => lines.push(line), now: () => (clock += 500) });
  await reporter.step('One', 'good', async (say) => say('fine'));
  await reporter.step('One', 'bad', async () => {
    throw new Error('no <values> found in /home/a/tree/x.yaml');
  });
  await reporter.step('Two', 'absent', async () => {
    throw new Skip('nothing here');
  });
  expect(reporter.counts).toEqual({ passed: 1, failed: 1, skipped: 1 });
  const head = {
    date: '2026-11-24',
    minutes: 1,
    versions: { etcd: 'v3.6.4' },
    machine: '2 processors',
    places: { '/home/a': '~' },
  };
  const report = formatReport(reporter.sections, head);
  expect(report).toContain(
    '- **passed** good (0.5 s)\n  - fine\n- **FAILED** bad (0.5 s)\n  - no \\<values\\> found in ~/tree/x.yaml',
  );
  expect(report).toContain('1 steps passed, 1 failed, 1 skipped.');
});

test('a step fails when a program has ended by itself, and says which', async () => {
  const reporter = new Reporter({ log: () => undefined, now: () => 0 });
  reporter.died = () => new Error('flagger ended with exit code 1');
  await reporter.step('One', 'good by itself', async (say) => say('fine'));
  await reporter.step('One', 'bad', async () => {
    throw new Error('not within 600 s');
  });
  expect(reporter.sections[0]?.steps.map(({ passed, said }) => [passed, said])).toEqual([
    [false, ['fine', 'flagger ended with exit code 1']],
    [false, ['not within 600 s', 'flagger ended with exit code 1']],
  ]);
});

test('ports are never given twice, and never from the range of outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, freePort));
  expect(new Set(ports).size).toBe(20);
  expect(Math.max(...ports)).toBeLessThan(32768);
});

test('waitFor tells the last state when time is up', async () => {
  const waiting = waitFor('the end', () => undefined, {
    timeoutSeconds: 0.01,
    pollMilliseconds: 1,
    describe: () => 'still Progressing',
  });
  await expect(waiting).rejects.toThrow('the end: not within 0.01 s (still Progressing)');
});
