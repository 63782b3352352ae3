import { booleanAt, textAt } from '../../kube';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

const installed = (values: object, spec: object = {}) => {
  const release = flaggerRelease({ ...values });
  return { ...release, spec: { ...(release.spec as object), ...spec } };
};
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'canaries.flagger.app' },
};

export default rule({
  id: 'flagger-crds-twice',
  severity: 'error',
  effect: 'rejected',
  since: '0.3.0',
  why: 'The chart of Flagger has its definitions twice: in the folder crds/, which Helm 3 and Flux install before anything else, and as a template that crd.create: true switches on (for Helm 2). With both Helm refuses the release (the definition exists and cannot be imported); Flux 2.5 and later takes the definitions over, and they go, with every Canary, when the release is uninstalled. With neither (crds: Skip, and crd.create not set) Flagger ends at its start: "Canary CRD is not registered".',
  cause: 'the chart of Flagger installs its definitions once: from crds/, or as a template',
  source: [
    'fluxcd/flagger v1.44 charts/flagger/crds/crd.yaml, templates/crd.yaml',
    'fluxcd/flagger v1.44 cmd/flagger/main.go (verifyCRDs)',
    'fluxcd/helm-controller 1.6 internal/action/install.go (TakeOwnership)',
    'fluxcd/flagger issues 491 and 1199',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const { entry, name, chart, values, valuesPointer, hasUnknownValues } of world.helmReleases()) {
      if (chart !== 'flagger' || entry.kind !== 'HelmRelease' || entry.group !== 'helm.toolkit.fluxcd.io') continue;
      const creates = booleanAt(values, 'crd', 'create') === true;
      const policy = textAt(entry.object, 'spec', 'install', 'crds') ?? 'Create';
      const skips = policy === 'Skip' || booleanAt(entry.object, 'spec', 'install', 'skipCRDs') === true;
      const isRefused = booleanAt(entry.object, 'spec', 'install', 'disableTakeOwnership') === true;
      if (creates && !skips)
        report(entry, {
          ...(isRefused ? {} : { severity: 'warning' as const }),
          pointer: `${valuesPointer}/crd/create`,
          message: `HelmRelease "${name}" installs Flagger with crd.create: true beside the folder crds/ of the chart: ${isRefused ? 'the release is refused, because the definitions exist' : 'the definitions become a part of the release, and uninstalling it deletes every Canary and its primary (Helm by itself, and Flux before 2.5, refuses the release)'}`,
          fix: `remove crd.create from the values of HelmRelease "${name}": Flux installs the definitions (install.crds: CreateReplace and upgrade.crds: CreateReplace keep them up to date)`,
        });
      if (!creates && skips && !world.has('CustomResourceDefinition', '', 'canaries.flagger.app'))
        report(entry, {
          pointer: '/spec/install',
          severity: 'warning',
          message: `HelmRelease "${name}" installs Flagger without its definitions (crds: Skip), and the manifests do not hold canaries.flagger.app${hasUnknownValues ? ' (some of its values are not here)' : ''}: Flagger ends at its start`,
          fix: `set install.crds: CreateReplace and upgrade.crds: CreateReplace in HelmRelease "${name}", or apply artifacts/flagger/crd.yaml of Flagger before it`,
        });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'both',
        manifests: [
          installed({ crd: { create: true } }, { install: { disableTakeOwnership: true } }),
          deployment('web'),
          canary('web'),
        ],
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            severity: 'error',
            message:
              'HelmRelease "flagger" installs Flagger with crd.create: true beside the folder crds/ of the chart: the release is refused, because the definitions exist',
          },
        ],
        mended: [installed({}), deployment('web'), canary('web')],
      },
      {
        name: 'both, and Flux takes them over',
        manifests: [installed({ crd: { create: true } }), deployment('web'), canary('web')],
        expect: [{ object: 'HelmRelease flagger-system/flagger', severity: 'warning' }],
      },
      {
        name: 'neither',
        manifests: [installed({}, { install: { crds: 'Skip' } }), deployment('web'), canary('web')],
        expect: [{ object: 'HelmRelease flagger-system/flagger', pointer: '/spec/install', severity: 'warning' }],
      },
    ],
    good: [
      { name: 'as the chart is', manifests: [installed({}), deployment('web'), canary('web')] },
      {
        name: 'as a template alone',
        manifests: [
          installed({ crd: { create: true } }, { install: { crds: 'Skip' } }),
          deployment('web'),
          canary('web'),
        ],
      },
      {
        name: 'applied by themselves',
        manifests: [installed({}, { install: { crds: 'Skip' } }), crd, deployment('web'), canary('web')],
      },
    ],
  }),
});
