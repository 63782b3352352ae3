/** What `aviary doctor` says besides the rules of preflight, and what it means: `aviary explain CODE`. */
export const doctorCodes: Readonly<Record<string, string>> = {
  'canary-failed':
    'A rollout failed, fails its checks or does not begin. The message is what Flagger said last before it gave up; the causes are the findings of preflight about this cluster that explain that message, and what kubelet and scheduler say of its pods, most likely first.',
  'cluster-unreachable': 'kubectl gets no answer from the cluster, or its credentials are refused.',
  'flagger-not-installed': 'The cluster has no definition of Canary: Flagger, which brings it, is not installed.',
  'metric-has-no-series-now':
    'The query of a metric, asked now, gives nothing. Between two rollouts that is so for every query that asks for the new version.',
  'metric-store-unreachable': 'Prometheus, as Flagger knows it, gives no answer through the API server.',
  'not-permitted': 'A kind may not be listed: what follows from its absence is not said, and the rest is checked.',
};
