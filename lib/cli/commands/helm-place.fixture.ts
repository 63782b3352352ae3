import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { findHelm } from '../../../test/helm';

const helm = findHelm();
/** A test that is skipped where there is no helm. */
export const withHelm = helm === undefined ? test.skip : test;

/** A folder for each test of the file, with helm alone in its `bin`. */
export function helmPlace(): { readonly path: string } {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'aviary-charts-'));
    mkdirSync(join(path, 'bin'));
    if (helm && isAbsolute(helm)) symlinkSync(helm, join(path, 'bin', 'helm'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
  };
}
