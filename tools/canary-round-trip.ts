// What canaryRolloutProps and CanaryRollout make of the Canaries in folders of other people's manifests:
// `node tools/run-script.js tools/canary-round-trip.ts FOLDER…`. Reads YAML, and YAML inside Markdown and shell scripts.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { App, Chart } from 'cdk8s';
import { parseAllDocuments } from 'yaml';
import {
  AlertProvider,
  alertProviderProps,
  CanaryRollout,
  type CanaryRolloutReading,
  canaryRolloutProps,
  MetricTemplate,
  metricTemplateProps,
} from '../lib/constructs';
import { isFields, type KubeObject } from '../lib/kube';

/** A Canary and what came of it. */
export interface RoundTrip {
  readonly place: string;
  readonly manifest: KubeObject;
  readonly reading: CanaryRolloutReading;
  /** What the construct refuses; undefined where it made the Canary. */
  readonly refused?: string;
  /** Whether the Canary that it made has the same `spec`, labels, annotations, name and namespace. */
  readonly isSame: boolean;
  /** The first place where it differs. */
  readonly difference?: string;
}

/** The inverse, and the construct from it. */
export function roundTrip(manifest: KubeObject, place = ''): RoundTrip {
  let reading: CanaryRolloutReading = { props: {}, typed: [], overlay: [], faults: [] };
  try {
    reading = canaryRolloutProps(manifest);
    const chart = new Chart(new App({ outdir: 'unused' }), 'chart');
    const { canary } = new CanaryRollout(chart, 'canary', reading.props);
    const difference = differenceOf(canary.toJson(), manifest);
    return { place, manifest, reading, isSame: difference === undefined, difference };
  } catch (error) {
    return { place, manifest, reading, refused: (error as Error).message, isSame: false };
  }
}

/** What the constructs of a MetricTemplate or an AlertProvider make of its manifest: the first difference, or the refusal. */
export function otherRoundTrip(manifest: KubeObject): string | undefined {
  const chart = new Chart(new App({ outdir: 'unused' }), 'chart');
  try {
    const made =
      manifest.kind === 'MetricTemplate'
        ? new MetricTemplate(chart, 'one', metricTemplateProps(manifest)).template
        : new AlertProvider(chart, 'one', alertProviderProps(manifest)).provider;
    const parts = (object: KubeObject) => ({
      name: object.metadata.name,
      namespace: object.metadata.namespace ?? '',
      spec: (object as { spec?: unknown }).spec,
    });
    return firstDifference(parts(made.toJson()), parts(manifest), '');
  } catch (error) {
    return (error as Error).message;
  }
}

function differenceOf(made: KubeObject, given: KubeObject): string | undefined {
  const parts = (object: KubeObject) => ({
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? '',
    labels: object.metadata.labels ?? {},
    annotations: object.metadata.annotations ?? {},
    spec: (object as { spec?: unknown }).spec,
  });
  return firstDifference(parts(made), parts(given), '');
}

function firstDifference(a: unknown, b: unknown, path: string): string | undefined {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return a === b ? undefined : `${path}: ${JSON.stringify(a)} is not ${JSON.stringify(b)}`;
  if (Array.isArray(a) !== Array.isArray(b)) return `${path}: list and object`;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    // The API server takes null for a field that is not there.
    const found = firstDifference(
      (a as Record<string, unknown>)[key] ?? undefined,
      (b as Record<string, unknown>)[key] ?? undefined,
      `${path}/${key}`,
    );
    if (found) return found;
  }
  return undefined;
}

/** Every Canary below a folder, each once; or what has another kind of Flagger's. */
export function* canariesBelow(
  folder: string,
  kinds: readonly string[] = ['Canary'],
): Generator<{ readonly place: string; readonly manifest: KubeObject }> {
  const seen = new Set<string>();
  for (const path of filesBelow(folder)) {
    const text = readFileSync(path, 'utf8');
    if (!text.includes('flagger.app/')) continue;
    for (const document of documentsOf(path, text)) {
      if (!isFields(document) || !kinds.includes(String(document.kind))) continue;
      if (!isFields(document.metadata) || !isFields(document.spec)) continue;
      if (!String(document.apiVersion).startsWith('flagger.app/')) continue;
      const key = JSON.stringify(document);
      if (seen.has(key)) continue;
      seen.add(key);
      yield { place: relative(folder, path), manifest: document as unknown as KubeObject };
    }
  }
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== '.git' && entry.name !== 'node_modules') yield* filesBelow(path);
    else if (entry.isFile() && /\.(ya?ml|md|sh|json)$/.test(entry.name)) yield path;
  }
}

function* documentsOf(path: string, text: string): Generator<unknown> {
  const pieces = [
    ...(/\.md$/.test(path) ? [...text.matchAll(/^ *```\w*\n([\s\S]*?)^ *```/gm)].map((match) => match[1]!) : []),
    ...(/\.(md|sh)$/.test(path)
      ? [...text.matchAll(/<<-?\s*['"]?(\w+)['"]?[^\n]*\n([\s\S]*?)\n\s*\1\s*$/gm)].map((match) => match[2]!)
      : [text]),
  ];
  for (const piece of pieces) {
    // One broken document of a file does not take the others with it.
    for (const part of piece.split(/^---\s*$/m)) {
      if (!part.includes('flagger.app/')) continue;
      for (const document of parseAllDocuments(part, { logLevel: 'silent' }))
        if (document.errors.length === 0) yield document.toJS();
    }
  }
}

/** Fields that went through `spec`, with how often. */
export function overlayTable(trips: readonly RoundTrip[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { reading } of trips) for (const path of reading.overlay) counts.set(path, (counts.get(path) ?? 0) + 1);
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}

if (process.argv[1]?.endsWith('canary-round-trip.ts')) {
  const trips = process.argv
    .slice(2)
    .flatMap((folder) => [...canariesBelow(folder)].map(({ place, manifest }) => roundTrip(manifest, place)));
  for (const { place, manifest, refused, difference } of trips) {
    const name = `${place} ${manifest.metadata.name ?? ''}`;
    if (refused) console.log(`refused  ${name}: ${refused}`);
    else if (difference) console.log(`differs  ${name}: ${difference}`);
  }
  const count = (test: (trip: RoundTrip) => boolean) => trips.filter(test).length;
  console.log(
    `${trips.length} Canaries: ${count(({ isSame }) => isSame)} the same, ${count(({ refused }) => refused !== undefined)} refused, ${count(({ difference }) => difference !== undefined)} different`,
  );
  const others = process.argv
    .slice(2)
    .flatMap((folder) => [...canariesBelow(folder, ['MetricTemplate', 'AlertProvider'])]);
  const odd = others.flatMap(({ place, manifest }) => {
    const said = otherRoundTrip(manifest);
    return said === undefined ? [] : [`${place} ${manifest.kind} ${manifest.metadata.name ?? ''}: ${said}`];
  });
  for (const line of odd) console.log(line);
  console.log(`${others.length} MetricTemplates and AlertProviders: ${others.length - odd.length} the same`);
  console.log('\nthrough spec | count');
  for (const [path, times] of overlayTable(trips)) console.log(`${path} | ${times}`);
  console.log('\nallowed | count');
  const allowed = trips.flatMap(({ reading }) => reading.props.allow ?? []);
  for (const code of [...new Set(allowed)].sort())
    console.log(`${code} | ${allowed.filter((one) => one === code).length}`);
}
