import { listAt, textAt } from '../../kube';
import type { CanaryView, Entry, World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { type ReportFinding, rule } from '../rule';

const ingress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { ingressClassName: 'nginx', defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
};
const release = (url: string) => [
  {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmRepository',
    metadata: { name: 'nginx', namespace: 'ingress' },
    spec: { interval: '1h', url },
  },
  {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'nginx-ingress', namespace: 'ingress' },
    spec: {
      interval: '1h',
      chart: { spec: { chart: 'nginx-ingress', sourceRef: { kind: 'HelmRepository', name: 'nginx' } } },
    },
  },
];
const shared = [
  deployment('web'),
  ingress,
  canary('web', {
    spec: {
      provider: 'nginx',
      ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' },
    },
  }),
];

export default rule({
  id: 'nginx-other-controller',
  severity: 'error',
  effect: 'fails',
  since: '0.3.0',
  why: "Two controllers are called nginx. Flagger writes the canary annotations of the community's ingress-nginx; the NGINX Ingress Controller of F5 (nginx.org) does not know them: it sees two Ingresses of one host, refuses the second one, and the weights mean nothing.",
  cause: 'the controller of nginx.org does not know the annotations by which Flagger weighs',
  source: [
    'fluxcd/flagger v1.44 pkg/router/ingress.go (nginx.ingress.kubernetes.io/canary)',
    'docs.nginx.com/nginx-ingress-controller/configuration/host-and-listener-collisions',
    'fluxcd/flagger issue 583',
  ],
  codes: [],
  restsOn: ['provider'],
  each: 'canary',
  shared: (world) => ({ other: hasCommunityController(world) ? undefined : otherController(world) }),
  check(canary, report, world, { other }) {
    if (canary.provider.value !== 'nginx') return;
    reportClass(canary, report, world);
    if (!other) return;
    report(canary, {
      pointer: '/spec/provider',
      // Folders that nobody is known to apply together can be examples of different things.
      ...(areTogether(canary.entry, other) ? {} : { severity: 'warning' }),
      message: `Canary "${canary.name}" has provider nginx, and ${other.kind} "${other.name}" installs the controller of nginx.org, which does not know Flagger's annotations`,
      fix: 'install ingress-nginx (kubernetes.github.io/ingress-nginx), or use provider gatewayapi:v1 with a gateway that the cluster has',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'the chart of nginx.org',
        manifests: [...shared, ...release('https://helm.nginx.com/stable')],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/provider',
            message:
              'Canary "web" has provider nginx, and HelmRelease "nginx-ingress" installs the controller of nginx.org, which does not know Flagger\'s annotations',
          },
        ],
      },
      {
        name: 'an Ingress of the load balancer of AWS',
        manifests: [{ ...ingress, spec: { ...ingress.spec, ingressClassName: 'alb' } }, shared[0], shared[2]].flatMap(
          (one) => (one ? [one] : []),
        ),
        expect: [
          {
            object: 'Ingress shop/web',
            pointer: '/spec/ingressClassName',
            severity: 'error',
            message:
              'Ingress "web" of Canary "web" is of class "alb", and provider nginx weighs by annotations that only ingress-nginx knows: the canary gets no traffic',
          },
        ],
      },
    ],
    good: [
      {
        name: 'an old chart of the community by the same name',
        manifests: [...shared, ...release('https://charts.helm.sh/stable')],
      },
      { name: 'the controller is not here', manifests: shared },
    ],
  }),
});

/** Whether somebody applies both, or they stand in one folder. */
function areTogether(one: Entry, other: Entry): boolean {
  const folder = ({ file }: Entry) => file.slice(0, Math.max(file.lastIndexOf('/'), 0));
  return [one, other].every(({ appliedBy }) => appliedBy) || folder(one) === folder(other);
}

/** What installs the controller of nginx.org: its chart, or a workload with its image. */
function otherController(world: World): Entry | undefined {
  const ofVendor = new Set(
    ['HelmRepository', 'OCIRepository'].flatMap((kind) =>
      world
        .writtenOfKind(kind)
        .filter(({ object }) => /helm\.nginx\.com|nginxcharts|nginxinc/.test(textAt(object, 'spec', 'url') ?? ''))
        .map(({ name }) => name),
    ),
  );
  const release = world
    .writtenOfKind('HelmRelease')
    .find(({ object }) => ofVendor.has(textAt(object, 'spec', 'chart', 'spec', 'sourceRef', 'name') ?? ''));
  return (
    release ??
    ['Deployment', 'DaemonSet']
      .flatMap((kind) => world.writtenOfKind(kind))
      .find(({ object }) =>
        listAt(object, 'spec', 'template', 'spec', 'containers').some((container) =>
          /(^|\/)nginx\/nginx-(plus-)?ingress(:|@|$)/.test(textAt(container, 'image') ?? ''),
        ),
      )
  );
}

const hasCommunityController = (world: World): boolean =>
  world.helmReleases().some(({ chart }) => chart === 'ingress-nginx') ||
  world.writtenOfKind('Deployment').some(({ name }) => name === 'ingress-nginx-controller');

/** Classes that their controllers have by default, and that none of them takes Flagger's annotations for. */
const otherClasses = new Set([
  'alb',
  'apisix',
  'azure-application-gateway',
  'azure/application-gateway',
  'cilium',
  'contour',
  'gce',
  'gce-internal',
  'haproxy',
  'istio',
  'kong',
  'openshift-default',
  'tailscale',
  'traefik',
]);

/** The Ingress that the Canary names is that of another controller altogether. */
function reportClass(canary: CanaryView, report: ReportFinding, world: World): void {
  const name = textAt(canary.spec, 'ingressRef', 'name');
  const entry = name === undefined ? undefined : world.find('Ingress', canary.namespace, name);
  const ofClass =
    entry && (textAt(entry.object, 'spec', 'ingressClassName') ?? entry.annotations['kubernetes.io/ingress.class']);
  if (!entry || ofClass === undefined || !otherClasses.has(ofClass)) return;
  // With a prefix of one's own Flagger writes the annotations of that controller; a class may be called anything.
  if (textAt(world.flagger.values, 'ingressAnnotationsPrefix') !== undefined || world.flagger.hasUnknownValues) return;
  const made = world.writtenOfKind('IngressClass').find((one) => one.name === ofClass);
  if (textAt(made?.object, 'spec', 'controller') === 'k8s.io/ingress-nginx') return;
  report(entry, {
    about: canary,
    pointer:
      textAt(entry.object, 'spec', 'ingressClassName') === undefined
        ? '/metadata/annotations/kubernetes.io~1ingress.class'
        : '/spec/ingressClassName',
    message: `Ingress "${entry.name}" of Canary "${canary.name}" is of class "${ofClass}", and provider nginx weighs by annotations that only ingress-nginx knows: the canary gets no traffic`,
    cause: 'the controller of this class does not know the annotations by which Flagger weighs',
    fix: `let ingress-nginx serve Ingress "${entry.name}" (ingressClassName: nginx), or use the provider of what serves it (traefik, contour, apisix, istio, gatewayapi:v1)`,
  });
}
