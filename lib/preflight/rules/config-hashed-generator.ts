import { isConfigTrackingDisabled } from '../../flagger';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

/** The end that kustomize gives to the names of generated objects. @see kubernetes-sigs/kustomize api/hasher/hasher.go (encode) */
const hashed = /-[2456789bcdfghkmt]{10}$/;

const reads = (name: string) => deployment('cart', { container: { envFrom: [{ configMapRef: { name } }] } });

export default rule({
  id: 'config-hashed-generator',
  severity: 'warning',
  effect: 'cost',
  since: '0.1.0',
  why: "A generator of kustomize puts the hash of the content into the name, so each change makes a ConfigMap or Secret of a new name. Flagger copies each of them for the primary under the name with -primary. The old copies belong to the Canary and are removed only with it: every change leaves one behind, a Secret's content too.",
  cause: 'Flagger makes a copy for each name, and removes none while the Canary is there',
  source: ['fluxcd/flagger v1.44 pkg/canary/config_tracker.go (CreatePrimaryConfigs)'],
  codes: ['CONFIG_HASHED_GENERATOR'],
  each: 'canary',
  check(canary, report, world) {
    if (!world.flagger.configTracking) return;

    const { target } = canary;
    if (!target) return;
    const seen = new Set<string>();
    for (const { kind, name, pointer, entry } of target.configReferences) {
      if (!hashed.test(name) || seen.has(`${kind}/${name}`)) continue;
      seen.add(`${kind}/${name}`);
      if (isConfigTrackingDisabled(entry?.annotations)) continue;
      report(target, {
        pointer,
        about: canary,
        message: `${kind} "${name}" of ${target.kind} "${target.name}" has a hash in its name: Flagger copies it to "${name}-primary" for Canary "${canary.name}" and keeps that copy when the next change makes another name`,
        fix: `set disableNameSuffixHash: true in generatorOptions (Flagger notices changes of the content itself), or annotate the ${kind} with flagger.app/config-tracking: disabled`,
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a name of configMapGenerator',
        manifests: [reads('settings-8mbdf7882g'), canary('cart')],
        expect: [
          {
            object: 'Deployment shop/cart',
            pointer: '/spec/template/spec/containers/0/envFrom/0/configMapRef/name',
            message:
              'ConfigMap "settings-8mbdf7882g" of Deployment "cart" has a hash in its name: Flagger copies it to "settings-8mbdf7882g-primary" for Canary "cart" and keeps that copy when the next change makes another name',
          },
        ],
      },
    ],
    good: [
      { name: 'a name without a hash', manifests: [reads('settings-production'), canary('cart')] },
      {
        name: 'Flagger does not track it',
        manifests: [
          reads('settings-8mbdf7882g'),
          canary('cart'),
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: {
              name: 'settings-8mbdf7882g',
              namespace: 'shop',
              annotations: { 'flagger.app/config-tracking': 'disabled' },
            },
          },
        ],
      },
      {
        name: 'Flagger tracks no configuration',
        manifests: [
          reads('settings-8mbdf7882g'),
          canary('cart'),
          flaggerRelease({ configTracking: { enabled: false } }),
        ],
      },
    ],
  }),
});
