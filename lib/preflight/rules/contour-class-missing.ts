import { fieldsAt, isFields, listAt, textAt, textsAt } from '../../kube';
import type { CanaryView, Entry, World } from '../../world';
import { canary, deployment, flaggerRelease } from '../case-manifests';
import { rule } from '../rule';

const contour = (args: readonly string[]) =>
  deployment('contour', { metadata: { namespace: 'projectcontour' }, container: { args } });
const judged = (values: object) => [
  deployment('web'),
  contour(['serve', '--incluster', '--ingress-class-name=contour-public']),
  flaggerRelease({ meshProvider: 'contour', ...values }),
  canary('web'),
];

export default rule({
  id: 'contour-class-missing',
  severity: 'error',
  effect: 'fails',
  since: '0.3.0',
  why: 'A Contour that is started with a class of its own looks only at HTTPProxies of that class. Flagger writes the class that its flag -ingress-class names into the HTTPProxies that it makes, one class for all Canaries, and none where the flag is not set: then Contour ignores them, the proxy that includes one of them is invalid, and no request reaches the canary.',
  cause: 'Contour ignores an HTTPProxy of another class, or of none',
  source: [
    'fluxcd/flagger v1.44 pkg/router/contour.go (ingressClass), charts/flagger/templates/deployment.yaml',
    'projectcontour.io/docs/1.33/config/ingress',
    'fluxcd/flagger issues 1037 and 1848',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    const { flagger } = world;
    if (!flagger.entry || flagger.hasUnknownValues) return;
    for (const { entry, one, found } of otherClasses(world, flagger.ingressClass))
      report(entry, {
        about: one,
        pointer: '/spec/includes',
        message: `HTTPProxy "${entry.name}" of class ${found} includes that of Canary "${one.name}", into which Flagger writes ${flagger.ingressClass === undefined ? 'no class' : `class ${flagger.ingressClass}`}: each Contour ignores one of the two, and no request comes through`,
        fix: `give HTTPProxy "${entry.name}" the class that Flagger writes, or run a second Flagger with ingressClass ${found} for the namespaces of that class: one installation writes one class for all Canaries`,
      });
    const classes = contourClasses(world);
    const [first] = classes;
    const { ingressClass } = flagger;
    if (first === undefined || (ingressClass !== undefined && classes.includes(ingressClass))) return;
    const one = world.canaries().find(({ provider }) => provider.value === 'contour');
    if (!one) return;
    report(flagger.entry, {
      about: one,
      ...(flagger.valuesPointer === undefined ? {} : { pointer: flagger.valuesPointer }),
      message: `Contour looks at HTTPProxies of class ${classes.join(' or ')} alone, and Flagger writes ${ingressClass === undefined ? 'no class' : `class ${ingressClass}`} into that of Canary "${one.name}"`,
      fix: `set ${flagger.valuesPointer === undefined ? `-ingress-class=${first} in the arguments of Flagger` : `ingressClass: ${first} in the values of Flagger`}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a root of another class',
        manifests: [
          deployment('web'),
          flaggerRelease({ meshProvider: 'contour', ingressClass: 'contour-external' }),
          {
            apiVersion: 'projectcontour.io/v1',
            kind: 'HTTPProxy',
            metadata: {
              name: 'root',
              namespace: 'shop',
              annotations: { 'projectcontour.io/ingress.class': 'contour-internal' },
            },
            spec: { virtualhost: { fqdn: 'web.example' }, includes: [{ name: 'web' }] },
          },
          canary('web'),
        ],
        expect: [
          {
            object: 'HTTPProxy shop/root',
            pointer: '/spec/includes',
            message:
              'HTTPProxy "root" of class contour-internal includes that of Canary "web", into which Flagger writes class contour-external: each Contour ignores one of the two, and no request comes through',
          },
        ],
      },
      {
        name: 'Flagger names no class',
        manifests: judged({}),
        expect: [
          {
            object: 'HelmRelease flagger-system/flagger',
            message:
              'Contour looks at HTTPProxies of class contour-public alone, and Flagger writes no class into that of Canary "web"',
          },
        ],
      },
    ],
    good: [
      { name: 'the same class', manifests: judged({ ingressClass: 'contour-public' }) },
      {
        name: 'a Contour without a class takes what has none',
        manifests: [
          deployment('web'),
          contour(['serve', '--incluster']),
          flaggerRelease({ meshProvider: 'contour' }),
          canary('web'),
        ],
      },
    ],
  }),
});

/** Classes of the Contours that the manifests install; none where one of them takes HTTPProxies without a class. */
function contourClasses(world: World): readonly string[] {
  const found: (string | undefined)[] = [];
  for (const { chart, values } of world.helmReleases())
    if (chart === 'contour') found.push(textAt(values, 'contour', 'ingressClass', 'name') || undefined);
  for (const entry of world.writtenOfKind('Deployment'))
    for (const container of listAt(entry.object, 'spec', 'template', 'spec', 'containers').filter(isFields)) {
      const words = [...textsAt(container, 'command'), ...textsAt(container, 'args')];
      if (!words.includes('serve') || !(entry.name.includes('contour') || fieldsAt(container).name === 'contour'))
        continue;
      const flag = words.find((word) => word.startsWith('--ingress-class-name='));
      found.push(flag?.slice('--ingress-class-name='.length));
    }
  return found.every((one) => one !== undefined) ? [...new Set(found as string[])] : [];
}

interface OtherClass {
  readonly entry: Entry;
  readonly one: CanaryView;
  readonly found: string;
}

/** Roots with a class of their own that include the HTTPProxy of a Canary, which has another one. */
function* otherClasses(world: World, ingressClass: string | undefined): Generator<OtherClass> {
  for (const one of world.canaries()) {
    if (one.provider.value !== 'contour') continue;
    for (const entry of world.writtenOfKind('HTTPProxy')) {
      const found =
        textAt(entry.object, 'spec', 'ingressClassName') ??
        entry.annotations['projectcontour.io/ingress.class'] ??
        entry.annotations['kubernetes.io/ingress.class'];
      const includes = listAt(entry.object, 'spec', 'includes').some(
        (include) =>
          textAt(include, 'name') === one.apexName &&
          (textAt(include, 'namespace') || entry.namespace) === one.namespace,
      );
      if (found !== undefined && found !== ingressClass && includes) yield { entry, one, found };
    }
  }
}
