import type { KubeObject } from '../kube';
import { isFields, listAt } from '../kube';
import { buildWorld, type World } from '../world';
import type { Case, CaseManifests } from './rule';

/** The objects of a case, its YAML parsed. */
export function objectsOf(manifests: CaseManifests): KubeObject[] {
  return (typeof manifests === 'string' ? [manifests] : manifests).flatMap((part) =>
    typeof part === 'string' ? parseYaml(part) : [part],
  );
}

function parseYaml(text: string): KubeObject[] {
  // Only tests and the docs read cases: a preflight must not pay for the parser.
  const { parseAllDocuments } = require('yaml') as typeof import('yaml');
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`a case is not YAML: ${document.errors[0]?.message}`);
    const object: unknown = document.toJS();
    if (!isFields(object)) return [];
    return (object.kind === 'List' ? listAt(object, 'items') : [object]) as KubeObject[];
  });
}

/** The world of a case. */
export function caseWorld({ manifests, files = {}, facts }: Case): World {
  const inputs = Object.entries({ 'case.yaml': manifests, ...files }).flatMap(([file, content]) =>
    objectsOf(content).map((object) => ({ object, place: { file } })),
  );
  return buildWorld(inputs, facts);
}
