/** Options of `synth`. */
export interface SynthCommandOptions {
  /** @default that of main.ts */
  readonly catalog?: string;
  /** @default that of main.ts */
  readonly out?: string;
  readonly cache: boolean;
  readonly force: boolean;
  readonly base?: string;
  readonly quiet: boolean;
  readonly timing: boolean;
}
