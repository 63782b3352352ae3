import { createHash } from 'node:crypto';
import type { Finding, Place } from '../finding';
import { docsLink, type FormatOptions, fullSentence, identity, sentences } from './options';

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const;

/**
 * SARIF 2.1.0: what code scanning services and editors read.
 * @see OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0 plus errata 01
 */
export function formatSarif(findings: readonly Finding[], options: FormatOptions = {}): string {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const rules = codes.map((code) => {
    const docs = findings.find((finding) => finding.code === code && finding.docs !== undefined)?.docs;
    // A helpUri must be absolute.
    const helpUri = docs !== undefined && options.docsUrl !== undefined ? docsLink(docs, options.docsUrl) : undefined;
    const meaning = options.meaning?.(code);
    return {
      id: code,
      ...(meaning && {
        shortDescription: { text: fullSentence(meaning.short) },
        fullDescription: { text: fullSentence(meaning.full) },
        help: { text: `${fullSentence(meaning.full)} More: aviary explain ${code}` },
      }),
      ...(helpUri !== undefined && { helpUri }),
    };
  });
  const results = findings.map((finding) => ({
    ruleId: finding.code,
    ruleIndex: codes.indexOf(finding.code),
    level: LEVELS[finding.severity],
    message: { text: sentences(finding) },
    locations: locations(finding.place),
    partialFingerprints: { 'aviary/v1': createHash('sha256').update(identity(finding)).digest('hex') },
  }));
  const driver = { name: 'Aviary', version: options.version ?? '0.0.0', rules };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function locations({ file, line, column, object, pointer }: Place) {
  const region =
    line === undefined ? undefined : { startLine: line, ...(column !== undefined && { startColumn: column }) };
  const physicalLocation =
    file === undefined ? undefined : { artifactLocation: { uri: toUri(file) }, ...(region && { region }) };
  const logicalLocations = [
    ...(object === undefined ? [] : [{ fullyQualifiedName: object, kind: 'resource' }]),
    ...(pointer === undefined ? [] : [{ fullyQualifiedName: pointer, kind: 'value' }]),
  ];
  if (!physicalLocation && logicalLocations.length === 0) return [];
  return [{ ...(physicalLocation && { physicalLocation }), ...(logicalLocations.length > 0 && { logicalLocations }) }];
}

/** A relative path as a URI reference: blanks and `%` escaped, `/` between folders. */
function toUri(file: string): string {
  const path = file.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  return path.split('/').map(encodeURIComponent).join('/');
}
