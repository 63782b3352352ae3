import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const lib = join(__dirname, '..', 'lib');
const EXPORT = /^export (?:default )?(?:async )?(?:abstract )?(?:const|function\*?|class|interface|type|enum) (\w+)/;

/** The exports of a room, and those of them without a docstring. */
function exportsOf(room: string): { readonly all: number; readonly bare: readonly string[] } {
  const bare: string[] = [];
  let all = 0;
  for (const file of readdirSync(join(lib, room), { recursive: true, encoding: 'utf8' })) {
    if (!/\.ts$/.test(file) || /\.(test|generated)\.ts$/.test(file)) continue;
    const lines = readFileSync(join(lib, room, file), 'utf8').split('\n');
    for (const [index, line] of lines.entries()) {
      const name = EXPORT.exec(line)?.[1];
      if (name === undefined) continue;
      all += 1;
      if (!lines[index - 1]?.trimEnd().endsWith('*/')) bare.push(`${file}: ${name}`);
    }
  }
  return { all, bare };
}

const rooms = readdirSync(lib, { withFileTypes: true }).filter((entry) => entry.isDirectory());

test.each(rooms.map(({ name }) => name))('of 20 exports of %s at least 19 say what they are', (room) => {
  const { all, bare } = exportsOf(room);
  expect(all).toBeGreaterThan(0);
  expect(bare.length * 20 > all ? bare : []).toEqual([]);
});
