import { textAt } from '../../kube';
import { allConnectorObjects, CONNECTOR_KINDS, connectorObjects, googleName } from '../config-connector';
import { connector, gke } from '../config-connector-cases';
import { rule } from '../rule';

export default rule({
  id: 'gcp-invalid-name',
  severity: 'error',
  effect: 'rejected',
  since: '0.2.0',
  why: 'Kubernetes takes names that Google does not: a cluster or a pool of nodes has at most 40 characters, an account 6 to 30, all begin with a letter; the name of a zone of DNS ends with a dot.',
  cause: "Google's names are shorter than those of Kubernetes",
  source: [
    'cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters',
    'cloud.google.com/iam/docs/service-accounts-create',
  ],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const entry of allConnectorObjects(world)) {
      const { minName = 1, maxName } = CONNECTOR_KINDS[entry.kind]!;
      if (maxName === undefined) continue;
      const name = googleName(entry);
      const pointer = textAt(entry.object, 'spec', 'resourceID') === undefined ? '/metadata/name' : '/spec/resourceID';
      if (name.length < minName || name.length > maxName)
        report(entry, {
          pointer,
          message: `the name "${name}" of ${entry.kind} has ${name.length} characters`,
          fix: `use ${minName > 1 ? `${minName} to` : 'at most'} ${maxName}`,
        });
      else if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name))
        report(entry, {
          pointer,
          message: `the name "${name}" of ${entry.kind} is none for Google`,
          fix: 'begin with a lower case letter; use lower case letters, digits and "-"',
        });
    }
    for (const kind of ['DNSManagedZone', 'DNSRecordSet'])
      for (const entry of connectorObjects(world, kind)) {
        const field = kind === 'DNSManagedZone' ? 'dnsName' : 'name';
        const name = textAt(entry.object, 'spec', field);
        if (name === undefined || name.endsWith('.')) continue;
        report(entry, {
          pointer: `/spec/${field}`,
          message: `${kind} "${entry.name}" has the DNS name "${name}" without a dot at its end`,
          fix: `write "${name}."`,
          edits: [{ value: `${name}.` }],
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'a long cluster',
        manifests: [
          connector(
            'ContainerCluster',
            'online-boutique-production-europe-west-3a',
            { location: 'europe-west3' },
            { 'cnrm.cloud.google.com/deletion-policy': 'abandon' },
          ),
        ],
        expect: [
          {
            object: 'ContainerCluster example-shop/online-boutique-production-europe-west-3a',
            message: 'the name "online-boutique-production-europe-west-3a" of ContainerCluster has 41 characters',
          },
        ],
      },
      {
        name: 'a short account',
        manifests: [connector('IAMServiceAccount', 'flux', {})],
        expect: [
          {
            object: 'IAMServiceAccount example-shop/flux',
            message: 'the name "flux" of IAMServiceAccount has 4 characters',
          },
        ],
      },
      {
        name: 'a digit in front',
        manifests: [connector('ComputeNetwork', '2shop', {})],
        expect: [
          {
            object: 'ComputeNetwork example-shop/2shop',
            message: 'the name "2shop" of ComputeNetwork is none for Google',
          },
        ],
      },
      {
        name: 'no dot',
        manifests: [
          connector(
            'DNSManagedZone',
            'shop',
            { dnsName: 'example.com' },
            { 'cnrm.cloud.google.com/deletion-policy': 'abandon' },
          ),
        ],
        expect: [
          {
            object: 'DNSManagedZone example-shop/shop',
            pointer: '/spec/dnsName',
            message: 'DNSManagedZone "shop" has the DNS name "example.com" without a dot at its end',
          },
        ],
      },
    ],
    good: [{ name: 'short ones', manifests: gke() }],
  }),
});
