import { changedBy, readApplies, readFailures } from './flux-watch';

/** As kustomize-controller v1.9.4 writes it. */
const log = `{"level":"info","ts":"2026-11-24T13:21:40.001Z","msg":"All dependencies are ready, proceeding with reconciliation","name":"apps-wave-0"}
{"level":"info","ts":"2026-11-24T13:21:43.502Z","msg":"server-side apply completed","namespace":"flux-system","name":"apps-wave-0","output":{"Canary/shop/ad":"unchanged","Deployment/shop/currency":"configured","Service/shop/ad":"skipped"}}
`;

test('an apply is read out of the log, and what it changed', () => {
  const applies = readApplies(log);
  expect(applies).toHaveLength(1);
  expect(applies[0]).toMatchObject({ kustomization: 'apps-wave-0', at: Date.UTC(2026, 10, 24, 13, 21, 43, 502) });
  expect(applies.flatMap(changedBy)).toEqual(['apps-wave-0: Deployment/shop/currency configured']);
});

test('a failed reconciliation is read out of the log', () => {
  const failure = `{"level":"error","ts":"2026-11-24T13:21:45.000Z","msg":"Reconciliation failed after 1.2s, next try in 10s","namespace":"flux-system","name":"apps-wave-0","revision":"main@sha1:abc","error":"health check failed after 1s"}`;
  expect(readFailures(`${log}${failure}\n`)).toEqual([
    {
      kustomization: 'apps-wave-0',
      at: Date.UTC(2026, 10, 24, 13, 21, 45),
      revision: 'main@sha1:abc',
      error: 'health check failed after 1s',
    },
  ]);
});
