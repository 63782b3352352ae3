import { at, isFields, labelSelectorOf, matchesLabels, textAt } from '../../kube';
import type { CanaryView, World } from '../../world';
import { canary, deployment, namespace } from '../case-manifests';
import { rule } from '../rule';

const mesh = (spec: object) => ({
  apiVersion: 'appmesh.k8s.aws/v1beta2',
  kind: 'Mesh',
  metadata: { name: 'global' },
  spec,
});
const inMesh = (spec: object = {}) => canary('web', { spec: { provider: 'appmesh:v1beta2', ...spec } });
const label = { 'appmesh.k8s.aws/sidecarInjectorWebhook': 'enabled' };

export default rule({
  id: 'appmesh-not-member',
  severity: 'error',
  effect: 'stuck',
  since: '0.3.0',
  why: 'App Mesh takes the VirtualNodes and VirtualServices that Flagger makes into a mesh by the labels of their namespace: those that spec.namespaceSelector of a Mesh selects; without a selector it takes none. The webhook of its controller then refuses them (failed to find matching mesh), and the Canary is never initialized. With the old provider appmesh the name of the mesh stands in the Canary (spec.service.meshName).',
  cause: 'the controller of App Mesh refuses objects of a namespace that no Mesh selects',
  source: [
    'aws/aws-app-mesh-controller-for-k8s v1.13 pkg/mesh/membership_designator.go',
    'fluxcd/flagger v1.44 pkg/router/appmesh.go (Reconcile), pkg/router/appmesh_v1beta2.go',
    'fluxcd/flagger issue 630',
  ],
  codes: [],
  each: 'canary',
  check(canary, report, world) {
    const { value } = canary.provider;
    if (value === 'appmesh' && !textAt(canary.service, 'meshName')) {
      report(canary, {
        pointer: '/spec/service',
        message: `Canary "${canary.name}" has no spec.service.meshName, which provider appmesh needs: it is never initialized`,
        fix: 'write the name of the mesh into spec.service.meshName, or use provider appmesh:v1beta2',
      });
      return;
    }
    if (!value.startsWith('appmesh:v1beta2') || isMember(world, canary) !== false) return;
    const [only] = world.writtenOfKind('Mesh', 'appmesh.k8s.aws');
    report(canary, {
      pointer: '/metadata/namespace',
      message: `no Mesh selects namespace "${canary.namespace}" of Canary "${canary.name}": App Mesh refuses what Flagger makes for it`,
      fix: `write spec.namespaceSelector: {matchLabels: {appmesh.k8s.aws/sidecarInjectorWebhook: enabled}} into Mesh "${only?.name}", and give Namespace "${canary.namespace}" that label`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a Mesh without a selector takes nothing',
        manifests: [namespace('shop', label), mesh({}), deployment('web'), inMesh()],
        expect: [
          {
            object: 'Canary shop/web',
            message: 'no Mesh selects namespace "shop" of Canary "web": App Mesh refuses what Flagger makes for it',
          },
        ],
        mended: [
          namespace('shop', label),
          mesh({ namespaceSelector: { matchLabels: label } }),
          deployment('web'),
          inMesh(),
        ],
      },
      {
        name: 'the Namespace lacks the label',
        manifests: [
          namespace('shop', {}),
          mesh({ namespaceSelector: { matchLabels: label } }),
          deployment('web'),
          inMesh(),
        ],
        expect: [{ object: 'Canary shop/web' }],
      },
      {
        name: 'the old provider without the name of its mesh',
        manifests: [deployment('web'), inMesh({ provider: 'appmesh' })],
        expect: [{ object: 'Canary shop/web', pointer: '/spec/service' }],
      },
    ],
    good: [
      {
        name: 'an empty selector takes all',
        manifests: [namespace('shop', {}), mesh({ namespaceSelector: {} }), deployment('web'), inMesh()],
      },
      { name: 'no Mesh is among the manifests', manifests: [deployment('web'), inMesh()] },
    ],
  }),
});

/** Undefined where the manifests do not say: without a Mesh, or without the Namespace. */
function isMember(world: World, { namespace: name }: CanaryView): boolean | undefined {
  const meshes = world.writtenOfKind('Mesh', 'appmesh.k8s.aws');
  if (meshes.length === 0) return undefined;
  const selectors = meshes.map(({ object }) => at(object, 'spec', 'namespaceSelector')).filter(isFields);
  if (selectors.length === 0) return false;
  if (selectors.some((selector) => Object.keys(selector).length === 0)) return true;
  const labels = world.given('Namespace', '', name)?.labels;
  return labels && selectors.some((selector) => matchesLabels(labelSelectorOf(selector), labels));
}
