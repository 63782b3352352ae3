import { textAt } from '../../kube';
import { CONNECTOR_KINDS, connectorObjects } from '../config-connector';
import { connector, gke } from '../config-connector-cases';
import { rule } from '../rule';

export default rule({
  id: 'gcp-api-not-enabled',
  severity: 'error',
  effect: 'stuck',
  since: '0.2.0',
  why: "Google makes nothing by an API that is not enabled in the project: Config Connector's objects stay at UpdateFailed. Where the manifests enable APIs at all, the one of every kind belongs among them.",
  cause: 'Google makes nothing by an API that the project has not enabled',
  source: [
    'cloud.google.com/config-connector/docs/how-to/managing-deleting-resources',
    'cloud.google.com/service-usage',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    const enabled = new Set(
      world
        .ofKind('Service', 'serviceusage.cnrm.cloud.google.com')
        .map((entry) => textAt(entry.object, 'spec', 'resourceID') ?? entry.name),
    );
    // Enabled elsewhere, by whoever made the project.
    if (enabled.size === 0) return;
    const told = new Set<string>();
    for (const [kind, { group, api = group }] of Object.entries(CONNECTOR_KINDS))
      for (const entry of connectorObjects(world, kind)) {
        const name = `${api}.googleapis.com`;
        if (enabled.has(name) || told.has(name)) continue;
        told.add(name);
        report(entry, {
          message: `${kind} "${entry.name}" is made by ${name}, and no Service enables that`,
          fix: `add a Service (serviceusage.cnrm.cloud.google.com/v1beta1) "${name}"`,
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'a zone without the API of DNS',
        manifests: [
          ...gke(),
          connector(
            'DNSManagedZone',
            'shop',
            { dnsName: 'example.com.' },
            { 'cnrm.cloud.google.com/deletion-policy': 'abandon' },
          ),
        ],
        expect: [
          {
            object: 'DNSManagedZone example-shop/shop',
            message: 'DNSManagedZone "shop" is made by dns.googleapis.com, and no Service enables that',
          },
        ],
      },
      {
        name: 'a cluster without the API of containers',
        manifests: gke({ 'Service container.googleapis.com': null }),
        expect: [{ object: 'ContainerCluster example-shop/shop' }],
      },
    ],
    good: [
      { name: 'all enabled', manifests: gke() },
      {
        name: 'enabled elsewhere',
        manifests: gke({
          'Service container.googleapis.com': null,
          'Service compute.googleapis.com': null,
          'Service iam.googleapis.com': null,
        }),
      },
    ],
  }),
});
