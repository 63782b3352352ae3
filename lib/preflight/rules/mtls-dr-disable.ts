import { textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { mutualTlsOf, podPort } from '../mutual-tls';
import { rule } from '../rule';

const STRICT = {
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name: 'default', namespace: 'shop' },
  spec: { mtls: { mode: 'STRICT' } },
};

export default rule({
  id: 'mtls-dr-disable',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: "trafficPolicy.tls.mode DISABLE, as in Flagger's tutorials, makes callers speak plain text to the pods. Where PeerAuthentication is STRICT the pods refuse them: 503 for everybody.",
  cause: 'callers are told to speak plain text, and the pods refuse it',
  source: [
    'fluxcd/flagger v1.44 docs/gitbook/faq.md (Istio Mutual TLS)',
    'istio/istio 1.31 pilot/pkg/security/authn/policy_applier.go (ComposePeerAuthentication)',
  ],
  codes: ['MTLS_DR_DISABLE'],
  each: 'canary',
  check(canary, report, world) {
    if (!canary.isIstio || textAt(canary.service, 'trafficPolicy', 'tls', 'mode') !== 'DISABLE') return;
    const port = podPort(canary.target, canary.ports[0]?.targetPort);
    const tls = canary.target && mutualTlsOf(world, canary.target, port);
    const strict = tls?.mode === 'STRICT' ? tls.policy : undefined;
    if (!strict) return;
    report(canary, {
      pointer: '/spec/service/trafficPolicy/tls/mode',
      message: `Canary "${canary.name}" switches mutual TLS off, and PeerAuthentication ${strict.namespace}/${strict.name} is STRICT`,
      fix: 'write ISTIO_MUTUAL, or remove trafficPolicy.tls',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'strict',
        manifests: [
          deployment('frontend'),
          STRICT,
          canary('frontend', { service: { trafficPolicy: { tls: { mode: 'DISABLE' } } } }),
        ],
        expect: [
          {
            object: 'Canary shop/frontend',
            pointer: '/spec/service/trafficPolicy/tls/mode',
            message: 'Canary "frontend" switches mutual TLS off, and PeerAuthentication shop/default is STRICT',
          },
        ],
      },
    ],
    good: [
      {
        name: 'the mesh is strict, and the pods take plain text too',
        manifests: [
          deployment('frontend'),
          { ...STRICT, metadata: { name: 'default', namespace: 'istio-system' } },
          { ...STRICT, spec: { selector: { matchLabels: { app: 'frontend' } }, mtls: { mode: 'PERMISSIVE' } } },
          canary('frontend', { service: { trafficPolicy: { tls: { mode: 'DISABLE' } } } }),
        ],
      },
      {
        name: 'mutual',
        manifests: [
          deployment('frontend'),
          STRICT,
          canary('frontend', { service: { trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } } }),
        ],
      },
    ],
  }),
});
