import { broken, lines } from '../load.fixture';

test('an external that nobody names is for everybody in a cluster without policies', () => {
  const change = (catalog: any) => {
    catalog.clusters[1].policies = 'enforce';
    catalog.external = [{ name: 'maps', hosts: ['maps.example.com'], ports: [{ port: 443, protocol: 'https' }] }];
  };
  expect(lines(broken(change))).toEqual([]);
});

test.each<[string, (catalog: any) => void, string]>([
  [
    'nowhere',
    (catalog) => {
      catalog.services[1].callers = [{ name: 'batch' }];
    },
    '/services/1/callers/0: nothing says where the caller "batch" of "cart" is [caller]',
  ],
  [
    'at two places',
    (catalog) => {
      catalog.services[1].callers = [{ name: 'batch', namespace: 'jobs', cidrs: ['10.0.0.0/8'] }];
    },
    '/services/1/callers/0: the caller "batch" of "cart" is in namespace "jobs" and at addresses outside [caller]',
  ],
  [
    'an account without a namespace',
    (catalog) => {
      catalog.services[1].callers = [{ name: 'batch', account: 'batch', cidrs: ['10.0.0.0/8'] }];
    },
    '/services/1/callers/0/account: the caller "batch" has an account and no namespace [caller]',
  ],
  [
    'no range',
    (catalog) => {
      catalog.services[1].callers = [{ name: 'office', cidrs: ['10.0.0.1'] }];
    },
    '/services/1/callers/0/cidrs/0: "10.0.0.1" is no range of addresses [invalid-address]',
  ],
  [
    'a port that the service does not have',
    (catalog) => {
      catalog.services[1].callers = [{ name: 'batch', namespace: 'jobs', ports: [7071] }];
    },
    '/services/1/callers/0/ports/0: "cart" has no port 7071 [unknown-port]',
  ],
  [
    'an edge to a port that the callee does not have',
    (catalog) => {
      catalog.services[0].calls = [{ service: 'cart', port: 'grcp' }];
    },
    '/services/0/calls/0/port: "cart" has no port "grcp" ~ grpc [unknown-port]',
  ],
  [
    'an outside service that nobody knows',
    (catalog) => {
      catalog.external = [
        { name: 'google-apis', hosts: ['*.googleapis.com'], ports: [{ port: 443, protocol: 'https' }] },
      ];
      catalog.services[0].calls = [{ external: 'google-api' }];
    },
    '/services/0/calls/0/external: no external service "google-api" ~ google-apis [unknown-external]',
  ],
  [
    'a path without a slash',
    (catalog) => {
      catalog.services[0].calls = [{ service: 'cart', paths: ['shop.Cart/Get'] }];
    },
    '/services/0/calls/0/paths/0: the path "shop.Cart/Get" is none that a policy can tell [requests]',
  ],
  [
    'methods of a port that speaks TCP',
    (catalog) => {
      catalog.services[1].ports[0].protocol = 'tcp';
      catalog.services[0].calls = [{ service: 'cart', methods: ['GET'] }];
    },
    '/services/0/calls/0/methods: methods and paths are of HTTP and gRPC, and the ports speak TCP [requests]',
  ],
  [
    'outside the mesh, by mutual TLS',
    (catalog) => {
      catalog.services[1].callers = [{ name: 'office', cidrs: ['10.0.0.0/8'] }];
    },
    '/services/1/callers/0: the caller "office" of "cart" is outside the mesh, which takes calls by mutual TLS alone: it is refused whatever the policies say [caller]',
  ],
  [
    'outside, and named by nobody, where policies are on',
    (catalog) => {
      catalog.platform.policies = 'audit';
      catalog.external = [
        { name: 'maps', hosts: ['maps.example.com'], ports: [{ port: 443, protocol: 'https' }] },
        { name: 'mail', hosts: ['*.mail.example.com'], ports: [{ port: 443, protocol: 'https' }] },
        { name: 'bank', hosts: ['bank.example.com'], ports: [{ port: 443, protocol: 'https' }] },
      ];
      catalog.services[0].env.MAIL = 'https://smtp.mail.example.com/v1';
      catalog.services[1].calls = [{ external: 'bank' }];
    },
    '/external/0: no service names "maps" (maps.example.com): with policies nobody is let through to it [unused-external]',
  ],
])('%s', (_, change, expected) => {
  // That a caller at addresses is refused by mutual TLS stands beside each other mistake of it, and has a row of its own.
  const found = lines(broken(change)).filter((line) => line === expected || !line.includes('is outside the mesh'));
  expect(found).toEqual([expected]);
});
