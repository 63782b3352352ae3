import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';

/** The floor: ready objects, `JSON.stringify`, one file each. `node floor.js OBJECTS.json OUTDIR`. */
const [objects, outdir] = process.argv.slice(2);
mkdirSync(outdir!, { recursive: true });
(JSON.parse(readFileSync(objects!, 'utf8')) as unknown[]).forEach((documents, index) => {
  writeFileSync(path.join(outdir!, `${index}.json`), JSON.stringify(documents));
});
