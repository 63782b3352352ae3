import * as fc from 'fast-check';
import { type Catalog, loadCatalog } from '../lib/catalog';
import { canaryFaults } from '../lib/flagger';
import type { Fields } from '../lib/kube';
import { catalogs, foreignCatalogs } from './arbitraries/catalog';
import { onlineBoutique } from './catalog';
import { renderCatalog } from './render';
import { runs } from './runs';

/** Fixed, so that a failure is the same everywhere; AVIARY_RUNS and AVIARY_SEED look further. */
const options = {
  seed: Number(process.env.AVIARY_SEED ?? 20261124),
  numRuns: Number(process.env.AVIARY_RUNS ?? runs(30)),
};

test.each([
  ['', catalogs],
  [' of what somebody else runs', foreignCatalogs],
])('a random valid catalog%s loads and synthesizes', (_, catalogs) => {
  fc.assert(
    fc.property(catalogs, (catalog) => {
      const { findings, catalog: loaded } = loadCatalog(JSON.stringify(catalog), 'services.json');
      const errors = findings.filter(({ severity }) => severity === 'error');
      expect(errors.map(({ place, message }) => `${place.pointer}: ${message}`)).toEqual([]);
      const files = renderCatalog(loaded!);
      expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
      // The constructs trust the catalog's checks: what these let through has no fault.
      const canaries = files.flatMap(({ objects }) => objects.filter(({ kind }) => kind === 'Canary'));
      const faults = canaries.flatMap(({ spec }) => canaryFaults(spec as Fields, 'istio'));
      expect(faults.filter(({ severity }) => severity === 'error')).toEqual([]);
    }),
    options,
  );
});

type Place = { holder: any; key: string | number };
function places(value: unknown, into: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return into;
  for (const key of Object.keys(value)) {
    into.push({ holder: value, key });
    places((value as any)[key], into);
  }
  return into;
}
/** Whether a patch fits its object only the rendered object can tell: there the engine makes a finding of the exception. */
function render(catalog: Catalog): void {
  try {
    renderCatalog(catalog);
  } catch (error) {
    if (!/^patch of /.test((error as Error).message)) throw error;
  }
}
const kindOf = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value);
const junk = fc.constantFrom<unknown>(
  null,
  true,
  -1,
  1e9,
  0.5,
  '',
  ' ',
  '${X}',
  '__proto__',
  '../..',
  'ÄÖ\u0000',
  'a'.repeat(300),
  [],
  {},
  [[]],
  { a: { b: {} } },
);

test('whatever is changed in a catalog gives findings or a tree, never an exception', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constant(undefined).map(onlineBoutique), catalogs, foreignCatalogs),
      fc.array(
        fc.tuple(fc.nat(), fc.constantFrom('set', 'copy', 'copy', 'delete', 'rename', 'proto'), junk, fc.nat()),
        { minLength: 1, maxLength: 3 },
      ),
      (start, changes) => {
        const catalog = structuredClone(start);
        for (const [at, how, value, from] of changes) {
          const all = places(catalog);
          if (all.length === 0) break;
          const { holder, key } = all[at % all.length]!;
          if (how === 'set') holder[key] = value;
          else if (how === 'copy') {
            // What is right in another place is the mistake that people make: a value of the same kind.
            const alike = all.filter((place) => kindOf(place.holder[place.key]) === kindOf(holder[key]));
            const other = alike[from % alike.length]!;
            holder[key] = structuredClone(other.holder[other.key]);
          } else if (how === 'delete') Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key];
          else if (how === 'rename' && !Array.isArray(holder)) holder[`${key}x`] = holder[key];
          else if (!Array.isArray(holder))
            Object.defineProperty(holder, '__proto__', { value, enumerable: true, configurable: true, writable: true });
        }
        const loaded = loadCatalog(JSON.stringify(catalog), 'services.json');
        if (loaded.catalog) render(loaded.catalog);
        else expect(loaded.findings.length).toBeGreaterThan(0);
        for (const { place } of loaded.findings) expect(place.line).toBeGreaterThan(0);
      },
    ),
    { ...options, numRuns: options.numRuns * 5 },
  );
});

test('any text gives findings', () => {
  const text = JSON.stringify(onlineBoutique());
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.nat(text.length).map((end) => text.slice(0, end)),
        fc
          .tuple(fc.nat(text.length), fc.string({ maxLength: 3 }))
          .map(([at, extra]) => text.slice(0, at) + extra + text.slice(at)),
      ),
      (input) => {
        const { catalog, findings } = loadCatalog(input, 'services.json');
        expect(catalog !== undefined || findings.length > 0).toBe(true);
      },
    ),
    { ...options, numRuns: options.numRuns * 5 },
  );
});

function shuffled(value: unknown, order: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, order));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, child]) => [order(), key, shuffled(child, order)] as const)
      .sort(([a], [b]) => a - b)
      .map(([, key, child]) => [key, child]),
  );
}

test('the order of keys does not change a byte', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constant(undefined).map(onlineBoutique), catalogs, foreignCatalogs),
      fc.infiniteStream(fc.double({ noNaN: true })),
      (catalog, stream) => {
        const other = shuffled(catalog, () => stream.next().value as number) as Catalog;
        expect(JSON.stringify(renderCatalog(other))).toBe(JSON.stringify(renderCatalog(catalog)));
      },
    ),
    options,
  );
});
