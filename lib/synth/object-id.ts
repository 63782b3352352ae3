import { apiGroup, objectKey } from '../kube';

/** The identities of the Kubernetes objects among the documents: `apps Deployment shop/cart`. */
export function objectsOf(documents: readonly unknown[]): string[] {
  return documents.flatMap((document) => objectId(document) ?? []);
}

/** API group, kind, namespace and name: what must be unique in a cluster. Undefined for a document without a name. */
export function objectId(document: unknown): string | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const { apiVersion, kind, metadata } = document as {
    apiVersion?: unknown;
    kind?: unknown;
    metadata?: { name?: unknown; namespace?: unknown };
  };
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string')
    return undefined;
  return objectKey(apiGroup(apiVersion), kind, `${metadata.namespace ?? ''}`, metadata.name);
}

/** `Deployment shop/cart`: for people. */
export function objectName(document: unknown): string | undefined {
  return objectId(document)?.replace(/^\S* /, '').replace(' /', ' ');
}
