import { textAt } from '../../kube';
import { describeEntry, type Entry, type FluxKustomizationView, push, type World } from '../../world';
import { canary, flaggerRelease, fluxKustomization, metricTemplate } from '../case-manifests';
import { type RuleCases, rule } from '../rule';

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'canaries.flagger.app' },
  spec: { group: 'flagger.app', names: { kind: 'Canary', plural: 'canaries' } },
};

export default rule({
  id: 'flux-order-crds',
  severity: 'warning',
  effect: 'rejected',
  since: '0.1.0',
  why: 'Before Flux applies a Kustomization it asks the API server about all of its objects; one of an unknown kind (`no matches for kind "Canary"`) fails all of them. A Kustomization with objects of Flagger has to depend on the one that installs Flagger, and that one has to wait until the HelmRelease has made the definitions. With the HelmRelease and a Canary in one Kustomization neither is ever applied.',
  cause:
    'the API server does not know the kind until Flagger is installed, and one unknown object fails the whole Kustomization',
  source: [
    'fluxcd/pkg ssa/manager_apply.go (ApplyAllStaged)',
    'fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md (Dependencies)',
  ],
  codes: ['FLUX_ORDER_CRDS'],
  each: 'world',
  check(world, report) {
    const installer = installerOf(world);
    const source = installer && world.kustomizationOf(installer);
    if (!installer || !source) return;
    const isDefinition = installer.kind === 'CustomResourceDefinition';
    const byName = new Map(world.fluxKustomizations().map((one) => [`${one.namespace}/${one.name}`, one]));
    for (const [own, objects] of flaggerObjects(world)) {
      const [first] = objects;
      if (!first) continue;
      const what = `${describeEntry(first)}${objects.length > 1 ? ` and ${objects.length - 1} more of Flagger` : ''}`;
      if (own === source) {
        // Definitions themselves Flux applies first, and waits for them.
        if (isDefinition) continue;
        report(own, {
          severity: 'error',
          message: `Kustomization "${own.name}" applies ${what} together with ${installer.kind} "${installer.name}", which installs Flagger: in a new cluster neither is ever applied`,
          fix: `move ${installer.kind} "${installer.name}" to a Kustomization of its own with wait: true, and add that to spec.dependsOn of "${own.name}"`,
        });
        continue;
      }
      const dependency = `{name: ${source.name}${source.namespace === own.namespace ? '' : `, namespace: ${source.namespace}`}}`;
      if (!reaches(own, source, byName))
        report(own, {
          pointer: '/spec/dependsOn',
          message: `Kustomization "${own.name}" applies ${what} and does not depend on "${source.name}", which installs Flagger: in a new cluster it fails until that has happened`,
          fix: isAncestor(world, source, own)
            ? ownKustomization(installer, own)
            : `add to spec.dependsOn of Kustomization "${own.name}": ${dependency}`,
        });
      else if (!isDefinition && !waitsFor(source, installer))
        report(source, {
          pointer: '/spec/wait',
          message: `Kustomization "${source.name}" is Ready before ${installer.kind} "${installer.name}" has installed Flagger, and "${own.name}", which depends on it, applies ${what}`,
          // An ancestor that waits for what depends on it never ends.
          fix: isAncestor(world, source, own)
            ? ownKustomization(installer, own)
            : `set wait: true in Kustomization "${source.name}"`,
        });
    }
  },
  cases: (): RuleCases => ({
    bad: [
      {
        name: 'no dependency',
        manifests: [fluxKustomization('flagger', { wait: true }), fluxKustomization('apps')],
        files: {
          'flagger/flagger.yaml': [flaggerRelease()],
          'apps/frontend.yaml': [canary('frontend'), metricTemplate('errors', 'vector(0)')],
        },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            pointer: '/spec/dependsOn',
            severity: 'warning',
            message:
              'Kustomization "apps" applies Canary shop/frontend and 1 more of Flagger and does not depend on "flagger", which installs Flagger: in a new cluster it fails until that has happened',
          },
        ],
      },
      {
        name: 'Flagger and a Canary in one',
        manifests: [fluxKustomization('all')],
        files: { 'all/all.yaml': [flaggerRelease(), canary('frontend')] },
        expect: [
          {
            object: 'Kustomization flux-system/all',
            severity: 'error',
            message:
              'Kustomization "all" applies Canary shop/frontend together with HelmRelease "flagger", which installs Flagger: in a new cluster neither is ever applied',
          },
        ],
      },
      {
        name: 'nobody waits until Flagger is installed',
        manifests: [fluxKustomization('flagger'), fluxKustomization('apps', { dependsOn: [{ name: 'flagger' }] })],
        files: { 'flagger/flagger.yaml': [flaggerRelease()], 'apps/frontend.yaml': [canary('frontend')] },
        expect: [
          {
            object: 'Kustomization flux-system/flagger',
            pointer: '/spec/wait',
            message:
              'Kustomization "flagger" is Ready before HelmRelease "flagger" has installed Flagger, and "apps", which depends on it, applies Canary shop/frontend',
          },
        ],
      },
    ],
    good: [
      {
        name: 'over another Kustomization',
        manifests: [
          fluxKustomization('flagger', { wait: true }),
          fluxKustomization('config', { dependsOn: [{ name: 'flagger' }] }),
          fluxKustomization('apps', { dependsOn: [{ name: 'config' }] }),
        ],
        files: { 'flagger/flagger.yaml': [flaggerRelease()], 'apps/frontend.yaml': [canary('frontend')] },
      },
      {
        name: 'a health check waits for the HelmRelease',
        manifests: [
          fluxKustomization('flagger', {
            healthChecks: [
              {
                apiVersion: 'helm.toolkit.fluxcd.io/v2',
                kind: 'HelmRelease',
                name: 'flagger',
                namespace: 'flagger-system',
              },
            ],
          }),
          fluxKustomization('apps', { dependsOn: [{ name: 'flagger' }] }),
        ],
        files: { 'flagger/flagger.yaml': [flaggerRelease()], 'apps/frontend.yaml': [canary('frontend')] },
      },
      {
        name: 'the definitions are in the same Kustomization',
        manifests: [fluxKustomization('all')],
        files: { 'all/all.yaml': [definition, flaggerRelease(), canary('frontend')] },
      },
      { name: 'Flux applies none of it', manifests: [flaggerRelease(), canary('frontend')] },
    ],
  }),
});

