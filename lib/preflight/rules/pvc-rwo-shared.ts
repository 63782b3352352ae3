import { fieldsAt, isFields, listAt, textAt, textsAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'pvc-rwo-shared',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'Canary and primary mount the same claim. One that can be mounted by a single node (or pod) leaves one of them Pending when they land on different nodes.',
  cause: 'canary and primary mount one claim',
  source: ['kubernetes.io persistent volumes (access modes)', 'fluxcd/flagger issue 1852'],
  codes: ['PVC_RWO_SHARED'],
  each: 'canary',
  check(canary, report, world) {
    const target = canary.target;
    if (!target) return;
    for (const [index, volume] of listAt(target.podSpec, 'volumes').filter(isFields).entries()) {
      const claim = textAt(volume, 'persistentVolumeClaim', 'claimName');
      if (claim === undefined) continue;
      const modes = textsAt(
        fieldsAt(world.given('PersistentVolumeClaim', canary.namespace, claim)?.object, 'spec'),
        'accessModes',
      );
      if (modes.length === 0 || modes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany')) continue;
      report(target, {
        about: canary,
        pointer: target.templatePointer(`/spec/volumes/${index}`),
        message: `"${target.name}" and its primary mount PersistentVolumeClaim "${claim}", which is ${modes.join(', ')}`,
        fix: 'use a claim with ReadWriteMany, or roll this workload out without a canary',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'one node',
        manifests: [
          deployment('frontend', {
            pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
          }),
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'data', namespace: 'shop' },
            spec: { accessModes: ['ReadWriteOnce'] },
          },
          canary('frontend'),
        ],
        expect: [
          {
            object: 'Deployment shop/frontend',
            message: '"frontend" and its primary mount PersistentVolumeClaim "data", which is ReadWriteOnce',
          },
        ],
      },
    ],
    good: [
      {
        name: 'many',
        manifests: [
          deployment('frontend', {
            pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
          }),
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'data', namespace: 'shop' },
            spec: { accessModes: ['ReadWriteMany'] },
          },
          canary('frontend'),
        ],
      },
    ],
  }),
});
