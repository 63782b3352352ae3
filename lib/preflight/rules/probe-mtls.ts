import { at, type Fields, fieldsAt, isFields } from '../../kube';
import { canary, deployment, namespace } from '../case-manifests';
import { podPort, probesAreRewritten, strictPolicy } from '../mutual-tls';
import { rule } from '../rule';

const strict = {
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name: 'default', namespace: 'shop' },
  spec: { mtls: { mode: 'STRICT' } },
};
const off = { 'sidecar.istio.io/rewriteAppHTTPProbers': 'false' };
const ready = { readinessProbe: { httpGet: { path: '/healthz', port: 8080 } } };

export default rule({
  id: 'probe-mtls',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'The kubelet probes in plain text and has no sidecar. Istio therefore lets the agent in the pod answer HTTP and gRPC probes; with sidecar.istio.io/rewriteAppHTTPProbers: "false" they go to the application\'s port, where a sidecar with STRICT mutual TLS closes them. The pods never become ready: the Canary stays Initializing, or its rollout ends at the progress deadline.',
  cause: 'the kubelet probes in plain text, and the sidecar takes mutual TLS only',
  source: [
    'istio/istio 1.31 pkg/kube/inject/app_probe.go (ShouldRewriteAppHTTPProbers)',
    'istio/istio 1.31 pilot/pkg/security/authn/policy_applier.go (ComposePeerAuthentication)',
  ],
  codes: ['PROBE_MTLS'],
  each: 'canary',
  check(canary, report, world) {
    const { target } = canary;
    if (!target || probesAreRewritten(world, target)) return;
    for (const { fields, name, pointer, init } of target.containers) {
      const probe = init ? undefined : probeOf(fields);
      const port = probe && podPort(target, probe.port);
      const policy = port === undefined ? undefined : strictPolicy(world, target, port);
      if (!probe || !policy) continue;
      const end = probe.kind === 'livenessProbe' ? 'are restarted for ever' : 'never become ready';
      report(target, {
        about: canary,
        pointer: `${pointer}/${probe.kind}`,
        message: `the ${probe.kind} of container "${name}" in ${target.kind} "${target.name}" goes to port ${port} in plain text (rewriteAppHTTPProbers is off), where only mutual TLS is taken (PeerAuthentication ${policy.namespace}/${policy.name}): its pods ${end}`,
        fix: 'remove the pod annotation sidecar.istio.io/rewriteAppHTTPProbers, or set it to "true"',
      });
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'an HTTP probe, not rewritten',
        manifests: [
          namespace(),
          deployment('frontend', { podAnnotations: off, container: ready }),
          strict,
          canary('frontend'),
        ],
        expect: [
          {
            object: 'Deployment shop/frontend',
            pointer: '/spec/template/spec/containers/0/readinessProbe',
            message:
              'the readinessProbe of container "server" in Deployment "frontend" goes to port 8080 in plain text (rewriteAppHTTPProbers is off), where only mutual TLS is taken (PeerAuthentication shop/default): its pods never become ready',
          },
        ],
      },
    ],
    good: [
      {
        name: 'rewritten, as usual',
        manifests: [namespace(), deployment('frontend', { container: ready }), strict, canary('frontend')],
      },
      {
        name: 'the pods take plain text too',
        manifests: [namespace(), deployment('frontend', { podAnnotations: off, container: ready }), canary('frontend')],
      },
      {
        name: 'a TCP probe: the sidecar takes the connection',
        manifests: [
          namespace(),
          deployment('frontend', {
            podAnnotations: off,
            container: { readinessProbe: { tcpSocket: { port: 8080 } } },
          }),
          strict,
          canary('frontend'),
        ],
      },
    ],
  }),
});

/** The first probe that the kubelet sends over HTTP or gRPC. */
function probeOf(container: Fields): { readonly kind: string; readonly port: number | string } | undefined {
  for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
    const probe = fieldsAt(container, kind);
    const action = [probe.httpGet, probe.grpc].find(isFields);
    const port = at(action, 'port');
    if (typeof port === 'number' || typeof port === 'string') return { kind, port };
  }
  return undefined;
}
