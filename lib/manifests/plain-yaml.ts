/**
 * What js-yaml reads in another way than Kubernetes and `yaml` do, or takes for YAML where they do not. Found by comparing it with
 * `yaml` 2.9 and with go.yaml.in/yaml v3.0 in millions of damaged manifests. That a text is taken for unusual costs time only.
 */
const unusual: readonly { readonly pattern: RegExp; readonly needs?: string }[] = [
  // Merge keys are merged by `yaml` alone.
  { pattern: /<<["']?\s*[:,}\n]/ },
  // The end of a document, directives, a marker that is indented, content behind a marker.
  { pattern: /^\.\.\./m, needs: '...' },
  { pattern: /^ *%/m, needs: '%' },
  { pattern: /^[ \uFEFF]+---/m, needs: '---' },
  { pattern: /^--- +[^\s#]/m, needs: '--- ' },
  // Line ends of old Macs, tabs as indentation.
  { pattern: /\r(?!\n)/, needs: '\r' },
  { pattern: /\t/ },
  // A block scalar that tells its indentation.
  { pattern: /[|>][-+]?\d[-+]? *(?:#.*)?$/m },
  // Something behind a quote or brackets that are a whole item of a list.
  { pattern: /^ *(?:- +)+(?:"[^"\n]*"|'[^'\n]*'|\[[^\]\n]*\]|\{[^}\n]*\}) *[^\s:#]/m },
  // Keys that are no text.
  { pattern: /^[ -]*(?:\?(?: |$)|:)/m },
  { pattern: /[[{,] *[:?](?=[\s,\]}])/ },
  // Anchors and tags.
  { pattern: /(?<![^\s[{,])(?:&[^\s&]|!(?:[!<]|\s))/ },
];

/** One expression after the other, those first asked for whose text is there at all: a third of the time of all in one. */
function isUnusual(text: string): boolean {
  return unusual.some(({ pattern, needs }) => (needs === undefined || text.includes(needs)) && pattern.test(text));
}

/**
 * The values of all documents of a text of plain YAML, by a parser that is eight times as fast as `yaml`. Undefined where
 * the text uses the less usual parts of YAML, or is none: `yaml` reads it then, or tells what is the matter.
 */
export function readPlainYaml(text: string): readonly unknown[] | undefined {
  // At the end of the text js-yaml takes spaces for a line.
  if (text.endsWith(' ') || isUnusual(text)) return undefined;
  // Loaded here: a synth does not need it.
  const { loadAll, YAMLException } = require('js-yaml') as typeof import('js-yaml');
  try {
    return loadAll(text, { maxAliases: 0 });
  } catch (error) {
    if (error instanceof YAMLException || error instanceof RangeError) return undefined;
    throw error;
  }
}
