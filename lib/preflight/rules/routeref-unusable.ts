import { nearest } from '../../findings';
import { at, fieldsAt, isFields, listAt, textAt } from '../../kube';
import type { CanaryView, Entry, World } from '../../world';
import { canary, deployment } from '../case-manifests';
import { fillersOf, likelyOriginOf } from '../helm-origin';
import { type Report, rule } from '../rule';
import { stateThatItExists, unplacedWords } from '../statement';

/** What Flagger copies and weighs, by provider. */
const references: Readonly<Record<string, { readonly field: string; readonly kind: string; readonly group: string }>> =
  {
    nginx: { field: 'ingressRef', kind: 'Ingress', group: 'networking.k8s.io' },
    skipper: { field: 'ingressRef', kind: 'Ingress', group: 'networking.k8s.io' },
    apisix: { field: 'routeRef', kind: 'ApisixRoute', group: 'apisix.apache.org' },
  };

const ingress = (name: string, service: string, more: object = {}) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: 'shop' },
  spec: {
    rules: [
      {
        host: 'shop.example',
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port: { number: 80 } } } }],
        },
      },
    ],
    ...more,
  },
});
const apisix = (backends: readonly object[]) => ({
  apiVersion: 'apisix.apache.org/v2',
  kind: 'ApisixRoute',
  metadata: { name: 'shop', namespace: 'shop' },
  spec: { http: [{ name: 'web', match: { hosts: ['shop.example'], paths: ['/*'] }, backends }] },
});
const byNginx = (name: string, ref: string | undefined, more: object = {}) =>
  canary(name, {
    spec: {
      provider: 'nginx',
      ...(ref && { ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: ref } }),
    },
    ...more,
  });
const byApisix = canary('web', {
  spec: { provider: 'apisix', routeRef: { apiVersion: 'apisix.apache.org/v2', kind: 'ApisixRoute', name: 'shop' } },
});

