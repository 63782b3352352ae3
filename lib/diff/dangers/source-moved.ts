import type { KubeObject } from '../../kube';
import { listed } from '../ask';
import { deployment, kustomization, object } from '../case-objects';
import { danger } from '../danger';

const source = (url: string, branch = 'main') =>
  object(
    'source.toolkit.fluxcd.io/v1',
    'GitRepository',
    'flux-system',
    { spec: { url, ref: { branch } } },
    'flux-system',
  );

const tree = (one: KubeObject) => ({
  'flux.yaml': [one, kustomization('apps', 'apps')],
  'apps/cart.yaml': [deployment('cart')],
});

export default danger({
  id: 'source-moved',
  severity: 'error',
  since: '0.2.0',
  why: 'When a source gets another address, branch or path, Flux compares the cluster with what it finds there, and prunes everything that it does not find: a branch that is behind takes away what is new. (Where the folder itself is missing, Flux fails and deletes nothing.)',
  cause: 'Flux prunes whatever the new place does not hold',
  source: ['fluxcd.io/flux/components/source/gitrepositories'],
  check(diff, report) {
    for (const change of diff.of('GitRepository', 'Bucket', 'FluxInstance')) {
      if (!change.before || !change.after) continue;
      const moved = change.fields.find(({ path }) =>
        change.kind === 'FluxInstance'
          ? /^spec\.sync\.(url|ref|path|kind)\b/.test(path)
          : /^spec\.(url|ref\.branch|ref\.name|bucketName|endpoint|prefix)$/.test(path),
      );
      if (!moved) continue;
      report(change, {
        pointer: moved.pointer,
        message: `${change.kind} "${change.name}" reads from another place: ${moved.path} ${String(moved.before ?? 'nothing')} becomes ${String(moved.after ?? 'nothing')}`,
        fix: 'compare both places with `aviary diff` first: what the new one lacks is deleted; or suspend the Kustomizations, look, and resume them',
      });
    }
    for (const change of diff.of('Kustomization')) {
      const path = change.fields.find((field) => field.path === 'spec.path');
      if (!path) continue;
      const view = diff.after.fluxKustomizations().find(({ entry }) => entry === change.after);
      if (!view?.prune || view.path === normal(path.before)) continue;
      const isSeen = diff.after.entries().some((entry) => diff.applierOf(entry) === view);
      const lost = diff.changes.filter(
        ({ appliedBefore, isDeleted }) => isDeleted && appliedBefore?.entry === change.before,
      );
      // All that it has applied is in the new folder, or somebody else's now.
      if (isSeen && lost.length === 0) continue;
      const names = lost.map(({ kind, name }) => `${kind} "${name}"`);
      const what = isSeen ? `, which lacks ${listed(names)}: deleted` : '';
      report(change, {
        pointer: path.pointer,
        message: `Kustomization "${change.name}" applies another folder: ${String(path.before)} becomes ${String(path.after)}${what}`,
        severity: 'warning',
        fix: isSeen
          ? 'move what has to stay into the new folder, or give it the annotation kustomize.toolkit.fluxcd.io/prune: disabled in a commit before'
          : 'compare both folders: what the new one lacks is deleted',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'another branch',
        before: tree(source('https://git.example.com/shop.git')),
        after: tree(source('https://git.example.com/shop.git', 'next')),
        expect: [
          {
            object: 'GitRepository flux-system/flux-system',
            message: 'GitRepository "flux-system" reads from another place: spec.ref.branch main becomes next',
          },
        ],
      },
      {
        name: 'another folder, which lacks something',
        before: {
          'flux.yaml': [kustomization('apps', 'apps')],
          'apps/all.yaml': [deployment('cart'), deployment('web')],
        },
        after: { 'flux.yaml': [kustomization('apps', 'shop')], 'shop/all.yaml': [deployment('web')] },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            severity: 'warning',
            message:
              'Kustomization "apps" applies another folder: ./apps becomes ./shop, which lacks Deployment "cart": deleted',
          },
        ],
      },
      {
        name: 'another folder, which is not seen',
        before: { 'flux.yaml': [kustomization('apps', 'apps')], 'apps/cart.yaml': [deployment('cart')] },
        after: { 'flux.yaml': [kustomization('apps', 'shop')] },
        expect: [
          {
            object: 'Kustomization flux-system/apps',
            severity: 'warning',
            message: 'Kustomization "apps" applies another folder: ./apps becomes ./shop',
          },
        ],
      },
    ],
    good: [
      {
        name: 'another folder, which holds the same',
        before: { 'flux.yaml': [kustomization('apps', 'apps')], 'apps/cart.yaml': [deployment('cart')] },
        after: { 'flux.yaml': [kustomization('apps', 'shop')], 'shop/cart.yaml': [deployment('cart')] },
      },
      {
        name: 'how often it looks',
        before: tree(source('https://git.example.com/shop.git')),
        after: tree(
          object(
            'source.toolkit.fluxcd.io/v1',
            'GitRepository',
            'flux-system',
            { spec: { interval: '5m', url: 'https://git.example.com/shop.git', ref: { branch: 'main' } } },
            'flux-system',
          ),
        ),
      },
    ],
  },
});

function normal(path: unknown): string {
  return String(path ?? '')
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '');
}
