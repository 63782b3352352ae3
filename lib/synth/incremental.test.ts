import * as path from 'node:path';
import * as fc from 'fast-check';
import { runs } from '../../test/runs';
import { readTree, removeTemporaryFolders, synthIn, temporaryFolder, toyUnit } from './synth.fixture';

afterEach(removeTemporaryFolders);

/** A catalog in small: services with a value, a default that all read, and clusters. */
interface State {
  readonly services: Readonly<Record<string, { readonly value: number; readonly folder: number }>>;
  readonly standard: number;
  readonly clusters: number;
  readonly code: number;
}

const unitsOf = ({ services, standard, clusters }: State) =>
  Array.from({ length: clusters }, (_, cluster) =>
    Object.entries(services).map(([name, { value, folder }]) =>
      toyUnit(
        `${cluster}/${name}`,
        {
          path: `${cluster}/wave-${folder}/${name}.yaml`,
          names: [name],
          data: { value, standard },
          release: `${value}`,
        },
        `cluster-${cluster}`,
      ),
    ),
  ).flat();

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const edit: fc.Arbitrary<(state: State) => State> = fc.oneof(
  fc.tuple(name, fc.nat(3), fc.nat(2)).map(([service, value, folder]) => (state: State) => ({
    ...state,
    services: { ...state.services, [service]: { value, folder } },
  })),
  name.map((service) => (state: State) => ({
    ...state,
    services: Object.fromEntries(Object.entries(state.services).filter(([key]) => key !== service)),
  })),
  fc.tuple(name, name).map(([from, to]) => (state: State) => ({
    ...state,
    services: Object.fromEntries(
      Object.entries(state.services).map(([key, service]) => [
        key === from && !(to in state.services) ? to : key,
        service,
      ]),
    ),
  })),
  fc.nat(2).map((standard) => (state: State) => ({ ...state, standard })),
  fc.integer({ min: 1, max: 3 }).map((clusters) => (state: State) => ({ ...state, clusters })),
  fc.nat(1).map((code) => (state: State) => ({ ...state, code })),
  fc.constant((state: State) => ({ ...state, services: Object.fromEntries(Object.entries(state.services).reverse()) })),
);

test('after any sequence of edits the incremental tree is the clean one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 2, maxLength: 10 }), async (edits) => {
      const folder = temporaryFolder();
      const outdir = path.join(folder, 'dist');
      let state: State = {
        services: { a: { value: 0, folder: 0 }, b: { value: 0, folder: 1 } },
        standard: 0,
        clusters: 1,
        code: 0,
      };
      for (const change of edits) {
        state = change(state);
        const options = { codeDigest: `code-${state.code}`, fingerprint: JSON.stringify(state) };
        expect((await synthIn(folder, unitsOf(state), options)).findings).toEqual([]);
      }
      const clean = temporaryFolder();
      await synthIn(clean, unitsOf(state), { cacheDir: undefined });
      expect(readTree(outdir)).toEqual(readTree(path.join(clean, 'dist')));
    }),
    { numRuns: runs(60), seed: 7 },
  );
});
