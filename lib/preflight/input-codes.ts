import type { Severity } from '../findings';

/** What a finding about the input itself means: there is no rule behind it. */
export interface InputCode {
  readonly code: string;
  readonly severity: Severity;
  /** What it says, in one sentence. */
  readonly what: string;
  /** What happens and why, in a few sentences. */
  readonly why: string;
  /** What it is reported at. */
  readonly example?: string;
  readonly fix: string;
}

/** Codes of what cannot be read, built or silenced. */
export const inputCodes: readonly InputCode[] = [
  {
    code: 'manifest-unreadable',
    severity: 'error',
    what: 'A path that was named, or a manifest in a folder, cannot be read.',
    why: 'There is nothing at the path, reading it is not permitted, or it is a link that leads to itself or to nowhere. The rest is checked all the same.',
    fix: 'Name a file or a folder that can be read, or `-` for the standard input.',
  },
  {
    code: 'manifest-not-utf8',
    severity: 'error',
    what: 'The file is no text in UTF-8, nor in UTF-16 with a mark of the byte order.',
    why: 'Flux and kubectl read manifests as UTF-8; UTF-16 they take where a mark at the start says so.',
    fix: 'Save the file as UTF-8.',
  },
  {
    code: 'manifest-too-large',
    severity: 'error',
    what: 'The file has more than 16 MiB.',
    why: 'Every object is kept with its place in the file, so a larger one takes gigabytes of memory. A dump of a whole cluster can be that large.',
    fix: 'Split it, such as a file a namespace (`kubectl get … -n NAMESPACE -o yaml`), or leave it out.',
  },
  {
    code: 'manifest-not-yaml',
    severity: 'error',
    what: 'The text is not YAML at the place.',
    why: 'What cannot be read cannot be applied. The other documents of the file are checked; a file of another tool, which has no apiVersion and kind, is only counted.',
    example: 'metadata: {name: cart\nspec: {}',
    fix: 'Mend the text at the place: mostly an indentation, a bracket or a quote that is not closed.',
  },
  {
    code: 'manifest-key-twice',
    severity: 'warning',
    what: 'A key stands twice in one mapping.',
    why: 'kubectl and Helm take the last value without a word; kustomize, and with it Flux, refuses the whole file. The last value is checked.',
    example: 'metadata: {name: cart, labels: {team: a, team: b}}',
    fix: 'Remove one of the two.',
  },
  {
    code: 'manifest-not-applied',
    severity: 'info',
    what: 'A Canary stands in a file that nothing applies.',
    why: 'The kustomization of its folder does not list the file, or no Kustomization of Flux and no Application of Argo CD leads to it. What reaches no cluster is not checked.',
    fix: 'List the file where it is to be applied; or check it by itself, with its own path behind --manifests.',
  },
  {
    code: 'manifest-alias-bomb',
    severity: 'error',
    what: 'Aliases of YAML expand to more than a thousand copies.',
    why: 'Aliases of aliases grow until memory ends. Kubernetes refuses such a document too.',
    example: 'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]  # and so on',
    fix: 'Write the values out instead of anchors and aliases.',
  },
  {
    code: 'manifest-incomplete',
    severity: 'warning',
    what: 'Something that looks like an object has no apiVersion, kind or metadata.name.',
    why: 'These say which object it is; the API server refuses one without. Files that are no manifests at all (charts and their values, workflows, settings of tools) are passed over in silence.',
    example: 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: shop}',
    fix: 'Add the field, or leave the file out when it is no manifest.',
  },
  {
    code: 'manifest-is-template',
    severity: 'warning',
    what: 'The file is a Helm template.',
    why: 'The text between braces is known only to Helm.',
    example: 'metadata: {name: {{ .Values.name }}}',
    fix: 'Check what Helm makes of it: `helm template … | aviary preflight --manifests -`.',
  },
  {
    code: 'kustomize-not-built',
    severity: 'info',
    what: 'A kustomization changes its resources, and there is neither kustomize nor kubectl to build it.',
    why: 'Namespaces, patches, images and generated objects are known only after the build. Without it the files are read as they are: a patch is taken for an object, and namespaces can be missing.',
    example: 'kind: Kustomization\nnamespace: shop\nresources: [../base]',
    fix: 'Install kustomize (or kubectl) where the check runs, or pipe the result: `kustomize build DIR | aviary preflight --manifests -`.',
  },
  {
    code: 'kustomize-remote',
    severity: 'warning',
    what: 'A kustomization takes something from the network, or asks for Helm.',
    why: 'The check uses no network: its result must not depend on what somebody else publishes today. The files that are here are read as they are.',
    example: 'resources: ["https://github.com/fluxcd/flagger//kustomize/istio?ref=main"]',
    fix: 'Build it yourself and pipe the result: `kustomize build DIR | aviary preflight --manifests -`.',
  },
  {
    code: 'kustomize-failed',
    severity: 'error',
    what: 'kustomize cannot build a kustomization.',
    why: 'Whoever applies it (Flux, Argo CD, kubectl apply -k) fails in the same way, and nothing of it is applied. Here its files are read as they are. A warning where nobody among the manifests applies it and it has nothing of Flagger.',
    example: 'resources: [no-such-file.yaml]',
    fix: 'Mend what kustomize complains about; `kustomize build DIR` says it again.',
  },
  {
    code: 'ignore-malformed',
    severity: 'error',
    what: 'A silence in the annotation aviary.dev/ignore has no reason, or does not start with a code.',
    why: 'A rule is silenced for a reason that the next reader can judge. Without one the silence does not hold.',
    example: 'metadata:\n  annotations:\n    aviary.dev/ignore: volume-too-low',
    fix: 'Write `code=reason`, several separated by `;`.',
  },
  {
    code: 'ignore-unused',
    severity: 'warning',
    what: 'A silence silences nothing, or names no rule.',
    why: 'A silence that is no longer needed would hide the same mistake when it comes back. One in the catalog is unused when no cluster needs it.',
    example: 'metadata:\n  annotations:\n    aviary.dev/ignore: volume-to-low=a nightly job calls it',
    fix: 'Remove it, or spell the code as in the list of rules. In the catalog `aviary preflight --fix` does it.',
  },
];

/** The page of a code, in Markdown. */
export function inputCodePage({ code, severity, what, why, example, fix }: InputCode): string {
  return [
    `# ${code}`,
    '',
    `Severity ${severity}. ${what}`,
    '',
    why,
    '',
    ...(example === undefined ? [] : ['## What it reports', '', '```yaml', example, '```', '']),
    '## Fix',
    '',
    fix,
    '',
  ].join('\n');
}

/** For the list of rules: what is reported without a rule. */
export function inputCodeList(): string {
  return [
    '## What cannot be read, built or silenced',
    '',
    '| code | severity | meaning |',
    '|---|---|---|',
    ...inputCodes.map(({ code, severity, what }) => `| [${code}](${code}.md) | ${severity} | ${what} |`),
    '',
    'Codes of what is found while `services.json` is read stand in [docs/catalog.md](../catalog.md#findings); `aviary explain CODE` tells them too.',
    '',
    '',
  ].join('\n');
}
