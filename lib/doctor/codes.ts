/** What `aviary doctor` says besides the rules of preflight, and what it means: `aviary explain CODE`. */
export const doctorCodes: Readonly<Record<string, string>> = {
  'canary-failed':
    'A rollout failed, fails its checks or does not begin. The message is what Flagger said last before it gave up; the causes are the findings of preflight about this cluster that explain that message, and what kubelet and scheduler say of its pods, most likely first.',
  'cluster-unreachable': 'kubectl gets no answer from the cluster, or its credentials are refused.',
  'flagger-not-installed': 'The cluster has no definition of Canary: Flagger, which brings it, is not installed.',
  'admission-webhook-unanswered':
    'The API server asks a webhook before it takes what a rollout needs, and the Service that answers for it has no ready pod. With failurePolicy: Fail everything is refused then.',
  'definition-old': 'The definition of Canary does not serve the version that Flagger reads.',
  'flagger-installed-twice':
    'Two Flaggers act on the same Canaries: each takes back what the other does. One with -namespace leaves other namespaces alone.',
  'flagger-not-running': 'Flagger is installed and has no ready pod: nothing begins, and what has begun stands still.',
  'istio-installed-twice': 'Two control planes of Istio with the same revision.',
  'metric-has-no-series-now':
    'The query of a metric, asked now for the primary, which real calls reach all the time, gives nothing. So it would for a new version.',
  'metric-store-unreachable': 'Prometheus, as Flagger knows it, gives no answer.',
  'metric-unknown-to-store':
    'The Prometheus that a query asks has no series of that name from anybody: it does not scrape what counts the requests, or it is the wrong one.',
  'several-prometheus':
    'More than one Prometheus runs: which one scrapes the mesh, and which one Flagger asks, is to be known.',
  'storage-class-missing': 'A claim waits for a storage class that is not there, so its pods do not start.',
  'version-unknown': 'A version runs of which the rules do not know for certain what it does.',
  'webhook-unanswered': 'A webhook of a Canary, such as a load test, calls a Service without a ready pod.',
  'network-policy-not-enforced':
    'The cluster has NetworkPolicies, and what connects its pods takes them without doing anything: every pod reaches every other.',
  'not-permitted': 'A kind may not be listed: what follows from its absence is not said, and the rest is checked.',
};
