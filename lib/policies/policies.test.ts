import { type Catalog, loadCatalog, resolveCluster } from '../catalog';
import { sound } from '../catalog/load.fixture';
import { at, type Fields, listAt } from '../kube';
import { allowedOf, connectionsOf, defaultDeny, platformPeers, podsOf, servicePolicies } from '.';

/** The policies of a small shop: `web` calls `cart`. */
function shop(change: (catalog: any) => void = () => {}) {
  const catalog = sound();
  catalog.clusters.pop();
  catalog.platform.policies = 'enforce';
  change(catalog);
  const loaded = loadCatalog(JSON.stringify(catalog), 'services.json');
  expect(loaded.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const cluster = resolveCluster(loaded.catalog as Catalog, catalog.clusters[0].name);
  const { namespace, mesh = 'istio-sidecar' } = cluster.platform;
  const platform = platformPeers({
    mesh,
    gateway: { name: 'public', namespace: 'istio-ingress' },
    prometheus: { address: 'http://prometheus-prometheus.monitoring:9090' },
    flagger: { namespace: 'flagger-system', loadTester: 'flagger-loadtester' },
  });
  const connections = connectionsOf(cluster);
  return { cluster, namespace, mesh, platform, connections };
}

function objectsOf(name: string, change?: (catalog: any) => void) {
  const { cluster, connections, ...rest } = shop(change);
  const service = cluster.services.find((one) => one.name === name)!;
  return servicePolicies({ service, connections: connections.get(name)!, ...rest });
}
const specOf = (name: string, kind: string, change?: (catalog: any) => void): Fields =>
  objectsOf(name, change).find((one) => one.kind === kind)!.spec;
/** `peers → ports` of each rule. */
const peersIn = (spec: Fields, list: 'ingress' | 'egress') =>
  listAt(spec, list).map((rule) => ({
    peers: listAt(rule, list === 'ingress' ? 'from' : 'to').map(
      (peer) =>
        at(peer, 'podSelector', 'matchLabels') ??
        at(peer, 'podSelector', 'matchExpressions') ??
        at(peer, 'ipBlock', 'cidr'),
    ),
    ports: listAt(rule, 'ports').map((port) => `${at(port, 'port')}/${at(port, 'protocol')}`),
  }));
const NAME = 'app.kubernetes.io/name';

test('a catalog that says nothing has no policies', () => {
  expect(shop((catalog) => delete catalog.platform.policies).connections.size).toBe(0);
});

test('a cluster overrides the platform', () => {
  const off = (catalog: any) => {
    catalog.clusters[0].policies = 'off';
  };
  expect(shop(off).connections.size).toBe(0);
});

test('a policy of the network names callers, gateway, load tester, Prometheus; nobody else', () => {
  expect(peersIn(specOf('cart', 'NetworkPolicy'), 'ingress')).toEqual([
    { peers: [{ [NAME]: 'web' }], ports: ['7070/TCP'] },
    { peers: [{ [NAME]: 'prometheus' }], ports: ['15020/TCP'] },
  ]);
  expect(peersIn(specOf('web', 'NetworkPolicy'), 'egress')).toEqual([
    { peers: [{ [NAME]: 'cart' }], ports: ['7070/TCP'] },
    { peers: [{ 'k8s-app': 'kube-dns' }, '169.254.20.10/32'], ports: ['53/TCP', '53/UDP'] },
    { peers: [{ app: 'istiod' }], ports: ['15012/TCP'] },
  ]);
});

test('who has no caller refuses everybody', () => {
  const alone = (catalog: any) => {
    delete catalog.services[0].env;
  };
  expect(specOf('cart', 'AuthorizationPolicy', alone)).toEqual({
    selector: { matchLabels: { [NAME]: 'cart' } },
    action: 'ALLOW',
  });
});

test('in audit mode the mesh only logs, and there is no policy of the network', () => {
  const objects = objectsOf('cart', (catalog) => {
    catalog.platform.policies = 'audit';
  });
  expect(objects.map(({ kind, annotations }) => [kind, annotations])).toEqual([
    ['AuthorizationPolicy', { 'istio.io/dry-run': 'true' }],
  ]);
});

test.each([
  ['none of its own', {}, { labels: { [NAME]: 'web' } }],
  [
    'a label of the name of its own',
    { podLabels: { [NAME]: 'shop' } },
    { either: { key: 'app', values: ['web', 'web-primary'] }, labels: {} },
  ],
  [
    'a selector with other labels',
    { selector: { app: 'w', tier: 'front' } },
    { either: { key: 'app', values: ['w', 'w-primary'] }, labels: { tier: 'front' } },
  ],
])('pods with %s are named by what Flagger leaves, else by both values', (_, own, expected) => {
  expect(podsOf({ name: 'web', canary: {}, ...own }, 'shop')).toEqual({ namespace: 'shop', ...expected });
});

test('where target and primary share no label, the mesh has a policy for each', () => {
  const own = (catalog: any) => {
    catalog.services[0].selector = { app: 'w' };
  };
  expect(
    objectsOf('web', own)
      .filter(({ kind }) => kind === 'AuthorizationPolicy')
      .map(({ name, spec }) => [name, at(spec, 'selector', 'matchLabels')]),
  ).toEqual([
    ['web', { app: 'w' }],
    ['web-primary', { app: 'w-primary' }],
  ]);
});

test('the API server and the metadata server are for those that ask for them', () => {
  const { cluster, connections, platform } = shop((catalog) => {
    catalog.services[1].serviceAccount = {
      automountToken: true,
      annotations: { 'iam.gke.io/gcp-service-account': 'cart@example.iam.gserviceaccount.com' },
    };
  });
  const needs = (name: string) =>
    allowedOf(cluster.services.find((one) => one.name === name)!, connections.get(name)!, platform).egress.map(
      ({ need }) => need,
    );
  expect(needs('cart')).toEqual(expect.arrayContaining(['api-server', 'metadata']));
  expect(needs('web')).not.toEqual(expect.arrayContaining(['api-server']));
  expect(needs('web')).not.toEqual(expect.arrayContaining(['metadata']));
});

test('calls may name port, methods and paths, and outside services', () => {
  const change = (catalog: any) => {
    catalog.external = [
      {
        name: 'pay',
        hosts: ['api.pay.example'],
        addresses: ['203.0.113.7'],
        ports: [{ port: 443, protocol: 'https' }],
      },
      { name: 'mail', hosts: ['*.mail.example'], ports: [{ port: 587, protocol: 'tcp' }] },
      { name: 'unused', hosts: ['api.example.net'], ports: [{ port: 443, protocol: 'https' }] },
    ];
    catalog.services[0].env.MAIL = 'smtp://out.mail.example:587';
    catalog.services[0].calls = [
      { service: 'cart', methods: ['POST'], paths: ['/shop.Cart/Get'] },
      { external: 'pay' },
    ];
  };
  expect(specOf('cart', 'AuthorizationPolicy', change).rules).toEqual([
    {
      from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }],
      to: [{ operation: { ports: ['7070'], methods: ['POST'], paths: ['/shop.Cart/Get'] } }],
    },
  ]);
  const egress = listAt(specOf('web', 'NetworkPolicy', change), 'egress');
  expect(egress).toEqual(
    expect.arrayContaining([
      { to: [{ ipBlock: { cidr: '203.0.113.7/32' } }], ports: [{ port: 443, protocol: 'TCP' }] },
      {
        to: [{ ipBlock: { cidr: '0.0.0.0/0', except: expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16']) } }],
        ports: [{ port: 587, protocol: 'TCP' }],
      },
    ]),
  );
  expect(specOf('web', 'Sidecar', change)).toEqual({
    workloadSelector: { labels: { [NAME]: 'web' } },
    outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
    egress: [
      {
        hosts: ['shop/cart.shop.svc.cluster.local', 'shop/api.pay.example', 'shop/*.mail.example', 'istio-system/*'],
      },
    ],
  });
});

test('callers beside the catalog: pods of another namespace, and addresses outside', () => {
  const change = (catalog: any) => {
    catalog.services[1].callers = [
      { name: 'report', namespace: 'reports', labels: { app: 'nightly' }, account: 'nightly', methods: ['GET'] },
      { name: 'office', cidrs: ['10.20.0.0/16'] },
    ];
  };
  expect(peersIn(specOf('cart', 'NetworkPolicy', change), 'ingress')[0]).toEqual({
    peers: [{ [NAME]: 'web' }, { app: 'nightly' }, '10.20.0.0/16'],
    ports: ['7070/TCP'],
  });
  expect(listAt(specOf('cart', 'AuthorizationPolicy', change), 'rules')).toContainEqual({
    from: [{ source: { principals: ['cluster.local/ns/reports/sa/nightly'] } }],
    to: [{ operation: { ports: ['7070'], methods: ['GET'] } }],
  });
});

test('in ambient mode the waypoint knows who sent what to which Service, ztunnel that it came by the waypoint', () => {
  const objects = objectsOf('web', (catalog) => {
    catalog.platform.mesh = 'istio-ambient';
    catalog.services[0].expose = { hosts: ['shop.{domain}'] };
    catalog.services[1].env = { WEB: { service: 'web' } };
    catalog.services[1].wave = 0;
    catalog.services[0].wave = 0;
  });
  expect(objects.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'NetworkPolicy web',
    'AuthorizationPolicy web.pods',
    'AuthorizationPolicy web',
  ]);
  const [network, atPods, atWaypoint] = objects;
  expect(peersIn(network!.spec, 'ingress').map(({ ports }) => ports)).toEqual([['15008/TCP'], []]);
  // Its proxies are other pods: it needs no istiod, and nobody reads counters of it.
  expect(JSON.stringify(network!.spec)).not.toMatch(/15012|15020/);
  expect(atPods!.spec).toEqual({
    selector: { matchLabels: { [NAME]: 'web' } },
    action: 'ALLOW',
    rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/waypoint'] } }] }],
  });
  expect(atWaypoint!.spec).toMatchObject({
    targetRefs: ['web', 'web-canary', 'web-primary'].map((name) => ({ group: '', kind: 'Service', name })),
    rules: [
      {
        from: [
          {
            source: {
              principals: ['cluster.local/ns/istio-ingress/sa/public-istio', 'cluster.local/ns/shop/sa/cart'],
            },
          },
        ],
        to: [{ operation: { ports: ['80'] } }],
      },
    ],
  });
});

test('in Linkerd each port has a Server, and those who are let in show who they are', () => {
  const change = (catalog: any) => {
    catalog.platform.mesh = 'linkerd';
    catalog.services[1].ports[0].protocol = 'tcp';
    catalog.services[1].callers = [
      { name: 'report', namespace: 'reports', account: 'nightly' },
      { name: 'anybody', namespace: 'batch' },
      { name: 'office', cidrs: ['203.0.113.0/24'] },
    ];
  };
  const group = 'policy.linkerd.io';
  const targetRef = { group, kind: 'Server', name: 'cart-7070' };
  expect(
    objectsOf('cart', change)
      .filter(({ apiVersion }) => apiVersion.startsWith(group))
      .map(({ kind, name, spec }) => [kind, name, spec]),
  ).toEqual([
    [
      'Server',
      'cart-7070',
      {
        podSelector: { matchLabels: { [NAME]: 'cart' } },
        port: 7070,
        proxyProtocol: 'opaque',
        accessPolicy: 'deny',
      },
    ],
    [
      'MeshTLSAuthentication',
      'cart-7070',
      {
        identityRefs: [
          { kind: 'Namespace', name: 'batch' },
          { kind: 'ServiceAccount', name: 'nightly', namespace: 'reports' },
          { kind: 'ServiceAccount', name: 'web', namespace: 'shop' },
        ],
      },
    ],
    [
      'AuthorizationPolicy',
      'cart-7070',
      { targetRef, requiredAuthenticationRefs: [{ group, kind: 'MeshTLSAuthentication', name: 'cart-7070' }] },
    ],
    ['NetworkAuthentication', 'cart-7070', { networks: [{ cidr: '203.0.113.0/24' }] }],
    [
      'AuthorizationPolicy',
      'cart-7070.networks',
      { targetRef, requiredAuthenticationRefs: [{ group, kind: 'NetworkAuthentication', name: 'cart-7070' }] },
    ],
  ]);
  const audited = objectsOf('cart', (catalog) => {
    change(catalog);
    catalog.platform.policies = 'audit';
  });
  expect(audited.map(({ kind }) => kind)).not.toContain('NetworkPolicy');
  expect(audited.find(({ kind }) => kind === 'Server')?.spec.accessPolicy).toBe('audit');
});

test('namespaces refuse what has no policy of its own', () => {
  const { platform, mesh } = shop();
  expect(
    defaultDeny({ mode: 'enforce', platform, mesh, namespaces: ['shop'] }).map(({ kind, spec }) => [kind, spec]),
  ).toEqual([
    ['NetworkPolicy', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }],
    ['AuthorizationPolicy', {}],
  ]);
});
