import { type Document, parseAllDocuments } from 'yaml';
import { type Finding, type Place, YamlSource } from '../findings';
import { at, type Fields, isFields, type KubeObject, listAt, textAt } from '../kube';
import { firstOpenQuote, indentFlowLines } from './flow-lines';
import type { ManifestObject } from './manifest-object';
import { readPlainYaml } from './plain-yaml';

/** A file of manifests that somebody else wrote. */
export interface ManifestFile {
  /** The path as the user gave it; `-` for the standard input. */
  readonly file: string;
  readonly content: Uint8Array;
  /** Whether the user named the very file, and not a folder in which it lies. */
  readonly isNamed?: boolean;
}

/** What is in the files. */
export interface Manifests {
  readonly inputs: readonly ManifestObject[];
  /** What could not be read. The rest is checked all the same. */
  readonly findings: readonly Finding[];
  /** Files whose text is no YAML, or a template, and looks like no object of Kubernetes: another tool's. */
  readonly foreign?: readonly string[];
}

/** The largest file that is read. An API server refuses objects of more than some 1.5 MiB, so this is a bundle of thousands. */
export const largestManifestBytes = 16 * 1024 * 1024;
/** How often aliases may expand in one document before it is taken for a bomb. */
const mostAliases = 1000;
const deepestBrackets = 10_000;
const MOST_OF_A_MESSAGE = 100;

/** Reads YAML and JSON, many documents a file, Lists taken apart. What is no Kubernetes object (values, workflows) is left out. */
export function readManifests(files: Iterable<ManifestFile>): Manifests {
  const inputs: ManifestObject[] = [];
  const findings: Finding[] = [];
  const foreign: string[] = [];
  for (const { file, content } of files) {
    const text = decode(content);
    const before = findings.length;
    if (typeof text !== 'string') findings.push({ ...text, place: { file } });
    else readText(file, text, inputs, findings);
    // A task list, a template of another tool: nothing that a cluster could get.
    foldBroken(findings, before);
    const isForeign = findings.length > before && !(typeof text === 'string' && mayHoldObjects(text));
    if (isForeign) foreign.push(file);
  }
  return { inputs, findings, foreign };
}

/** Of the broken documents of one file the first is told, with the number of the others. */
function foldBroken(findings: Finding[], from: number): void {
  const broken = findings
    .slice(from)
    .filter(({ code }) => code === 'manifest-not-yaml' || code === 'manifest-is-template');
  const [first, ...more] = broken;
  if (!first || more.length === 0) return;
  const rest = findings.slice(from).filter((finding) => !broken.includes(finding));
  const others = more.length === 1 ? 'one more document' : `${more.length} more documents`;
  findings.splice(
    from,
    findings.length,
    { ...first, message: `${first.message} (and ${others} of the file)` },
    ...rest,
  );
}

/** Whether lines of the text begin as those of an object do. */
function mayHoldObjects(text: string): boolean {
  // Of one indentation: settings of a chart have both somewhere, below keys of their own.
  const indents = (key: string) =>
    new Set([...text.matchAll(new RegExp(`^( *)["']?${key}["']?\\s*:`, 'gm'))].map(([, indent]) => indent));
  const kinds = indents('kind');
  return [...indents('apiVersion')].some((indent) => kinds.has(indent));
}

type Problem = Omit<Finding, 'place'>;

/** The text of a file, or why there is none. */
export function decode(content: Uint8Array): string | Problem {
  if (content.byteLength > largestManifestBytes) return tooLarge(content.byteLength);
  // With a mark of its byte order kubectl and kustomize take UTF-16 too.
  const mark =
    content[0] === 0xff && content[1] === 0xfe
      ? 'utf-16le'
      : content[0] === 0xfe && content[1] === 0xff
        ? 'utf-16be'
        : 'utf-8';
  try {
    return new TextDecoder(mark, { fatal: true }).decode(content);
  } catch {
    return {
      code: 'manifest-not-utf8',
      severity: 'error',
      message: mark === 'utf-8' ? 'the file is not UTF-8 text' : 'the file is no sound UTF-16 text',
      cause: 'Flux and kubectl read manifests as UTF-8, or as UTF-16 with a mark of the byte order',
      fix: 'save the file as UTF-8',
      docs: 'docs/rules/manifest-not-utf8.md',
    };
  }
}

