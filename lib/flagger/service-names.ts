import { type KubeObject, textAt } from '../kube';

/** The names of the three Services: apex, primary, canary. @see fluxcd/flagger v1.44 canary.go GetServiceNames */
export function serviceNames(canary: KubeObject): { apex: string; primary: string; canary: string } {
  const apex = textAt(canary, 'spec', 'service', 'name') || textAt(canary, 'spec', 'targetRef', 'name') || '';
  return { apex, primary: `${apex}-primary`, canary: `${apex}-canary` };
}

/** Whether Flagger writes `tcp` routes instead of `http` ones: only `appProtocol: tcp` counts. @see fluxcd/flagger v1.44 pkg/router/istio.go isTcp */
export function isTcpToFlagger(canary: KubeObject): boolean {
  return textAt(canary, 'spec', 'service', 'appProtocol')?.toLowerCase() === 'tcp';
}
