const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/**
 * The cdk8s CLI deletes its output folder before it starts the app. When nothing came of the run, the files that git knows come back
 * as they are in its index; how many. Only where the folder is gone or empty.
 */
exports.restoreOutput = function restoreOutput(outdir) {
  if (fs.existsSync(outdir) && fs.readdirSync(outdir).length > 0) return 0;
  // From the folder that is there: git may not be told of one that is not.
  const cwd = path.dirname(path.resolve(outdir));
  const run = (args, input) => spawnSync('git', args, { cwd, input, maxBuffer: 1 << 28 });
  const listed = run(['ls-files', '-z', '--', path.basename(outdir)]);
  if (listed.status !== 0 || listed.stdout.length === 0) return 0;
  if (run(['checkout-index', '-f', '-z', '--stdin'], listed.stdout).status !== 0) return 0;
  return listed.stdout.toString().split('\0').length - 1;
};
