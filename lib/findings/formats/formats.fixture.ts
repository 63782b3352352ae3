import type { Finding } from '../finding';

/** One finding with everything and two with as little as can be. */
export const FINDINGS: readonly Finding[] = [
  {
    code: 'unknown-service',
    severity: 'error',
    place: { file: 'services.json', line: 2, column: 13, pointer: '/services/0/env/A', cluster: 'staging' },
    message: 'no service "cartservise"',
    nearest: 'cartservice',
    cause: 'a reference becomes the address of a Service',
    fix: 'name a service of /services/*/name',
    docs: 'docs/rules/unknown-service.md',
    because: ['root-cause@Canary shop/cart'],
  },
  {
    code: 'other',
    severity: 'warning',
    place: { object: 'Canary shop/<cart>' },
    message: 'is `odd`, *and* {{ target }}\n- not a list',
  },
  { code: 'other', severity: 'info', place: { file: './a b/c%.yaml' }, message: 'Is it?' },
];

/** The text in which the findings of the tests are. */
export const SOURCE = '{\n  "A": {\t"service": "cartservise" }\n}\n';
