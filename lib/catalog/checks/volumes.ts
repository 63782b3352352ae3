import { configKeyError, dnsLabelError, dnsSubdomainError } from '../../kube';
import type { Path } from '../problem';
import type { ServiceCheck } from './context';

/** The ConfigMap of a config entry: its name stays when other entries come and go. (`MicroserviceRelease` makes the same.) */
export function configMapName(service: string, mountPath: string): string {
  const slug = mountPath
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${service}-${slug || 'config'}`;
}

/** The volume with which a canaried workload refers to the ConfigMap of its release. (`MicroserviceRelease` makes it.) */
const RELEASE_VOLUME = 'aviary-release';

/** `/data/` is the folder `/data`. */
const folderOf = (mountPath: string): string => mountPath.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');

export const checkVolumes: ServiceCheck = ({ service }, report) => {
  const names = new Set<string>();
  const paths = new Set<string>();
  const mount = (mountPath: string, path: Path) => {
    if (!mountPath.startsWith('/') || mountPath.includes(':') || mountPath.split('/').includes('..')) {
      report({
        code: 'mount-path',
        path,
        message: `the mount path ${JSON.stringify(mountPath)} is not an absolute path`,
        fix: 'begin with "/", without ":" and ".."',
      });
    } else if (paths.has(folderOf(mountPath)))
      report({
        code: 'duplicate-mount',
        path,
        message: `two volumes are mounted at ${JSON.stringify(mountPath)}`,
        fix: 'give each its own folder',
      });
    paths.add(folderOf(mountPath));
  };
  for (const [index, volume] of (service.volumes ?? []).entries()) {
    const path = ['volumes', index];
    const error = dnsLabelError(volume.name);
    if (error)
      report({
        code: 'invalid-volume-name',
        path: [...path, 'name'],
        message: `the volume name ${JSON.stringify(volume.name)} ${error}`,
        fix: 'use a DNS label',
      });
    if (volume.name === RELEASE_VOLUME && service.canary)
      report({
        code: 'invalid-volume-name',
        path: [...path, 'name'],
        message: `the volume name "${RELEASE_VOLUME}" is taken: a canaried service has a volume of that name`,
        fix: 'give the volume another name',
      });
    if (names.has(volume.name))
      report({
        code: 'duplicate-volume',
        path: [...path, 'name'],
        message: `two volumes are named "${volume.name}"`,
        fix: 'give each volume its own name',
      });
    names.add(volume.name);
    mount(volume.mountPath, [...path, 'mountPath']);
    if (volume.subPath !== undefined && (volume.subPath.startsWith('/') || volume.subPath.split('/').includes('..')))
      report({
        code: 'mount-path',
        path: [...path, 'subPath'],
        message: `subPath ${JSON.stringify(volume.subPath)} leaves the volume`,
        fix: 'write a relative path without ".."',
      });
    const sources = (['emptyDir', 'configMap', 'secret', 'persistentVolumeClaim'] as const).filter(
      (source) => volume[source] !== undefined,
    );
    if (sources.length !== 1)
      report({
        code: 'volume-source',
        path,
        message: `the volume "${volume.name}" has ${sources.length === 0 ? 'no source' : sources.join(' and ')}`,
        fix: 'give it exactly one of emptyDir, configMap, secret, persistentVolumeClaim',
      });
    const object = volume.configMap?.name ?? volume.secret?.secretName ?? volume.persistentVolumeClaim?.claimName;
    const objectError = object === undefined ? undefined : dnsSubdomainError(object);
    if (objectError)
      report({
        code: 'invalid-object-name',
        path: [...path, sources[0]!],
        message: `the name ${JSON.stringify(object)} ${objectError}`,
        fix: 'write the name of the object as it is in the cluster',
      });
  }
  for (const [index, config] of (service.config ?? []).entries()) {
    const path = ['config', index];
    mount(config.mountPath, [...path, 'mountPath']);
    const name = configMapName(service.name, config.mountPath);
    if (name.length > 63)
      report({
        code: 'name-too-long',
        path: [...path, 'mountPath'],
        message: `the ConfigMap "${name}" would have ${name.length} characters`,
        fix: 'mount it at a shorter path',
      });
    if (names.has(name))
      report({
        code: 'duplicate-volume',
        path: [...path, 'mountPath'],
        message: `two config entries become the ConfigMap "${name}"`,
        fix: 'put their files into one entry, or mount them at clearly different paths',
      });
    names.add(name);
    if (Object.keys(config.files).length === 0)
      report({
        code: 'no-files',
        path: [...path, 'files'],
        message: 'a config entry has no files',
        fix: 'add a file, or remove the entry',
      });
    let bytes = 0;
    for (const [file, content] of Object.entries(config.files)) {
      const error = configKeyError(file);
      if (error)
        report({
          code: 'invalid-config-key',
          path: [...path, 'files', file],
          key: true,
          message: `the file name ${JSON.stringify(file)} ${error}`,
          fix: 'use letters, digits, "-", "_" and "."; a folder is another entry',
        });
      bytes += file.length + Buffer.byteLength(content);
    }
    if (bytes > 1_048_576)
      report({
        code: 'config-too-large',
        path: [...path, 'files'],
        message: `the files have ${bytes} bytes together; a ConfigMap may have 1048576`,
        fix: 'put large files into the image or a volume',
      });
  }
};
