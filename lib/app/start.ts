import { runMain } from './run';

/** The cdk8s app of this process. What `bin/app.js` runs. */
export async function startMain(load: () => unknown): Promise<void> {
  const { findings, outcome } = await runMain(load, {});
  if (outcome) return;
  const { reportFailure } = require('./synth-app') as typeof import('./synth-app');
  await reportFailure(findings);
}
