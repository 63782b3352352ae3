/**
 * Every code that a finding about the catalog can have, and what it means: the contract with scripts that read findings.
 * Names may be added; none is ever renamed.
 */
export const CATALOG_CODES = {
  'catalog-missing': 'There is no such file.',
  'catalog-is-link': 'The file is a symbolic link: it could lead out of the repository.',
  'catalog-is-folder': 'The path is a folder.',
  'catalog-is-no-file': 'The path is a device, a socket or a pipe.',
  'catalog-too-large': 'The file has more than 32 MiB.',
  'catalog-not-readable': 'The file may not be read, or the disk fails.',
  'catalog-not-utf8': 'The file is not UTF-8.',
  'catalog-not-writable': 'What `aviary preflight --fix` mends cannot be written. Nothing is changed then.',
  'empty-catalog': 'The file has nothing in it.',
  'not-json': 'The text is not JSON; the finding stands where reading stopped.',
  'too-deep': 'Lists and objects lie more than 100 deep in each other.',
  'duplicate-key': 'A key stands twice in one object: JSON would take the last without a word.',
  'forbidden-key': '`__proto__`, `constructor` or `prototype` as a key.',
  'unknown-key': 'A field that the catalog does not have, at any depth.',
  'missing-key': 'A required field is not there.',
  'wrong-type': 'A text where a number belongs, an object where a list belongs, and so on.',
  'wrong-value': 'A value that the schema refuses for another reason.',
  'contradicting-keys': 'An object that says two things of which only one can be.',
  'unknown-value': 'A word that is not one of those the field takes.',

  'invalid-name': 'A name that is no DNS label.',
  'name-too-long': 'A name that is too long for what Kubernetes or Flagger makes of it.',
  'reserved-name': 'A name that Flagger, Istio or the platform uses.',
  'invalid-key': 'A key of a label or an annotation that Kubernetes refuses.',
  'invalid-label': "A label's value that Kubernetes refuses.",
  'reserved-label': 'A label that selectors and tools go by.',
  'invalid-object-name': 'The name of a Secret, ConfigMap, claim, account or class that Kubernetes refuses.',
  'duplicate-service': 'Two services of one name.',
  'duplicate-cluster': 'Two clusters of one name.',
  'duplicate-external': 'Two external hosts of one name.',
  'duplicate-object-name': 'Two services of a cluster would make one object.',

  'unknown-service': 'A reference to, or an override of, a service that does not exist.',
  'service-not-in-cluster': 'A reference to, or an override of, a service that runs in other clusters only.',
  'unknown-cluster': 'A service or a patch names a cluster that does not exist.',
  'runs-nowhere': 'A service whose list of clusters is empty.',
  'no-clusters': 'The catalog has no clusters.',

  'invalid-port': 'A number that is not a port.',
  'invalid-port-name': 'A name that no port can have.',
  'duplicate-port': 'Two ports of one number.',
  'duplicate-port-name': 'Two ports of one name.',
  'unknown-port': 'A reference or a probe names a port that the service does not have.',
  'no-port': 'A reference, a probe, a canary or a gateway needs a port, and the service has none.',

  'invalid-image': 'A part of an image reference that no registry or runtime takes.',
  'image-without-version': 'An image with neither tag nor digest: nobody knows what runs.',
  'invalid-container-name': 'The name of an init container is no DNS label or is taken.',
  'invalid-env-name': 'The name of an environment variable that Kubernetes or a shell refuses.',
  'unknown-field-path': 'A field of the pod that the downward API does not have.',
  'literal-secret': 'A text that is a secret by its name or its shape. The value is never shown.',
  'invalid-text': 'A NUL, or half of a character: no container gets it as it was written.',
  substitution: '`${` in a text: Flux would substitute it, and fail where it knows no such variable.',
  'invalid-quantity': 'An amount that Kubernetes cannot read, or finer than a byte or a thousandth of a core.',
  'request-above-limit': 'A container asks for more than it may have.',
  'invalid-number': 'A number outside of what the field takes.',
  'invalid-duration': 'A duration that the component which gets it cannot read.',
  'duration-too-short': 'A duration below what the component which gets it takes.',

  'min-above-max': 'A lower bound above its upper bound.',
  'replicas-and-autoscaling': 'A fixed number of pods and an autoscaler.',
  'no-replicas': 'A canary of a service without pods.',
  'no-autoscaler': "Bounds for the primary's autoscaler, and no autoscaler.",
  'disruption-budget': 'Not exactly one of minAvailable and maxUnavailable, or not a number or percentage.',
  'runs-as-root': 'A user that Pod Security `restricted` refuses.',
  'probe-handler': 'A probe without exactly one of http, grpc, tcp and exec.',
  'probe-path': "A probe's path without a slash in front.",
  'probe-header': "A probe's header that HTTP does not allow.",
  'volume-source': 'A volume without exactly one source.',
  'invalid-volume-name': 'The name of a volume is no DNS label, or one that the project gives itself.',
  'duplicate-volume': 'Two volumes of one name.',
  'duplicate-mount': 'Two volumes at one path.',
  'mount-path': 'A path that is not absolute, or leaves the volume.',
  'no-files': 'A config entry without files.',
  'invalid-config-key': 'The name of a file, or of a key of a ConfigMap or Secret, that Kubernetes refuses.',
  'config-too-large': 'More bytes than a ConfigMap may have.',
  affinity: 'An operator of an affinity with values that it does not take.',
  toleration: 'Fields of a toleration that do not go together.',
  'topology-spread': 'Fields of a topology spread constraint that do not go together.',

  'no-gateway': 'A service is exposed, and the mesh mode has no gateway.',
  'exposed-tcp': 'A service is exposed by host, and speaks TCP.',
  'no-hosts': 'A list of hosts is empty.',
  'invalid-host': 'A host that no gateway takes.',
  'invalid-path': 'A path without a slash in front.',
  'duplicate-host': 'One host for two services of a cluster.',

  canary: 'Fields of a canary that do not go together: Flagger would refuse them, stall or do something else.',
  'metric-threshold': 'A threshold that every check or no check passes.',
  'metric-query': 'A metric without a query.',
  'duplicate-metric': 'A metric with the name of another or of a built-in one.',
  webhook: 'A webhook without a name of its own, or without an http address.',

  'invalid-address': 'An address that the component which gets it cannot use.',
  'invalid-branch': 'A text that is no name of a branch.',
  'invalid-version': 'A version that is not exact, or no range of versions where one belongs.',
  'path-outside': 'A path that leaves the repository.',
  'flux-mode': "A field of another mode of Flux' installation.",

  'patched-object': 'A note, not an error: a patch changes an object behind the back of the catalog.',
  'patch-without-reason': 'A patch that does not say why.',
  'patch-operation': 'An operation of a patch that cannot be applied, or changes which object it is.',
  'ignore-without-reason': 'A silenced rule without a reason.',
} as const satisfies Readonly<Record<string, string>>;

export type CatalogCode = keyof typeof CATALOG_CODES;

/** Codes of a text that is no catalog: with one of them not all else can be checked. */
const SHAPE_CODES: ReadonlySet<string> = new Set<CatalogCode>([
  'catalog-missing',
  'catalog-is-link',
  'catalog-is-folder',
  'catalog-is-no-file',
  'catalog-too-large',
  'catalog-not-readable',
  'catalog-not-utf8',
  'empty-catalog',
  'not-json',
  'too-deep',
  'duplicate-key',
  'forbidden-key',
  'unknown-key',
  'missing-key',
  'wrong-type',
  'wrong-value',
  'contradicting-keys',
  'unknown-value',
]);

/** How far the checks must come to find it: 0 reading the text, 1 what the catalog says, 2 what is made of it. */
export function depthOfCode(code: string): 0 | 1 | 2 {
  if (SHAPE_CODES.has(code)) return 0;
  return Object.hasOwn(CATALOG_CODES, code) ? 1 : 2;
}
