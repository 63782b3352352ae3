import { at, booleanAt, fieldsAt, isFields, listAt, textAt, textMapAt } from '../../kube';
import type { CanaryView, World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { type Report, rule, type Subject } from '../rule';

const release = (chart: string, values: object) => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: chart, namespace: chart },
  spec: { chart: { spec: { chart } }, values },
});
const controller = (name: string, image: string, args: readonly string[]) =>
  deployment(name, { container: { image, args: [...args] } });
const by = (provider: string, more: object = {}) => canary('web', { spec: { provider, ...more } });
const mesh = (metrics?: object) => ({
  apiVersion: 'kuma.io/v1alpha1',
  kind: 'Mesh',
  metadata: { name: 'default' },
  spec: metrics ? { metrics } : {},
});
const apisixRoute = (plugins: readonly object[]) => ({
  apiVersion: 'apisix.apache.org/v2',
  kind: 'ApisixRoute',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    http: [
      {
        name: 'web',
        match: { hosts: ['shop.example'], paths: ['/*'] },
        backends: [{ serviceName: 'web', servicePort: 80 }],
        plugins,
      },
    ],
  },
});
const byApisix = by('apisix', {
  routeRef: { apiVersion: 'apisix.apache.org/v2', kind: 'ApisixRoute', name: 'web' },
});

