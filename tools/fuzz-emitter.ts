import { Yaml } from 'cdk8s';
import * as fc from 'fast-check';
import { YamlEmitter } from '../lib/synth';
import { document } from '../lib/synth/emit-yaml.arbitrary';

/** `npm run fuzz:emitter -- [DOCUMENTS] [SEED]`: our YAML against that of cdk8s, byte for byte. */
const [documents = '1000000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
const emitter = new YamlEmitter();
const started = Date.now();
let bytes = 0;
const details = fc.check(
  fc.property(document, (value) => {
    const expected = Yaml.stringify(value);
    bytes += expected.length;
    return emitter.document(value) === expected;
  }),
  { numRuns: Number(documents), seed: Number(seed) },
);
process.stdout.write(
  `seed ${seed}: ${details.numRuns} documents, ${(bytes / 1e6).toFixed(1)} MB, ` +
    `${emitter.fallbacks} left to the library (shared references and bare scalars), ${((Date.now() - started) / 1000).toFixed(0)} s: ` +
    `${details.failed ? 'DIFFERENT' : 'all equal'}\n`,
);
if (details.failed) {
  process.stdout.write(`${fc.defaultReportMessage(details)}\n`);
  process.exitCode = 1;
}
