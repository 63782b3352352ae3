import type { KubeNamespaceProps } from 'cdk8s-plus-25/lib/imports/k8s';
import type { Construct } from 'constructs';

/**
 * A Namespace. The class is one of eight hundred in a module that takes as long as all other constructs together, so it is loaded when one
 * is made: no service makes any.
 */
export function addNamespace(scope: Construct, id: string, props: KubeNamespaceProps): void {
  const { KubeNamespace } = require('cdk8s-plus-25/lib/imports/k8s') as typeof import('cdk8s-plus-25/lib/imports/k8s');
  new KubeNamespace(scope, id, props);
}
