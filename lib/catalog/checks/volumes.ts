import { nearest } from '../../findings';
import { configKeyError, dnsLabelError, dnsSubdomainError, VOLUME_SOURCES } from '../../kube';
import { configMapName } from '../objects';
import type { Path } from '../problem';
import type { ResolvedService } from '../resolve';
import type { ServiceCheck, ServiceProblem } from './context';

/** The volume with which a canaried workload refers to the ConfigMap of its release. (`MicroserviceRelease` makes it.) */
const RELEASE_VOLUME = 'aviary-release';

/** `/data/` is the folder `/data`. */
const folderOf = (mountPath: string): string => mountPath.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');

/** Volumes, mounts and files of configuration. */
export const checkVolumes: ServiceCheck = ({ service }, report) => {
  const names = new Set<string>();
  const paths = new Set<string>();
  const mount = (mountPath: string, path: Path) => {
    const isRefused = mountPath === '' || mountPath.includes(':') || mountPath.split('/').includes('..');
    if (isRefused || !mountPath.startsWith('/')) {
      report({
        code: 'mount-path',
        // The kubelet puts the "/" before it.
        ...(isRefused ? {} : { severity: 'warning' as const }),
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
        fix: `if they are one volume, keep one of them and write its other places as "mounts": [{ "mountPath": ${JSON.stringify(volume.mountPath ?? '/…')} }]; else give each its own name`,
      });
    names.add(volume.name);
    if (volume.mountPath !== undefined) mount(volume.mountPath, [...path, 'mountPath']);
    for (const [position, { mountPath }] of (volume.mounts ?? []).entries())
      mount(mountPath, [...path, 'mounts', position, 'mountPath']);
    if (volume.subPath !== undefined && (volume.subPath.startsWith('/') || volume.subPath.split('/').includes('..')))
      report({
        code: 'mount-path',
        path: [...path, 'subPath'],
        message: `subPath ${JSON.stringify(volume.subPath)} leaves the volume`,
        fix: 'write a relative path without ".."',
      });
    const sources = VOLUME_SOURCES.filter((source) => volume[source] !== undefined);
    if (sources.length !== 1)
      report({
        code: 'volume-source',
        path,
        message: `the volume "${volume.name}" has ${sources.length === 0 ? 'no source' : sources.join(' and ')}`,
        fix: `give it exactly one of ${VOLUME_SOURCES.join(', ')}`,
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
  for (const [index, claim] of (service.statefulSet?.volumeClaimTemplates ?? []).entries())
    for (const [at, path] of [
      [claim.mountPath, ['mountPath']],
      ...(claim.mounts ?? []).map(({ mountPath }, position) => [mountPath, ['mounts', position, 'mountPath']] as const),
    ] as const)
      if (at !== undefined) mount(at, ['statefulSet', 'volumeClaimTemplates', index, ...path]);
  for (const [index, config] of (service.config ?? []).entries()) {
    const path = ['config', index];
    mount(config.mountPath, [...path, 'mountPath']);
    if (config.subPath !== undefined) checkSubPath(config, config.subPath, [...path, 'subPath'], report);
    else checkIsFolder(config, service.config ?? [], [...path, 'mountPath'], report);
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

type Config = NonNullable<ResolvedService['config']>[number];

function checkSubPath({ files }: Config, subPath: string, path: Path, report: (problem: ServiceProblem) => void): void {
  if (Object.hasOwn(files, subPath)) return;
  const names = Object.keys(files);
  const near = nearest(subPath, names);
  report({
    code: 'mount-path',
    path,
    message: `there is no file ${JSON.stringify(subPath)} to mount`,
    nearest: near,
    fix: near ? `write "${near}"` : `write one of ${names.map((name) => JSON.stringify(name)).join(', ')}`,
  });
}

/** A folder that is named as one of its files is most likely meant to be that file. */
function checkIsFolder(
  { mountPath, files }: Config,
  all: readonly Config[],
  path: Path,
  report: (problem: ServiceProblem) => void,
): void {
  const whole = folderOf(mountPath);
  const file = whole.slice(whole.lastIndexOf('/') + 1);
  if (!Object.hasOwn(files, file)) return;
  const folder = whole.slice(0, -file.length - 1) || '/';
  const isTaken = all.some((other) => folderOf(other.mountPath) === folder);
  report({
    code: 'mount-path-is-file',
    path,
    message: `the folder ${JSON.stringify(mountPath)} has the name of its own file: the container would find ${whole}/${file}`,
    cause: 'Each entry is mounted as a folder that holds its files.',
    fix: isTaken
      ? `put "${file}" into the files of "${folder}", or write "subPath": "${file}" to mount this one file`
      : `write "${folder}", or "subPath": "${file}" beside it to mount this one file and leave what the image has in ${folder}`,
  });
}