/** What is said of a file that is larger than `largestManifestBytes`: whoever knows its size need not read it. */
export function tooLarge(bytes: number): Omit<Finding, 'place'> {
  return {
    code: 'manifest-too-large',
    severity: 'error',
    message: `the file has ${bytes} bytes, more than the ${largestManifestBytes} that are read`,
    cause: 'every object is kept with its place in the file, so a larger one takes gigabytes of memory',
    fix: 'split it, such as a file a namespace (kubectl get … -n NAMESPACE -o yaml), or leave it out',
    docs: 'docs/rules/manifest-too-large.md',
  };
}

function readText(file: string, text: string, inputs: ManifestObject[], findings: Finding[]): void {
  const values = readPlainYaml(text);
  if (values) {
    // Positions are computed when the first finding asks; the text is kept for that.
    const source = new YamlSource(text);
    for (const [index, value] of values.entries())
      addObjects(value, '', file, (pointer) => placeIn(source, file, index, pointer), inputs, findings);
  } else readDocuments(file, text, inputs, findings);
}

function placeIn(source: YamlSource, file: string, document: number, pointer: string): Place {
  const { line, column } = source.locate(document, pointer);
  return { file, line, column, pointer };
}

/** By the parser that knows positions, and tells what is the matter. */
function readDocuments(file: string, text: string, inputs: ManifestObject[], findings: Finding[]): void {
  const documents = isNestedTooDeeply(text) ? undefined : parse(text);
  if (!documents) {
    findings.push({ ...notYaml('it is nested too deeply'), place: { file } });
    return;
  }
  if (documents.isSound) takeDocuments(file, documents, 0, inputs, findings);
  else readEach(file, text, inputs, findings);
}

/** Each document for itself, so that a broken one does not hide the next. */
function readEach(file: string, text: string, inputs: ManifestObject[], findings: Finding[]): void {
  const starts = [...text.matchAll(/^---(?=\s|$)/gm)].map(({ index }) => index);
  const bounds = [...new Set([0, ...starts, text.length])];
  for (const [position, start] of bounds.slice(0, -1).entries()) {
    const piece = text.slice(start, bounds[position + 1]);
    if (piece.trim() === '') continue;
    const linesBefore = text.slice(0, start).split('\n').length - 1;
    const documents = parse(piece);
    if (!documents) findings.push({ ...notYaml('it is nested too deeply'), place: { file, line: linesBefore + 1 } });
    else takeDocuments(file, documents, linesBefore, inputs, findings);
  }
}

