import * as path from 'node:path';
import type { Finding } from '../findings';
import { errorCode, type FileSystem, realFileSystem } from '../tree';

/** Ten thousand services are some 5 MiB; what is far larger is not a catalog. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The text of a catalog, or why it cannot be one. Nothing is read of what is not a plain file of a sensible size. */
export function readCatalogFile(fs: FileSystem, file: string, what = 'the catalog'): string | Finding {
  const refuse = (code: string, message: string, fix: string): Finding => ({
    code,
    severity: 'error',
    place: { file },
    message,
    fix,
  });
  try {
    const stats = fs.lstatSync(file);
    if (stats.isSymbolicLink()) {
      return refuse(
        'catalog-is-link',
        `${what} is a symbolic link`,
        'name the file itself: a link can lead out of the repository',
      );
    }
    if (stats.isDirectory())
      return refuse('catalog-is-folder', `${what} is a folder`, 'name the file in it, such as services.json');
    if (!stats.isFile()) return refuse('catalog-is-no-file', `${what} is not a plain file`, 'name a plain file');
    if (stats.size > MAX_BYTES) {
      const size = `${Math.round(stats.size / 1_048_576)} MiB`;
      return refuse(
        'catalog-too-large',
        `${what} has ${size}; at most ${MAX_BYTES / 1_048_576} MiB are read`,
        'name the catalog, or split it by platform',
      );
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fs.readFileSync(file));
  } catch (error) {
    switch (errorCode(error)) {
      case 'ENOENT':
      case 'ENOTDIR':
        return refuse(
          'catalog-missing',
          'there is no such file',
          'run it where services.json is, or name the catalog with --catalog FILE or AVIARY_CATALOG',
        );
      case 'EACCES':
      case 'EPERM':
        return refuse('catalog-not-readable', `${what} may not be read`, 'give yourself the right to read it');
      case 'ERR_ENCODING_INVALID_ENCODED_DATA':
        return refuse('catalog-not-utf8', `${what} is not UTF-8`, 'save it as UTF-8');
      case undefined:
        throw error;
      default:
        return refuse(
          'catalog-not-readable',
          `${what} cannot be read (${(error as Error).message})`,
          'see to the disk, then run it again',
        );
    }
  }
}

/** What a catalog is called, unless somebody names it. */
const NAMES = ['services.json', 'services.jsonc', 'services.yaml', 'services.yml'];

/** The catalog of a folder that names none: services.json, else one of the other forms, if it is there. */
export function defaultCatalog(folder = ''): string {
  return NAMES.find((name) => realFileSystem.existsSync(path.join(folder, name))) ?? NAMES[0]!;
}
