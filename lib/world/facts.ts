/** How a fact is known: read from a manifest, stated by the user, or assumed because nobody said. */
export type Certainty = 'known' | 'stated' | 'assumed';

/** A value that may come from outside the manifests, with how it is known. */
export interface Fact<T> {
  readonly value: T;
  readonly certainty: Certainty;
  /** The fact as a sentence: `Prometheus scrapes every 15 s`. */
  readonly sentence: string;
  /** The key in the facts that states it: `scrapeInterval`. */
  readonly key: keyof WorldFacts;
}

/** What the user states about the cluster beyond the manifests; everything optional. */
export interface WorldFacts {
  /** Namespace of objects that name none. @default default */
  readonly defaultNamespace?: string;
  /** Objects that are in the cluster without being in the manifests: `Deployment test/podinfo`; `*` stands for any text. */
  readonly exists?: readonly string[];
  /** Something that is applied is not among the manifests: what is not found may be there. */
  readonly isPartial?: boolean;
  /** Flagger's `-mesh-provider`, where no manifest installs Flagger. @default istio */
  readonly meshProvider?: string;
  /** Flagger's `-metrics-server`, where no manifest installs Flagger. */
  readonly metricsServer?: string;
  /** Flagger's namespace, where no manifest installs Flagger. */
  readonly flaggerNamespace?: string;
  /** Flagger's `-selector-labels`, where no manifest installs Flagger. @default app, name, app.kubernetes.io/name */
  readonly selectorLabels?: readonly string[];
  /** How often Prometheus scrapes the metrics that Flagger asks for, as a duration: `15s`. */
  readonly scrapeInterval?: string;
  /** Namespaces whose pods get a sidecar, where no manifest of the Namespace says. */
  readonly injectedNamespaces?: readonly string[];
  /** Namespaces whose pods get no sidecar, where no manifest of the Namespace says. */
  readonly uninjectedNamespaces?: readonly string[];
  /** Requests a second that a service gets without load tests: `{"shop/frontend": 20}`. */
  readonly requestsPerSecond?: Readonly<Record<string, number>>;
  /** Whether no workload calls another one but as variables, arguments, files and annotations say. @default false */
  readonly knowsAllCalls?: boolean;
  /** Whether each step from one tree to the next is judged too, as synth does: what a removal breaks is then said when it is made. @default false */
  readonly judgesSteps?: boolean;
}

/** What is taken for a scrape interval when nobody says: that of Istio's sample Prometheus. @see istio/istio 1.31 samples/addons/prometheus.yaml */
export const assumedScrapeIntervalSeconds = 15;

/** The option of `aviary preflight --manifests` that states it; the rest is stated in the file of `--facts`. */
export const factOptions: Readonly<Partial<Record<keyof WorldFacts, string>>> = {
  defaultNamespace: '--namespace',
  exists: '--exists',
  meshProvider: '--mesh-provider',
  metricsServer: '--metrics-server',
  scrapeInterval: '--scrape-interval',
};

/** Half a sentence in parentheses, with a blank before, that says what was not read from a manifest; empty for what was. */
export function factNote(fact: Fact<unknown>): string {
  switch (fact.certainty) {
    case 'known':
      return '';
    case 'stated':
      return ` (stated: ${fact.sentence})`;
    case 'assumed':
      return ` (assumed: ${fact.sentence}; state ${factOptions[fact.key] ?? `${fact.key} in --facts`} if that is not so)`;
    default: {
      const never: never = fact.certainty;
      return never;
    }
  }
}
