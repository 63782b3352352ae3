import { allProviders, metricStores, type Provider } from '../lib/flagger';
import { countsRequests, MESH_FACTS, meshModes } from '../lib/mesh';

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
