import type { App } from 'cdk8s';
import type { ManifestFile } from '../constructs';
import { isFields, type KubeObject } from '../kube';
import type { UnitInput } from './inputs';

/** @see fluxcd/kustomize-controller v1.9 docs/spec/v1/kustomizations.md, Post build variable substitution */
const AS_IT_IS = { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' };

/**
 * `${` in a text is meant as it is written. No Kustomization of the tree substitutes; for one of somebody else that applies
 * it, the objects say that it must not.
 */
export function keepDollars(app: App, input: UnitInput): void {
  // The catalog's texts are all that can bring one.
  if (!hasReference(input)) return;
  for (const node of app.node.findAll()) {
    if (!('finishers' in node)) continue;
    (node as ManifestFile).finishers.push((objects) => {
      for (const { metadata } of objects.filter(hasDollar))
        metadata.annotations = { ...metadata.annotations, ...AS_IT_IS };
    });
  }
}

/** Looked for in place: to write out each unit's input costs as much as to make its objects. */
function hasReference(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('${');
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasReference);
  for (const key in value) if (key.includes('${') || hasReference((value as Record<string, unknown>)[key])) return true;
  return false;
}

type WritableObject = { metadata: { annotations?: Record<string, string> } };

const hasDollar = (object: unknown): object is WritableObject =>
  isFields((object as KubeObject).metadata) && JSON.stringify(object).includes('${');
