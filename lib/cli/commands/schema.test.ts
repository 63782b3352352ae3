import { memoryIo } from '../memory-io';
import { runProgram } from '../program';

test('prints a JSON Schema of draft 2020-12', async () => {
  const io = memoryIo();
  expect(await runProgram(['schema'], io)).toBe(0);
  const schema = JSON.parse(io.out);
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  // Services may be files that `include` names.
  expect(schema.required).toEqual(['platform', 'clusters']);
  expect(io.err).toBe('');
});

test('takes no argument', async () => {
  const io = memoryIo();
  expect(await runProgram(['schema', 'x'], io)).toBe(2);
  expect(io.err).toContain('too many arguments');
});

test('has a help', async () => {
  const io = memoryIo();
  expect(await runProgram(['schema', '--help'], io)).toBe(0);
  expect(io.out).toContain('Usage: aviary schema');
});
