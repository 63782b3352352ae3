import { mkdirSync, truncateSync } from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { runs } from '../../test/runs';
import { realFileSystem } from '../tree';
import { DamagedCache, PackReader, PackWriter } from './pack';
import { removeTemporaryFolders, temporaryFolder } from './synth.fixture';

afterEach(removeTemporaryFolders);

const texts = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.string({ maxLength: 40, unit: 'grapheme' }) },
    // Longer than a piece that is read along, and longer than a piece.
    { weight: 1, arbitrary: fc.constantFrom('é'.repeat(50_000), 'x'.repeat(700_000), 'y'.repeat(1_200_000)) },
  ),
  { minLength: 1, maxLength: 30 },
);

test('every text comes back, in whatever order they are asked for', () => {
  fc.assert(
    fc.property(texts, fc.infiniteStream(fc.nat()), (written, order) => {
      const folder = temporaryFolder();
      const writers = ['a.pack', 'b.pack'].map((name) => new PackWriter(realFileSystem, folder, name));
      const entries = written.map((text, index) => writers[index % 2]!.add(text));
      for (const writer of writers) {
        writer.flush();
        writer.close();
      }
      const reader = new PackReader(realFileSystem, [folder]);
      expect(entries.map((entry) => reader.text(entry))).toEqual(written);
      for (let count = 0; count < 20; count++) {
        const index = order.next().value! % written.length;
        expect(reader.text(entries[index]!)).toBe(written[index]);
        expect(reader.read(entries[index]!).toString()).toBe(written[index]);
      }
      reader.close();
    }),
    { numRuns: runs(40) },
  );
});

test('many small texts in a row take few reads', () => {
  const folder = temporaryFolder();
  const writer = new PackWriter(realFileSystem, folder, 'a.pack');
  const entries = Array.from({ length: 5000 }, (_, index) => writer.add(`${index}`.padEnd(1000)));
  writer.flush();
  writer.close();
  const readSync = jest.fn(realFileSystem.readSync);
  const reader = new PackReader({ ...realFileSystem, readSync: readSync as typeof realFileSystem.readSync }, [folder]);
  for (const [index, entry] of entries.entries()) expect(Number(reader.text(entry))).toBe(index);
  reader.close();
  expect(readSync.mock.calls.length).toBeLessThan(20);
});

test('a pack that is too short, or missing, is a damaged cache', () => {
  const folder = path.join(temporaryFolder(), 'packs');
  mkdirSync(folder);
  const writer = new PackWriter(realFileSystem, folder, 'a.pack');
  const entries = ['one', 'two', 'three'].map((text) => writer.add(text));
  writer.flush();
  writer.close();
  truncateSync(path.join(folder, 'a.pack'), 8);
  const reader = new PackReader(realFileSystem, [folder]);
  expect(reader.text(entries[0]!)).toBe('one');
  expect(reader.text(entries[1]!)).toBe('two');
  expect(() => reader.text(entries[2]!)).toThrow(DamagedCache);
  expect(() => reader.text({ ...entries[0]!, pack: 'b.pack' })).toThrow(DamagedCache);
  reader.close();
});
