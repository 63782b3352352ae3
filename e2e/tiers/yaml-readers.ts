import * as fc from 'fast-check';
import { YamlEmitter } from '../../lib/synth';
import { writableDocument } from '../../lib/synth/emit-yaml.arbitrary';
import { ReaderProcess } from '../../tools/yaml-readers';
import type { Tier } from '../lib/tier';
import type { Tools } from '../lib/tools';

const title = 'What Flux reads';
const DOCUMENTS = 20_000;

/** What is written is read by Go's YAML, as kubectl, Flux and kustomize use it, as the object that was meant. */
export async function runYamlReaders({ reporter }: Tier, tools: Tools): Promise<void> {
  if (!reporter.isWanted(title)) return;
  await reporter.step(
    title,
    `${DOCUMENTS} random documents, through kubectl's, Flux's and kustomize's reader`,
    async (say) => {
      const go = ReaderProcess.go(await tools.path('yaml-readers'));
      const emitter = new YamlEmitter();
      for (const [index, spec] of fc.sample(writableDocument, { numRuns: DOCUMENTS, seed: 20_261_130 }).entries()) {
        const object = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: `t-${index}` }, spec };
        await go.write({ text: emitter.file([object]), want: [JSON.parse(JSON.stringify(object))] });
      }
      await go.end();
      for (const { reader, error, text } of go.complaints.slice(0, 5))
        say(`${reader}: ${JSON.stringify(text)}: ${error}`);
      if (go.documents !== DOCUMENTS) throw new Error(`the reader stopped after ${go.documents} documents`);
      if (go.complaints.length > 0) throw new Error(`${go.complaints.length} documents are read otherwise`);
    },
  );
}
