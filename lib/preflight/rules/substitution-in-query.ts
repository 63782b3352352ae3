import { at, isFields, textAt } from '../../kube';
import { canary, deployment, fluxKustomization, metricTemplate } from '../case-manifests';
import { rule } from '../rule';

/** A variable as Flux's substitution reads it: `${name}`, `${name:=default}`; `$${name}` is text. */
const variable = /(?<!\$)\$\{([A-Za-z_]\w*)(?:[:=+\-#%/,^][^{}]*)?\}/g;

export default rule({
  id: 'substitution-in-query',
  severity: 'error',
  effect: 'wrong',
  since: '0.2.0',
  why: 'A Kustomization with postBuild substitutes ${…} in every text that it applies, those of queries, hooks and scripts too. A name that it does not know fails the build (strict, as of Flux 2.6), or becomes an empty text; then the shell of the hook runs with nothing in that place.',
  cause: 'postBuild of the Kustomization substitutes ${…} in all texts, and nobody gives this name a value',
  source: [
    'fluxcd/pkg kustomize v1.39 kustomize_varsub.go',
    'fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md (Post build variable substitution)',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const entry of [...world.writtenOfKind('Canary'), ...world.writtenOfKind('MetricTemplate')]) {
      const kustomization = world.kustomizationOf(entry);
      if (!kustomization || !isFields(kustomization.spec.postBuild)) continue;
      const disabled =
        entry.annotations['kustomize.toolkit.fluxcd.io/substitute'] ??
        entry.labels['kustomize.toolkit.fluxcd.io/substitute'];
      if (disabled === 'disabled') continue;
      for (const { pointer, text } of textsOf(at(entry.object, 'spec'), '/spec')) {
        const unknown = [...text.matchAll(variable)].find(
          ([whole, name = '']) =>
            !/[:=]/.test(whole) && textAt(kustomization.spec, 'postBuild', 'substitute', name) === undefined,
        );
        // What a ConfigMap that is not here gives, is not known.
        const isOpen = at(kustomization.spec, 'postBuild', 'substituteFrom') !== undefined;
        if (!unknown) continue;
        const isScript = /\/(query|cmd)$/.test(pointer);
        if (isOpen && !isScript) continue;
        report(entry, {
          pointer,
          severity: isOpen ? 'warning' : 'error',
          message: `${entry.kind} "${entry.name}" has ${unknown[0]}, and Kustomization "${kustomization.name}", which applies it, substitutes: ${isOpen ? 'unless its substituteFrom gives the name, nothing is left of it' : 'nobody gives that name a value'}`,
          fix: `write $${unknown[0]} for the text ${unknown[0]}${isScript ? `, or $${unknown[1]} for the shell` : ''}; or give ${unknown[1]} a value in postBuild.substitute`,
        });
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a variable of the shell',
        manifests: [fluxKustomization('apps', { postBuild: { substitute: { cluster: 'eu' } } })],
        files: {
          'apps/all.yaml': [
            deployment('cart'),
            canary('cart', {
              analysis: {
                webhooks: [
                  {
                    name: 'smoke',
                    type: 'pre-rollout',
                    url: 'http://flagger-loadtester.test/',
                    metadata: { type: 'bash', cmd: 'for i in 1 2; do curl -s http://cart-canary.shop/${i}; done' },
                  },
                ],
              },
            }),
          ],
        },
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/analysis/webhooks/0/metadata/cmd',
            severity: 'error',
            message:
              'Canary "cart" has ${i}, and Kustomization "apps", which applies it, substitutes: nobody gives that name a value',
          },
        ],
      },
    ],
    good: [
      {
        name: 'escaped',
        manifests: [fluxKustomization('apps', { postBuild: { substitute: { cluster: 'eu' } } })],
        files: { 'apps/all.yaml': [metricTemplate('errors', 'sum(errors{cluster="${cluster}", x="$${y}"})')] },
      },
      {
        name: 'nothing substitutes',
        manifests: [fluxKustomization('apps')],
        files: { 'apps/all.yaml': [metricTemplate('errors', 'sum(errors{x="${y}"})')] },
      },
    ],
  }),
});

function textsOf(value: unknown, pointer: string): { readonly pointer: string; readonly text: string }[] {
  if (typeof value === 'string') return value.includes('${') ? [{ pointer, text: value }] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsOf(item, `${pointer}/${index}`));
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    textsOf(child, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}
