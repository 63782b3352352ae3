/** Where Flagger finds the values of a metric: one type of a MetricTemplate's provider, as plain data. */
export interface MetricStore {
  /** Name of the file and value of `spec.provider.type`. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** Whether `spec.provider.address` must be said; the default where Flagger has one. */
  readonly address: 'required' | 'optional' | 'unread';
  readonly defaultAddress?: string;
  /** Whether `spec.provider.secretRef` must be said. */
  readonly secret: 'required' | 'optional' | 'unread';
  /** Keys of the Secret; of alternatives each list is one. */
  readonly secretKeys: readonly (readonly string[])[];
  /** Whether `spec.provider.region` must be said. */
  readonly region: 'required' | 'unread';
  /** Whether it reads `spec.provider.headers`. */
  readonly headers: boolean;
  /** Whether it reads `spec.provider.insecureSkipVerify`. */
  readonly insecureSkipVerify: boolean;
  /** The metric's interval is parsed when the template is used: without one every check fails. */
  readonly needsInterval: boolean;
  /** What a query looks like. */
  readonly query: string;
}
