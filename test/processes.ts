import { spawnSync } from 'node:child_process';

/** Runs a program to its end, without colors; `output` is what it said on both streams. */
export function runProcess(cwd: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '0', ...env },
  });
  return { status, stdout, output: `${stdout}${stderr}` };
}

/** As in a pipeline: nothing asks, and the cdk8s CLI does not look for a newer version of itself. */
export const inPipeline = { CI: 'true', CDK8S_CHECK_UPGRADE: 'false' };
