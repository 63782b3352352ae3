import type { Finding } from '../findings';
import { caseWorld, rules, runPreflight } from '../preflight';
import { inWordsOf } from './cluster-words';

const finding = (message: string, fix: string): Finding => ({ code: 'x', severity: 'error', place: {}, message, fix });

test.each([
  [
    'the gate asks shop/gate, and the manifests hold no such Service',
    'name a Service that exists, remove the gate, or state that it exists (--exists "Service shop/gate")',
    'the gate asks shop/gate, and the cluster has no such Service',
    'name a Service that exists, remove the gate',
  ],
  [
    'Canary "cart" names the Gateway shop/public, which is not among the manifests',
    'install the load tester in namespace "shop" and check its manifests too, state that it exists (--exists "Service shop/load"), or name the Service that exists',
    'Canary "cart" names the Gateway shop/public, which is not in the cluster',
    'install the load tester in namespace "shop", or name the Service that exists',
  ],
  [
    'Prometheus scrapes every 2 s (stated: Prometheus scrapes every 2 s)',
    'write the name of a Deployment in spec.targetRef, add the manifest of Deployment "cart" to those that are checked, or state that it exists (--exists "Deployment shop/cart")',
    'Prometheus scrapes every 2 s (Prometheus scrapes every 2 s)',
    'write the name of a Deployment in spec.targetRef, or create Deployment "cart"',
  ],
])('%s', (message, fix, said, instruction) => {
  expect(inWordsOf('cluster', finding(message, fix))).toMatchObject({ message: said, fix: instruction });
});

test('no rule tells of an option that doctor does not have', () => {
  const findings = rules.flatMap((rule) =>
    rule.cases.bad.flatMap((one) => runPreflight(caseWorld(one), { rules: [rule] }).findings),
  );
  const options = findings.map((one) => inWordsOf('cluster', one).fix ?? '');
  expect(options.length).toBeGreaterThan(200);
  expect(options.filter((fix) => fix.includes('--exists'))).toEqual([]);
});