export default rule({
  id: 'provider-metrics-off',
  severity: 'warning',
  effect: 'fails',
  since: '0.3.0',
  why: 'The built-in metrics of a provider are counters of its proxy, by Service or by route. Traefik, Skipper, APISIX and Kuma export them only when they are told to, and with the label that Flagger asks by. Otherwise each check ends with "no values found for … metric".',
  cause: 'the proxy does not export the counters that the built-in metrics of this provider ask for',
  source: [
    'fluxcd/flagger v1.44 pkg/metrics/observers/traefik.go, skipper.go, apisix.go, kuma.go',
    'fluxcd/flagger v1.44 docs/gitbook/tutorials/skipper-progressive-delivery.md, apisix-progressive-delivery.md',
    'doc.traefik.io/traefik/observability/metrics/prometheus (addServicesLabels)',
    'kuma.io/docs/latest/policies/meshmetric',
    'traefik/traefik issue 8661',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const [provider, look] of Object.entries(lookers)) {
      const one = world
        .canaries()
        .find(
          ({ metricsProvider, builtinMetrics, skipAnalysis }) =>
            metricsProvider === provider && builtinMetrics.length > 0 && !skipAnalysis,
        );
      for (const { subject, what, ...words } of one ? look(world, one) : [])
        report(subject, {
          ...words,
          about: one as CanaryView,
          message: `${what}: the metric "${one?.builtinMetrics[0]?.name}" of Canary "${one?.name}" has no values`,
        });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'Traefik without the label of the Service',
        manifests: [
          deployment('web'),
          by('traefik'),
          release('traefik', { metrics: { prometheus: { addServicesLabels: false } } }),
        ],
        expect: [
          {
            object: 'HelmRelease traefik/traefik',
            message:
              'HelmRelease "traefik" installs Traefik with addServicesLabels: false: the metric "request-success-rate" of Canary "web" has no values',
          },
        ],
      },
      {
        name: 'Traefik that exports nothing',
        manifests: [
          deployment('web'),
          by('traefik'),
          controller('traefik', 'traefik:v3.1', ['--providers.kubernetescrd', '--entrypoints.web.address=:80']),
        ],
        expect: [{ object: 'Deployment shop/traefik' }],
      },
      {
        name: 'Skipper without the counters of routes',
        manifests: [
          deployment('web'),
          by('skipper', { ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' } }),
          controller('skipper', 'registry.example.com/teapot/skipper:v0.21', ['skipper', '-kubernetes']),
        ],
        expect: [{ object: 'Deployment shop/skipper' }],
      },
      {
        name: 'a route of APISIX without the plugin',
        manifests: [deployment('web'), byApisix, apisixRoute([])],
        expect: [
          {
            object: 'ApisixRoute shop/web',
            pointer: '/spec/http/0',
            message:
              'route "web" of ApisixRoute "web" has no plugin prometheus with prefer_name: true: the metric "request-success-rate" of Canary "web" has no values',
          },
        ],
      },
      {
        name: 'a Mesh of Kuma without metrics',
        manifests: [deployment('web'), by('kuma'), mesh()],
        expect: [{ object: 'Mesh default' }],
      },
    ],
    good: [
      {
        name: 'the chart of Traefik as it is',
        manifests: [deployment('web'), by('traefik'), release('traefik', {})],
      },
      {
        name: 'Traefik with Prometheus',
        manifests: [
          deployment('web'),
          by('traefik'),
          controller('traefik', 'traefik:v3.1', ['--providers.kubernetescrd', '--metrics.prometheus=true']),
        ],
      },
      {
        name: 'Skipper with the counters of routes',
        manifests: [
          deployment('web'),
          by('skipper', { ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' } }),
          controller('skipper', 'registry.example.com/teapot/skipper:v0.21', [
            'skipper',
            '-kubernetes',
            '-serve-route-metrics',
            '-route-response-metrics',
          ]),
        ],
      },
      {
        name: 'a route of APISIX with the plugin',
        manifests: [
          deployment('web'),
          byApisix,
          apisixRoute([{ name: 'prometheus', enable: true, config: { prefer_name: true } }]),
        ],
      },
      {
        name: 'APISIX counts all routes by name',
        manifests: [
          deployment('web'),
          byApisix,
          apisixRoute([]),
          {
            apiVersion: 'apisix.apache.org/v2',
            kind: 'ApisixClusterConfig',
            metadata: { name: 'default' },
            spec: { monitoring: { prometheus: { enable: true, prefer_name: true } } },
          },
        ],
      },
      {
        name: 'a Mesh of Kuma with metrics',
        manifests: [
          deployment('web'),
          by('kuma'),
          mesh({ enabledBackend: 'prometheus-1', backends: [{ name: 'prometheus-1', type: 'prometheus' }] }),
        ],
      },
      { name: 'another provider', manifests: [deployment('web'), canary('web'), mesh()] },
    ],
  }),
});

interface Off extends Omit<Report, 'message' | 'about'> {
  readonly subject: Subject;
  readonly what: string;
}

/** What does not export the counters, by provider. */
const lookers: Readonly<Record<string, (world: World, canary: CanaryView) => readonly Off[]>> = {
  traefik: traefikOff,
  skipper: skipperOff,
  apisix: apisixOff,
  kuma: kumaOff,
};

function traefikOff(world: World): Off[] {
  const fix =
    'let Traefik export by Service: metrics.prometheus.addServicesLabels: true in the values of its chart, or the arguments --metrics.prometheus and --metrics.prometheus.addServicesLabels=true';
  const ofChart = world
    .helmReleases()
    .filter(({ chart }) => chart === 'traefik')
    .flatMap(({ entry, name, values, valuesPointer }): Off[] => {
      const prometheus = at(values, 'metrics', 'prometheus');
      const isOff = prometheus === null || prometheus === false || booleanAt(prometheus, 'addServicesLabels') === false;
      const what = `${entry.kind} "${name}" installs Traefik with ${isFields(prometheus) ? 'addServicesLabels: false' : 'metrics.prometheus switched off'}`;
      return isOff ? [{ subject: entry, pointer: `${valuesPointer}/metrics/prometheus`, what, fix }] : [];
    });
  return [
    ...ofChart,
    ...containersOf(world, /(?:^|\/)traefik$/).flatMap(({ subject, pointer, where, args }): Off[] => {
      const flags = args.map((one) => one.toLowerCase());
      // Without any of these the settings stand in a file that is not seen here.
      const isByArguments = flags.some((one) => /^--(?:entrypoints|providers)\b/.test(one));
      const has = flags.some((one) => /^--metrics\.prometheus(?:$|[.=])/.test(one));
      const isOff = flags.some((one) => /^--metrics\.prometheus(?:\.addserviceslabels)?=false$/.test(one));
      if (!isOff && (has || !isByArguments || flags.some((one) => one.startsWith('--configfile')))) return [];
      const what = `${where} runs Traefik ${isOff ? 'with the counters of Services switched off' : 'without --metrics.prometheus'}`;
      return [{ subject, pointer, what, fix }];
    }),
  ];
}

function skipperOff(world: World): Off[] {
  return containersOf(world, /(?:^|\/)skipper$/).flatMap(({ subject, pointer, where, args }): Off[] => {
    if (!args.some((one) => /^-{1,2}kubernetes/.test(one))) return [];
    const missing = ['serve-route-metrics', 'route-response-metrics'].filter(
      (flag) => !args.some((one) => new RegExp(`^-{1,2}${flag}(?:=true)?$`).test(one)),
    );
    const flags = missing.map((flag) => `-${flag}`).join(' and ');
    return missing.length === 0
      ? []
      : [{ subject, pointer, what: `${where} runs Skipper without ${flags}`, fix: `add the arguments ${flags}` }];
  });
}

function apisixOff(world: World, canary: CanaryView): Off[] {
  const countsAll = [...world.ofKind('ApisixClusterConfig'), ...world.ofKind('ApisixGlobalRule')].some(({ object }) =>
    JSON.stringify(object).includes('"prefer_name":true'),
  );
  const name = textAt(canary.spec, 'routeRef', 'name');
  const route = name === undefined ? undefined : world.find('ApisixRoute', canary.namespace, name);
  if (countsAll || !route) return [];
  return listAt(route.object, 'spec', 'http').flatMap((http, index): Off[] => {
    const isMeant = listAt(http, 'backends').some((backend) => textAt(backend, 'serviceName') === canary.apexName);
    const counts = listAt(http, 'plugins').some(
      (plugin) =>
        textAt(plugin, 'name') === 'prometheus' &&
        booleanAt(plugin, 'enable') !== false &&
        booleanAt(plugin, 'config', 'prefer_name') === true,
    );
    if (!isMeant || counts || textAt(http, 'plugin_config_name') !== undefined) return [];
    return [
      {
        subject: route,
        pointer: `/spec/http/${index}`,
        what: `route "${textAt(http, 'name') ?? index}" of ApisixRoute "${route.name}" has no plugin prometheus with prefer_name: true`,
        fix: 'add plugins: [{name: prometheus, enable: true, config: {prefer_name: true}}] to it: Flagger copies the route and asks by its name',
      },
    ];
  });
}

function kumaOff(world: World, canary: CanaryView): Off[] {
  if (world.ofKind('MeshMetric').length > 0) return [];
  const name = textMapAt(canary.entry.object, 'metadata', 'annotations')['kuma.io/mesh'] ?? 'default';
  const mesh = world.ofKind('Mesh').find((one) => one.name === name && one.group === 'kuma.io');
  if (!mesh || textAt(fieldsAt(mesh.object, 'spec', 'metrics'), 'enabledBackend') !== undefined) return [];
  return [
    {
      subject: mesh,
      pointer: '/spec',
      what: `Mesh "${name}" enables no metrics, and there is no MeshMetric`,
      fix: 'write metrics: {enabledBackend: prometheus-1, backends: [{name: prometheus-1, type: prometheus}]} into it, or add a MeshMetric with a backend of type Prometheus',
    },
  ];
}

/** Containers of an image, with what they are started with. */
function containersOf(world: World, image: RegExp) {
  return world.writtenWorkloads().flatMap((workload) =>
    workload.containers.flatMap(({ fields, init, pointer }) => {
      const [path = ''] = (textAt(fields, 'image') ?? '').split('@');
      if (init || !image.test(path.replace(/:[^/]*$/, ''))) return [];
      const args = [...listAt(fields, 'command'), ...listAt(fields, 'args')].filter((one) => typeof one === 'string');
      return [{ subject: workload, pointer, where: `${workload.kind} "${workload.name}"`, args }];
    }),
  );
}
