import type { Tier } from '../lib/tier';
export async function runBadValues(_tier: Tier): Promise<void> {}
