import type { Finding } from '../findings';
import { errorCode, type FileSystem, realFileSystem } from '../tree';

/** Ten thousand services are some 5 MiB; what is far larger is not a catalog. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The text of a catalog, or why it cannot be one. Nothing is read of what is not a plain file of a sensible size. */
export function readCatalogFile(fs: FileSystem, file: string): string | Finding {
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
        'the catalog is a symbolic link',
        'name the file itself: a link can lead out of the repository',
      );
    }
    if (stats.isDirectory())
      return refuse('catalog-is-folder', 'the catalog is a folder', 'name the file in it, such as services.json');
    if (!stats.isFile()) return refuse('catalog-is-no-file', 'the catalog is not a plain file', 'name a plain file');
    if (stats.size > MAX_BYTES) {
      const size = `${Math.round(stats.size / 1_048_576)} MiB`;
      return refuse(
        'catalog-too-large',
        `the catalog has ${size}; at most ${MAX_BYTES / 1_048_576} MiB are read`,
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
        return refuse('catalog-not-readable', 'the catalog may not be read', 'give yourself the right to read it');
      case 'ERR_ENCODING_INVALID_ENCODED_DATA':
        return refuse('catalog-not-utf8', 'the catalog is not UTF-8', 'save it as UTF-8');
      case undefined:
        throw error;
      default:
        return refuse(
          'catalog-not-readable',
          `the catalog cannot be read (${(error as Error).message})`,
          'see to the disk, then run it again',
        );
    }
  }
}

/** The same, of the disk. */
export function readCatalogText(file: string): string | Finding {
  return readCatalogFile(realFileSystem, file);
}