export default rule({
  id: 'routeref-unusable',
  severity: 'error',
  effect: 'stuck',
  since: '0.3.0',
  why: 'With nginx, Skipper and APISIX Flagger makes no route of its own from the Canary: it copies the Ingress (or ApisixRoute) that the Canary names, and puts the Service of the canary in place of the one with the name of spec.service.name (or of the target). Without the reference, without that object, or without that Service among its backends the Canary is never initialized. A rule without paths ends Flagger itself. Two Canaries that name one Ingress write the same copy in turn.',
  cause: 'Flagger copies the object that the Canary names, and replaces the Service of the Canary in it',
  source: [
    'fluxcd/flagger v1.44 pkg/router/ingress.go, pkg/router/skipper.go, pkg/router/apisix.go (Reconcile)',
    'fluxcd/flagger issues 208 and 954',
  ],
  codes: [],
  restsOn: ['provider'],
  each: 'canary',
  check(canary, report, world) {
    const reference = references[canary.provider.value];
    const words = reference && fault(world, canary, reference);
    if (words) report(canary, words);
  },
  cases: () => ({
    bad: [
      {
        name: 'no reference',
        manifests: [deployment('web'), ingress('web', 'web'), byNginx('web', undefined)],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec',
            message: 'Canary "web" has no spec.ingressRef, which provider nginx needs: it is never initialized',
          },
        ],
        mended: [deployment('web'), ingress('web', 'web'), byNginx('web', 'web')],
      },
      {
        name: 'the Ingress leads to the primary',
        manifests: [deployment('web'), ingress('web', 'web-primary'), byNginx('web', 'web')],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/ingressRef/name',
            severity: 'error',
            message:
              'Ingress "web" of Canary "web" has no backend Service "web" (it has web-primary): Flagger finds nothing to replace, and the Canary is never initialized',
          },
        ],
        mended: [deployment('web'), ingress('web', 'web'), byNginx('web', 'web')],
      },
      {
        name: 'the Canary shares a Service of another name',
        manifests: [deployment('web-v1'), ingress('web', 'web'), byNginx('web-v1', 'web')],
        expect: [{ object: 'Canary shop/web-v1', pointer: '/spec/ingressRef/name', severity: 'error' }],
        mended: [deployment('web-v1'), ingress('web', 'web'), byNginx('web-v1', 'web', { service: { name: 'web' } })],
      },
      {
        name: 'a backend that is no rule',
        manifests: [
          deployment('web'),
          ingress('web', 'web', {
            rules: undefined,
            defaultBackend: { service: { name: 'web', port: { number: 80 } } },
          }),
          byNginx('web', 'web'),
        ],
        expect: [{ object: 'Canary shop/web', severity: 'error' }],
      },
      {
        name: 'a host without paths',
        manifests: [
          deployment('web'),
          ingress('web', 'web', {
            rules: [{ host: 'shop.example' }],
            defaultBackend: { service: { name: 'web', port: { number: 80 } } },
          }),
          byNginx('web', 'web'),
        ],
        expect: [
          {
            object: 'Canary shop/web',
            message:
              'Ingress "web" of Canary "web" has a rule without http paths (rule 0): Flagger 1.44 reads them all and crashes',
          },
        ],
      },
      {
        name: 'a slip of the name',
        manifests: [deployment('web'), ingress('web-ingress', 'web'), byNginx('web', 'web-ingres')],
        expect: [{ object: 'Canary shop/web', pointer: '/spec/ingressRef/name', severity: 'error' }],
      },
      {
        name: 'the Ingress is not among the manifests',
        manifests: [deployment('web'), byNginx('web', 'web')],
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/ingressRef/name',
            severity: 'warning',
            message: 'Canary "web" names Ingress "web", which is not among the manifests of namespace "shop"',
          },
        ],
      },
      {
        name: 'two Canaries of one Ingress',
        manifests: [
          deployment('web'),
          deployment('api'),
          ingress('shop', 'web', {
            rules: [
              {
                host: 'shop.example',
                http: {
                  paths: ['web', 'api'].map((name) => ({
                    path: `/${name}`,
                    pathType: 'Prefix',
                    backend: { service: { name, port: { number: 80 } } },
                  })),
                },
              },
            ],
          }),
          byNginx('web', 'shop'),
          byNginx('api', 'shop'),
        ],
        expect: [
          {
            object: 'Canary shop/api',
            pointer: '/spec/ingressRef/name',
            message:
              'Canary "api" and Canary "web" name the same Ingress "shop": both write Ingress "shop-canary", each over the other',
          },
        ],
      },
      {
        name: 'a route of APISIX with two backends',
        manifests: [
          deployment('web'),
          apisix([
            { serviceName: 'web', servicePort: 80 },
            { serviceName: 'old', servicePort: 80 },
          ]),
          byApisix,
        ],
        expect: [{ object: 'Canary shop/web', pointer: '/spec/routeRef/name', severity: 'error' }],
      },
    ],
    good: [
      {
        name: 'the Service of the Canary',
        manifests: [deployment('web'), ingress('web', 'web'), byNginx('web', 'web')],
      },
      {
        name: 'an Ingress that is stated to exist',
        manifests: [deployment('web'), byNginx('web', 'web')],
        facts: { exists: ['Ingress shop/web'] },
      },
      {
        name: 'a route of APISIX',
        manifests: [deployment('web'), apisix([{ serviceName: 'web', servicePort: 80 }]), byApisix],
      },
      {
        name: 'an Ingress that a chart may make',
        manifests: [
          deployment('web'),
          byNginx('web', 'web'),
          {
            apiVersion: 'helm.toolkit.fluxcd.io/v2',
            kind: 'HelmRelease',
            metadata: { name: 'web', namespace: 'shop' },
            spec: { interval: '1h', chartRef: { kind: 'OCIRepository', name: 'web' } },
          },
        ],
      },
      { name: 'another provider', manifests: [deployment('web'), canary('web', { spec: { provider: 'istio' } })] },
    ],
  }),
});

type Reference = (typeof references)[string];

function fault(world: World, canary: CanaryView, { field, kind, group }: Reference): Report | undefined {
  const { namespace, apexName } = canary;
  const name = textAt(canary.spec, field, 'name');
  if (!name)
    return {
      pointer: '/spec',
      message: `Canary "${canary.name}" has no spec.${field}, which provider ${canary.provider.value} needs: it is never initialized`,
      fix: `add spec.${field}: {apiVersion: ${group}/${kind === 'Ingress' ? 'v1' : 'v2'}, kind: ${kind}, name: …} with the name of the ${kind} that leads to Service "${apexName}"`,
    };
  const pointer = `/spec/${field}/name`;
  const entry = world.given(kind, namespace, name);
  if (!entry) return absent(world, canary, pointer, kind, name);
  if (kind === 'ApisixRoute') return faultOfApisix(entry, canary, pointer);
  const other = world
    .canaries()
    .find(
      (one) =>
        one.entry.order < canary.entry.order &&
        one.namespace === namespace &&
        one.provider.value === canary.provider.value &&
        one.name !== canary.name &&
        textAt(one.spec, field, 'name') === name,
    );
  return faultOfIngress(entry, canary, pointer) ?? (other && shared(canary, other, name, pointer));
}

