import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import * as path from 'node:path';
import { launcherOptions, synthAndReport, wantsProgress } from './lib/synth';

/** Where the tree goes: it is committed, and Flux applies it. */
const OUTPUT = 'dist';
/** What cdk8s.yaml calls its output. The cdk8s CLI deletes that before it starts this app, so it only is a link to the tree. */
const VIEW = path.resolve('node_modules/.cache/aviary/dist');

const { AVIARY_CATALOG = 'services.json', CDK8S_OUTDIR = VIEW } = process.env;
const isTTY = process.stderr.isTTY === true;
const isView = path.resolve(CDK8S_OUTDIR) === VIEW;

synthAndReport(
  {
    catalog: AVIARY_CATALOG,
    outdir: isView ? OUTPUT : CDK8S_OUTDIR,
    restore: !isView,
    ...launcherOptions(process.env),
  },
  {
    write: (text) => process.stderr.write(text),
    color: isTTY,
    quiet: false,
    progress: wantsProgress(isTTY, process.env) ? process.stderr : undefined,
  },
).then((isWritten) => {
  if (!isWritten) process.exitCode = 1;
  else if (isView) linkView();
});

/** So that the CLI finds, and lists, what was written. */
function linkView(): void {
  mkdirSync(path.dirname(VIEW), { recursive: true });
  rmSync(VIEW, { recursive: true, force: true });
  symlinkSync(path.resolve(OUTPUT), VIEW, 'junction');
}