/** What makes the definitions: themselves, or the HelmRelease of Flagger's chart. */
function installerOf(world: World): Entry | undefined {
  const definition = world.given('CustomResourceDefinition', '', 'canaries.flagger.app');
  if (definition) return definition;
  const { entry } = world.flagger;
  return entry?.kind === 'HelmRelease' && textAt(entry.object, 'spec', 'install', 'crds') !== 'Skip'
    ? entry
    : undefined;
}

/** Objects of Flagger's kinds by the Kustomization that applies them. */
function flaggerObjects(world: World): ReadonlyMap<FluxKustomizationView, readonly Entry[]> {
  const found = new Map<FluxKustomizationView, Entry[]>();
  for (const kind of ['Canary', 'MetricTemplate', 'AlertProvider'])
    for (const entry of world.writtenOfKind(kind, 'flagger.app')) {
      const kustomization = world.kustomizationOf(entry);
      if (kustomization) push(found, kustomization, entry);
    }
  return found;
}

function reaches(
  from: FluxKustomizationView,
  to: FluxKustomizationView,
  byName: ReadonlyMap<string, FluxKustomizationView>,
): boolean {
  const seen = new Set<FluxKustomizationView>();
  const open = [from];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (one === to) return true;
    if (seen.has(one)) continue;
    seen.add(one);
    for (const { namespace, name } of one.dependsOn) {
      const next = byName.get(`${namespace}/${name}`);
      // What is not among the manifests may depend on anything.
      if (!next) return true;
      open.push(next);
    }
  }
  return false;
}

function waitsFor({ wait, healthChecks }: FluxKustomizationView, { kind, name, namespace }: Entry): boolean {
  return (
    wait ||
    healthChecks.some(
      (check) =>
        textAt(check, 'kind') === kind && textAt(check, 'name') === name && textAt(check, 'namespace') === namespace,
    )
  );
}

/** Whether the first Kustomization applies the second one, directly or by way of others. */
function isAncestor(world: World, source: FluxKustomizationView, own: FluxKustomizationView): boolean {
  const seen = new Set<FluxKustomizationView>();
  for (
    let above = world.kustomizationOf(own.entry);
    above && !seen.has(above);
    above = world.kustomizationOf(above.entry)
  ) {
    if (above === source) return true;
    seen.add(above);
  }
  return false;
}

function ownKustomization(installer: Entry, own: FluxKustomizationView): string {
  return `move ${installer.kind} "${installer.name}" to a Kustomization of its own with wait: true, and add that to spec.dependsOn of "${own.name}"`;
}
