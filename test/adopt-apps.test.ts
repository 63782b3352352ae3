import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { adopt, adoptionReport } from '../lib/adopt';
import type { KubeObject } from '../lib/kube';
import { catalogObjects } from '../lib/synth';

const reference = join(__dirname, '..', '..', 'shared', 'reference');

/** Public applications, as their authors publish them: how many workloads, and how many objects stay as they are. */
const APPS: readonly [file: string, workloads: number, raw: number][] = [
  ['apps/sock-shop.yaml', 14, 0],
  ['apps/bookinfo.yaml', 6, 1],
  ['online-boutique.yaml', 12, 0],
];

const given = APPS.filter(([file]) => existsSync(join(reference, file)));

(given.length > 0 ? test.each(given) : test.skip.each(APPS))('%s comes over without loss', (file, workloads, raw) => {
  const objects = parseAllDocuments(readFileSync(join(reference, file), 'utf8'))
    .map((document) => document.toJSON() as KubeObject | null)
    .filter((object): object is KubeObject => object !== null);
  const adoption = adopt([{ objects: objects.map((object) => ({ object, origin: { file, document: 0 } })) }], {
    synthesize: (text) => catalogObjects(text, 'services.json'),
  });
  const { counts, lost } = adoptionReport(adoption);
  expect(lost).toEqual([]);
  expect(counts.workloads).toEqual({ all: workloads, typed: workloads, patched: 0, raw: 0 });
  expect(counts.objects.raw).toBe(raw);
});
