/** Puts back what git knows of an output folder that the cdk8s CLI has deleted; how many files. */
export function restoreOutput(outdir: string): number;
