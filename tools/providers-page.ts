import { allProviders, metricStores, type Provider, providerOf } from '../lib/flagger';
import { countsRequests, entranceModes, MESH_FACTS, type Mesh, meshModes } from '../lib/mesh';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
const code = (text: string): string => `\`${text}\``;
const codes = (texts: readonly string[]): string => texts.map(code).join(', ') || '–';

/** docs/providers.md: Flagger's providers, the mesh modes and the metric stores side by side. */
export function providersPage(): string {
  return `# Providers, mesh modes and metric stores

Generated from \`lib/flagger/providers\`, \`lib/mesh\` and \`lib/flagger/stores\`, which hold Flagger 1.44's own facts.

## Mesh modes: \`platform.mesh\` of the catalog, \`mesh\` of the constructs

${table(
  [
    'mode',
    'what it is',
    'provider',
    'who counts requests',
    'labels and annotations of the namespace',
    'installed by the platform',
    'a host comes in by',
  ],
  meshModes.map((mode) => {
    const mesh = MESH_FACTS[mode];
    const counted = mesh.reporter
      ? `Istio, reporter ${code(mesh.reporter)}`
      : countsRequests(mesh)
        ? 'the mesh'
        : 'nobody that Flagger asks';
    const marks = { ...mesh.namespaceLabels, ...mesh.namespaceAnnotations };
    return [
      code(mode),
      mesh.title,
      code(mesh.provider),
      counted,
      codes(Object.entries(marks).map(([key, value]) => `${key}: ${value}`)),
      mesh.installs === 'istio' ? 'Istio' : 'nothing',
      mesh.exposesBy === 'nothing' ? '–' : mesh.exposesBy,
    ];
  }),
)}

## Ingress controllers and gateways: \`platform.provider\` of the catalog

In place of a mesh. The controller is already installed and shares out what comes in by \`expose\`; callers inside the cluster go
past it, so a canary needs \`expose\`, and other services are rolled out by Kubernetes (\`"canary": false\`). The objects that lead
a host to a service are written beside it. Changing \`platform.mesh\` for \`platform.provider\`, or one controller for another, needs no other edit
than those that the findings name. Knative is not among them: its canaries are Services of Knative's own, which the catalog does not write; \`CanaryRollout\` does.

${table(
  ['provider', 'what it is', 'who counts requests', 'a host comes in by', 'weights', 'A/B by', 'load tests go to'],
  entranceModes.map((mode) => {
    const { title, entrance, provider }: Mesh = MESH_FACTS[mode];
    const { can, builtin, entrance: address } = providerOf(provider);
    const [object] = entrance!({
      name: 'web',
      namespace: 'shop',
      port: 80,
      protocol: 'http',
      hosts: ['web.example.com'],
      paths: ['/'],
      isCanaried: false,
      gateway: { namespace: 'ingress', name: 'public' },
    });
    return [
      code(mode),
      title,
      builtin?.countedBy === 'ingress' ? 'the controller' : 'nobody that Flagger asks',
      `${object?.kind} (${object?.apiVersion})`,
      can.weigh ? 'yes' : 'no',
      can.matchHeaders.join(', ') || '–',
      address ? code(address) : '–',
    ];
  }),
)}

## Providers: \`provider\` of \`CanaryRollout\`

${table(
  [
    'provider',
    'values',
    'shares traffic at',
    'found by',
    'what Flagger writes',
    'weights',
    'A/B by',
    'mirror',
    'session affinity',
    'fields of service that it reads',
  ],
  allProviders.map((provider) => [
    provider.title,
    codes(provider.values),
    provider.sharesAt,
    foundBy(provider),
    codes([...new Set(provider.routes.map(({ kind }) => kind))]),
    provider.can.weigh ? 'yes' : 'no',
    [
      ...provider.can.matchHeaders.map((kind) => `header ${kind}`),
      ...(provider.can.matchQuery ? ['query'] : []),
      ...(provider.can.matchSource ? ['source labels'] : []),
    ].join(', ') || 'no',
    provider.can.mirror === 'none' ? 'no' : provider.can.mirror === 'iterations' ? 'with iterations' : 'yes',
    provider.can.affinity ? 'yes' : 'no',
    codes(provider.serviceFields),
  ]),
)}

## What the built-in metrics ask

${table(
  ['provider', 'counted by', 'counter', 'labels of the canary'],
  allProviders.flatMap(({ title, builtin }) =>
    builtin
      ? [
          [
            title,
            builtin.countedBy,
            code(builtin.counter),
            codes(Object.entries(builtin.labels).map(([key, value]) => `${key}=${value}`)).replaceAll('|', '\\\\|'),
          ],
        ]
      : [],
  ),
)}

## Metric stores: \`MetricStore\`

${table(
  ['store', 'type', 'address', 'Secret', 'region', 'query'],
  metricStores.map((store) => [
    store.title,
    code(store.id),
    store.address === 'optional'
      ? store.defaultAddress
        ? code(store.defaultAddress)
        : 'optional'
      : store.address === 'required'
        ? 'required'
        : '–',
    store.secret === 'unread' ? '–' : `${store.secret}: ${store.secretKeys.map((keys) => codes(keys)).join(' or ')}`,
    store.region === 'required' ? 'required' : '–',
    store.query.replaceAll('|', '\\\\|'),
  ]),
)}
`;
}

function foundBy({ reference, needsGatewayRefs }: Provider): string {
  if (needsGatewayRefs) return `${code('service.gatewayRefs')}, required`;
  return reference ? `${code(reference.field)} (${reference.kind})${reference.isRequired ? ', required' : ''}` : '–';
}
