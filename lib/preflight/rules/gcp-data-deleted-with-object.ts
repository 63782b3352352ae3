import { connectorObjects, hasDeletionPolicy } from '../config-connector';
import { connector, gke } from '../config-connector-cases';
import { rule } from '../rule';

/** What is in them is nowhere else. */
const HOLDERS = ['ContainerCluster', 'ArtifactRegistryRepository', 'DNSManagedZone'];

export default rule({
  id: 'gcp-data-deleted-with-object',
  severity: 'warning',
  effect: 'outage',
  since: '0.2.0',
  why: 'When an object of Config Connector goes, what it stands for goes too: a cluster with all that runs in it, a registry with its images, a zone with its hosts. A folder that is renamed is enough, as Flux prunes. The annotation says what is meant.',
  cause: 'when the object goes, what it stands for goes too',
  source: ['cloud.google.com/config-connector/docs/how-to/managing-deleting-resources'],
  codes: [],
  each: 'world',
  check(world, report) {
    for (const kind of HOLDERS)
      for (const entry of connectorObjects(world, kind)) {
        if (hasDeletionPolicy(entry)) continue;
        report(entry, {
          message: `${kind} "${entry.name}" does not say what becomes of it when its object goes from Git`,
          fix: 'annotate it with cnrm.cloud.google.com/deletion-policy: abandon to keep it, or delete to let it go',
        });
      }
  },
  cases: () => ({
    bad: [
      {
        name: 'a registry',
        manifests: [connector('ArtifactRegistryRepository', 'shop', { location: 'europe-west3', format: 'DOCKER' })],
        expect: [
          {
            object: 'ArtifactRegistryRepository example-shop/shop',
            message: 'ArtifactRegistryRepository "shop" does not say what becomes of it when its object goes from Git',
          },
        ],
      },
    ],
    good: [{ name: 'said', manifests: gke() }],
  }),
});
