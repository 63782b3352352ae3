import * as fc from 'fast-check';
import { loadAll } from 'js-yaml';
import { parseAllDocuments } from 'yaml';
import { Tools } from '../e2e/lib/tools';
import { UnrepresentableValue, YamlEmitter } from '../lib/synth';
import { document, isWritable, writableDocument } from '../lib/synth/emit-yaml.arbitrary';
import { type Complaint, ReaderProcess } from './yaml-readers';

/**
 * `npm run fuzz:emitter -- [DOCUMENTS] [SEED]`: what we write is read as it was meant, by Go's YAML as kubectl, Flux and
 * kustomize use it, by PyYAML (YAML 1.1), and by yaml and js-yaml (1.1 and 1.2).
 */
const [wanted = '1000000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
const BATCH = 2000;
const MAX_SHOWN = 20;
/** Go reads every file, the others, which are slow, one of so many. */
const OTHERS_READ_ONE_OF = 10;

/** An object that kustomize takes, with anything in it. */
const object = fc
  .record(
    {
      data: fc.oneof({ weight: 40, arbitrary: writableDocument }, { weight: 1, arbitrary: document }),
      stringData: writableDocument,
      spec: writableDocument,
    },
    { requiredKeys: ['spec'], noNullPrototype: true },
  )
  .map((fields) => ({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: '' }, ...fields }));
const files = fc.array(object, { minLength: 1, maxLength: 3 });

const inProcess: Readonly<Record<string, (text: string) => unknown[]>> = {
  'yaml, 1.1': (text) => byYaml(text, '1.1'),
  'yaml, 1.2': (text) => byYaml(text, '1.2'),
  'js-yaml, 1.2': (text) => loadAll(text) as unknown[],
};

function byYaml(text: string, version: '1.1' | '1.2'): unknown[] {
  const documents = parseAllDocuments(text, { version, merge: version === '1.1', logLevel: 'error' });
  if (!Array.isArray(documents)) return [];
  return documents.map((one) => {
    if (one.errors[0]) throw one.errors[0];
    return one.toJS();
  });
}

async function main(): Promise<void> {
  const tools = new Tools({ root: process.cwd(), env: process.env, log: (line) => process.stderr.write(`${line}\n`) });
  const go = ReaderProcess.go(await tools.path('yaml-readers'));
  const python = ReaderProcess.python();
  const emitter = new YamlEmitter();
  const started = Date.now();
  const complaints: Complaint[] = [];
  const counts = { documents: 0, refused: 0, bytes: 0, byOthers: 0 };
  const differences = () => [...complaints, ...go.complaints, ...python.complaints];
  for (let batch = 0; counts.documents < Number(wanted) && differences().length < MAX_SHOWN; batch++) {
    for (const [index, one] of fc.sample(files, { numRuns: BATCH, seed: Number(seed) + batch }).entries()) {
      const documents = one.map((value, at) => ({ ...value, metadata: { name: `t-${index}-${at}` } }));
      counts.documents += documents.length;
      let written: string;
      try {
        written = emitter.file(documents);
      } catch (error) {
        if (!(error instanceof UnrepresentableValue) || isWhole(documents)) throw error;
        counts.refused += documents.length;
        continue;
      }
      counts.bytes += written.length;
      const json = JSON.stringify(documents);
      const file = { text: written, want: JSON.parse(json) as unknown[] };
      await go.write(file);
      if (index % OTHERS_READ_ONE_OF !== 0) continue;
      counts.byOthers += documents.length;
      await python.write(file);
      for (const [reader, read] of Object.entries(inProcess)) {
        const error = complaintOf(() => read(written), json);
        if (error !== undefined) complaints.push({ reader, error, text: written });
      }
    }
  }
  await Promise.all([go.end(), python.end()]);
  if (go.documents !== counts.documents - counts.refused || python.documents !== counts.byOthers)
    throw new Error(`a reader stopped after ${go.documents} or ${python.documents} documents`);
  const found = differences().sort((a, b) => a.text.length - b.text.length);
  process.stdout.write(
    `seed ${seed}: ${counts.documents} documents, ${(counts.bytes / 1e6).toFixed(1)} MB, ${counts.refused} of them refused with their files ` +
      `(halves of characters, or what kustomize loses), ${counts.byOthers} read by PyYAML, yaml and js-yaml, too; ` +
      `${((Date.now() - started) / 1000).toFixed(0)} s: ${found.length === 0 ? 'read by all as meant' : `${found.length} DIFFERENCES`}\n`,
  );
  for (const { reader, error, text } of found.slice(0, MAX_SHOWN))
    process.stdout.write(`${reader}: ${JSON.stringify(text)}\n  ${error.slice(0, 400)}\n`);
  if (found.length > 0) process.exitCode = 1;
}

/** Whether Unicode has every text in it, and kustomize hands it on. */
function isWhole(value: unknown): boolean {
  if (typeof value === 'string') return isWritable(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, child]) => isWhole(key) && isWhole(child));
}

function complaintOf(read: () => unknown, json: string): string | undefined {
  try {
    const got = JSON.stringify(read());
    return got === json ? undefined : `reads ${got}`;
  } catch (error) {
    return String(error);
  }
}

main();