/** @param linesBefore lines of the file above the text that was parsed */
function takeDocuments(
  file: string,
  documents: Documents,
  linesBefore: number,
  inputs: ManifestObject[],
  findings: Finding[],
): void {
  const { text, openQuote = Number.POSITIVE_INFINITY } = documents;
  const source = new YamlSource(text);
  const place = (document: number, pointer = ''): Place => {
    const { line = 1, ...rest } = placeIn(source, file, document, pointer);
    return { ...rest, line: line + linesBefore };
  };
  for (const [index, document] of documents.parsed.entries()) {
    if (document.range[2] > openQuote) {
      const above = text.slice(0, openQuote).split('\n');
      const start = { line: linesBefore + above.length, column: (above.at(-1)?.length ?? 0) + 1 };
      findings.push({ ...notYaml('Missing closing "quote'), place: { file, ...start } });
      return;
    }
    const error = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY');
    if (error) {
      const [start] = error.linePos ?? [];
      findings.push({
        ...(isHelmTemplate(text) ? helmTemplate : notYaml(plain(error.message))),
        place: { file, ...(start ? { line: linesBefore + start.line, column: start.col } : {}) },
      });
      // What is behind it in this text is often a torn piece of it.
      return;
    }
    const [twice] = document.errors;
    const at = twice?.linePos?.[0];
    if (at) {
      const [key] = /^["']?[\w./-]*/.exec(text.slice(twice.pos[0], twice.pos[0] + 80)) ?? [''];
      findings.push({
        ...keyTwice(key.replace(/^["']/, '')),
        place: { file, line: linesBefore + at.line, column: at.col },
      });
    }
    const object = toObject(document);
    if (object instanceof Unresolved) findings.push({ ...object.problem, place: place(index) });
    else addObjects(object, '', file, (pointer) => place(index, pointer), inputs, findings);
  }
}

function keyTwice(key: string): Problem {
  const name = key === '' ? '' : `"${key}" `;
  return {
    code: 'manifest-key-twice',
    severity: 'warning',
    message: `the key ${name}stands twice in one mapping: the last one counts`,
    cause: 'kubectl and Helm take the last value without a word; kustomize, and with it Flux, refuses the file',
    fix: 'remove one of the two',
    docs: 'docs/rules/manifest-key-twice.md',
  };
}

interface Documents {
  /** What was parsed: the text that was given, or one that has the same lines. */
  readonly text: string;
  readonly parsed: readonly Document.Parsed[];
  /** Whether nothing is wrong but keys that stand twice. */
  readonly isSound: boolean;
  /** Where a quote opens that has no end, where the parser does not say so. */
  readonly openQuote?: number;
}

const hasNoErrors = (documents: readonly Document[]) =>
  documents.every(({ errors }) => errors.every(({ code }) => code === 'DUPLICATE_KEY'));

/** The parser takes an escaped quote at the end of a line for the closing one. */
const escapedAtEnd = /\\"[ \t]*\r?$/m;

/** Undefined when the text is nested too deeply. */
function parse(text: string): Documents | undefined {
  try {
    const parsed = parseDocuments(text);
    const isSound = hasNoErrors(parsed);
    const openQuote = isSound && escapedAtEnd.test(text) ? firstOpenQuote(text) : undefined;
    if (isSound && openQuote === undefined) return { text, parsed, isSound };
    // Kubernetes takes lines in quotes and brackets that are not indented.
    const repaired = indentFlowLines(text);
    const again = repaired === undefined || repaired === text ? undefined : parseDocuments(repaired);
    return repaired !== undefined && again && hasNoErrors(again)
      ? { text: repaired, parsed: again, isSound: true }
      : { text, parsed, isSound: false, ...(openQuote === undefined ? {} : { openQuote }) };
  } catch (error) {
    // The parser's recursion ends before a nesting of tens of thousands does.
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

function parseDocuments(text: string): readonly Document.Parsed[] {
  const parsed = parseAllDocuments(text, { merge: true, logLevel: 'silent' });
  return Array.isArray(parsed) ? parsed : [];
}

/** A document that cannot become an object. */
class Unresolved {
  readonly problem: Problem;
  constructor(problem: Problem) {
    this.problem = problem;
  }
}

function toObject(document: Document): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: mostAliases });
    return hasCycle(value) ? new Unresolved(notYaml('an alias stands inside its own anchor')) : value;
  } catch (error) {
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    return new Unresolved(/alias count/i.test(error.message) ? aliasBomb : notYaml(firstLine(error.message)));
  }
}

const aliasBomb: Problem = {
  code: 'manifest-alias-bomb',
  severity: 'error',
  message: `aliases expand to more than ${mostAliases} copies`,
  cause: 'aliases of aliases grow until memory ends; Kubernetes refuses them too',
  fix: 'write the values out instead of anchors and aliases',
  docs: 'docs/rules/manifest-alias-bomb.md',
};

/** Whether a value contains itself. */
function hasCycle(value: unknown, above = new Set<unknown>(), clean = new Set<unknown>()): boolean {
  if (typeof value !== 'object' || value === null || clean.has(value)) return false;
  if (above.has(value)) return true;
  above.add(value);
  const found = Object.values(value).some((child) => hasCycle(child, above, clean));
  above.delete(value);
  clean.add(value);
  return found;
}

/** Whether brackets nest so deeply that a parser would spend minutes on them; those in texts count too. */
function isNestedTooDeeply(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5b || code === 0x7b) {
      if (++depth > deepestBrackets) return true;
    } else if ((code === 0x5d || code === 0x7d) && depth > 0) depth--;
  }
  return false;
}

