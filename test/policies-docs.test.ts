import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogGraph } from '../lib/charts';
import { onlineBoutique } from './catalog';

test('docs/policies.md lists what can be reached from frontend', () => {
  const text = readFileSync(join(__dirname, '..', 'docs', 'policies.md'), 'utf8');
  const section = text.split('## What an attacker in `frontend` can reach')[1]?.split('\n## ')[0] ?? '';
  const { calls, services } = catalogGraph(onlineBoutique(), 'production');
  const direct = calls.filter(({ from }) => from === 'frontend').map(({ to, ports }) => `${to}:${ports.join(',')}`);
  const [, listed = '', next = ''] = /- (.*?), with any method.*?takes over next: (.*?);?\.\n/s.exec(section) ?? [];
  expect(listed.split(/,\s+/)).toEqual(direct);
  const reached = services.find(({ name }) => name === 'frontend')?.reaches ?? [];
  const further = reached.filter((name) => !direct.some((one) => one.startsWith(`${name}:`)));
  expect(next.split(/,\s+/)).toEqual(further);
});
