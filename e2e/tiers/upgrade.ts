import type { Tier } from '../lib/tier';
export async function runUpgrade(_tier: Tier): Promise<void> {}
