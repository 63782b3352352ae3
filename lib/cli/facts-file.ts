import * as z from 'zod';

/** A file of facts about a cluster that no manifest tells (`WorldFacts`). */
export const factsSchema = z.strictObject({
  defaultNamespace: z.string().exactOptional(),
  exists: z.array(z.string()).exactOptional(),
  meshProvider: z.string().exactOptional(),
  metricsServer: z.string().exactOptional(),
  flaggerNamespace: z.string().exactOptional(),
  selectorLabels: z.array(z.string()).exactOptional(),
  scrapeInterval: z.string().exactOptional(),
  injectedNamespaces: z.array(z.string()).exactOptional(),
  uninjectedNamespaces: z.array(z.string()).exactOptional(),
  requestsPerSecond: z.record(z.string(), z.number().nonnegative()).exactOptional(),
  knowsAllCalls: z.boolean().exactOptional(),
});
