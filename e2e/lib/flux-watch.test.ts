import { changedBy, readApplies } from './flux-watch';

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