function absent(world: World, canary: CanaryView, pointer: string, kind: string, name: string): Report | undefined {
  const { namespace } = canary;
  if (world.mayExist(kind, namespace, name)) return undefined;
  // A chart, or a Kustomization of another repository, may make it.
  if (likelyOriginOf(world, namespace, name) || fillersOf(world, namespace).length > 0) return undefined;
  const unplaced = world.unplaced(kind, name);
  if (unplaced)
    return {
      pointer,
      ...unplacedWords(`Canary "${canary.name}" names ${kind} ${namespace}/${name}`, unplaced, namespace),
    };
  const known = world.writtenOfKind(kind).filter((entry) => entry.namespace === namespace);
  const near = nearest(
    name,
    known.map((entry) => entry.name),
  );
  return {
    pointer,
    severity: near === undefined ? 'warning' : 'error',
    message: `Canary "${canary.name}" names ${kind} "${name}", which is not among the manifests of namespace "${namespace}"`,
    ...(near === undefined ? {} : { nearest: near }),
    fix:
      near === undefined
        ? `name the ${kind} that leads to Service "${canary.apexName}", add its manifest to those that are checked, or ${stateThatItExists(kind, namespace, name)}`
        : `write name: ${near}`,
  };
}

function faultOfIngress(entry: Entry, canary: CanaryView, pointer: string): Report | undefined {
  const { apexName } = canary;
  const rules = listAt(entry.object, 'spec', 'rules');
  const bare = rules.findIndex((one) => !isFields(at(one, 'http')));
  if (bare >= 0)
    return {
      pointer,
      message: `Ingress "${entry.name}" of Canary "${canary.name}" has a rule without http paths (rule ${bare}): Flagger 1.44 reads them all and crashes`,
      cause: 'Flagger looks into the http of every rule without asking whether there is one',
      fix: `write http.paths with backend Service "${apexName}" into rule ${bare} of Ingress "${entry.name}"`,
    };
  const backends = rules.flatMap((one) =>
    listAt(one, 'http', 'paths').flatMap((path) => {
      const backend = fieldsAt(path, 'backend');
      return textAt(backend, 'service', 'name') ?? textAt(backend, 'serviceName') ?? [];
    }),
  );
  return backends.includes(apexName) ? undefined : unfit(entry, canary, pointer, backends);
}

function faultOfApisix(entry: Entry, canary: CanaryView, pointer: string): Report | undefined {
  const { apexName } = canary;
  const routes = listAt(entry.object, 'spec', 'http').map((route) => ({
    name: textAt(route, 'name') ?? '',
    services: listAt(route, 'backends').flatMap((backend) => textAt(backend, 'serviceName') ?? []),
  }));
  const own = routes.find(({ services }) => services.includes(apexName));
  if (!own)
    return unfit(
      entry,
      canary,
      pointer,
      routes.flatMap(({ services }) => services),
    );
  return own.services.length === 1
    ? undefined
    : {
        pointer,
        message: `the route "${own.name}" of ApisixRoute "${entry.name}" of Canary "${canary.name}" has ${own.services.length} backends: Flagger takes one only, and the Canary is never initialized`,
        fix: `leave Service "${apexName}" alone in the backends of route "${own.name}"`,
      };
}

function unfit({ kind, name }: Entry, canary: CanaryView, pointer: string, backends: readonly string[]): Report {
  const { apexName, primaryName, canaryName } = canary;
  const others = [...new Set(backends)];
  const [only] = others.filter((one) => one !== primaryName && one !== canaryName);
  return {
    pointer,
    message: `${kind} "${name}" of Canary "${canary.name}" has no backend Service "${apexName}" (it has ${others.join(', ') || 'none in its rules'}): Flagger finds nothing to replace, and the Canary is never initialized`,
    fix:
      only === undefined
        ? `write Service "${apexName}" as the backend of a path of ${kind} "${name}"`
        : `write spec.service.name: ${only} in Canary "${canary.name}" if that is the Service to be shared, or Service "${apexName}" as a backend of ${kind} "${name}"`,
  };
}

function shared(canary: CanaryView, other: CanaryView, name: string, pointer: string): Report {
  return {
    pointer,
    message: `Canary "${canary.name}" and Canary "${other.name}" name the same Ingress "${name}": both write Ingress "${name}-canary", each over the other`,
    cause: 'the copy has the name of the Ingress and not of the Canary',
    fix: `make an Ingress of its own for the paths of Service "${canary.apexName}", and name it in Canary "${canary.name}"`,
  };
}