function addObjects(
  object: unknown,
  prefix: string,
  file: string,
  place: (pointer: string) => Place,
  inputs: ManifestObject[],
  findings: Finding[],
): void {
  if (!isFields(object)) return;
  const [apiVersion, kind] = [textAt(object, 'apiVersion'), textAt(object, 'kind')];
  // Charts, kubeconfigs and the settings of many tools have an apiVersion or a kind, and are no objects.
  const isMeant = isFields(object.metadata) || isFields(object.spec);
  if (apiVersion === undefined || kind === undefined) {
    if (isMeant && (apiVersion !== undefined || kind !== undefined))
      findings.push(incomplete(apiVersion === undefined ? 'apiVersion' : 'kind', place(prefix)));
    return;
  }
  if (kind.endsWith('List') && Array.isArray(object.items)) {
    listAt(object, 'items').forEach((item, index) => {
      addObjects(item, `${prefix}/items/${index}`, file, place, inputs, findings);
    });
    return;
  }
  // kustomize's own files configure the build and never reach the cluster.
  if (apiVersion.startsWith('kustomize.config.k8s.io/')) return;
  if (isHelmTest(object)) return;
  if (textAt(object, 'metadata', 'name') === undefined) {
    if (isMeant && !ofTools.test(apiVersion) && at(object, 'metadata', 'generateName') === undefined)
      findings.push(incomplete('metadata.name', place(prefix)));
    return;
  }
  inputs.push({ object: object as unknown as KubeObject, file, place: (pointer) => place(`${prefix}${pointer}`) });
}

/** Settings that a program on somebody's machine reads (istioctl, kind, kubeadm, skaffold): they need no name. */
const ofTools = /^(install\.istio\.io|kind\.x-k8s\.io|kubeadm\.k8s\.io|eksctl\.io|k3d\.io|skaffold)\//;

/**
 * `helm template` prints them with the rest; `helm test` alone makes them.
 * @see helm.sh/docs/topics/chart_tests
 */
function isHelmTest(object: Fields): boolean {
  const hooks = textAt(object, 'metadata', 'annotations', 'helm.sh/hook');
  return hooks?.split(',').every((hook) => /^\s*test(-success|-failure)?\s*$/.test(hook)) === true;
}

function incomplete(field: string, place: Place): Finding {
  return {
    code: 'manifest-incomplete',
    severity: 'warning',
    place,
    message: `the object has no ${field}: it is not checked`,
    cause: 'apiVersion, kind and metadata.name say which object it is; the API server refuses one without',
    fix: `add ${field}, or leave the file out when it is no manifest`,
    docs: 'docs/rules/manifest-incomplete.md',
  };
}

/** The first line of what the parser says; it reports the end of its own recursion as an error of the text. */
function plain(message: string): string {
  return /call stack/i.test(message) ? 'it is nested too deeply' : firstLine(message);
}

function notYaml(error: string): Problem {
  return {
    code: 'manifest-not-yaml',
    severity: 'error',
    message: `not YAML: ${error}`,
    cause: 'what cannot be read cannot be applied: the rest of the file is not checked',
    fix: 'mend the text at this place',
    docs: 'docs/rules/manifest-not-yaml.md',
  };
}

const helmTemplate: Problem = {
  code: 'manifest-is-template',
  severity: 'warning',
  message: 'the file is a Helm template, not a manifest: it is not checked',
  cause: 'the text between braces is known only to Helm',
  fix: 'check what Helm makes of it: helm template … | aviary preflight --manifests -',
  docs: 'docs/rules/manifest-is-template.md',
};

function isHelmTemplate(text: string): boolean {
  return /\{\{-?\s*(\.|if |range |with |include |template |define |end\b|\$|\/\*)/.test(text);
}

function firstLine(text: string): string {
  const line = (text.split('\n')[0] ?? '').replace(/:$/, '').replace(/ at line \d+, column \d+$/, '');
  // The parser quotes what it met, which can be a whole script.
  return line.length > MOST_OF_A_MESSAGE ? `${line.slice(0, MOST_OF_A_MESSAGE)}…` : line;
}
