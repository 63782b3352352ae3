import type { App } from 'cdk8s';
import { kustomizationFile } from '../constructs';
import type { WaveInput } from './inputs';

/** The list of one wave's files. */
export function waveChart(app: App, input: WaveInput): void {
  kustomizationFile(app, 'wave', input.folder, input.files);
}
