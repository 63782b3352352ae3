import { at, fieldsAt, isFields, listAt, textAt } from '../../kube';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const probed = (port: number | string) =>
  deployment('frontend', {
    container: { ports: [{ name: 'http', containerPort: 8080 }], readinessProbe: { httpGet: { path: '/', port } } },
  });

export default rule({
  id: 'probe-port-unknown',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'A probe that names a port is looked up among the ports of its own container. A name that is not there fails every time, and the pods never become ready (a liveness probe: are restarted for ever). Flagger waits for the primary before anything else: `not ready: waiting for rollout to finish: 0 of 1 updated replicas are available`, and the Canary stays Initializing.',
  cause: 'the kubelet looks a named port up in the same container',
  source: [
    'fluxcd/flagger v1.44 pkg/canary/deployment_ready.go (IsPrimaryReady)',
    'kubernetes v1.34 pkg/probe/util.go (ResolveContainerPort)',
  ],
  codes: ['PRIMARY_NOT_READY_INIT'],
  each: 'canary',
  check(canary, report) {
    const { target } = canary;
    for (const { fields, name, pointer } of target?.containers ?? []) {
      const declared = listAt(fields, 'ports').flatMap((port) => textAt(port, 'name') ?? []);
      for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
        const probe = fieldsAt(fields, kind);
        const action = ['httpGet', 'tcpSocket'].find((one) => isFields(probe[one]));
        const port = action === undefined ? undefined : at(probe, action, 'port');
        if (!target || typeof port !== 'string' || /^\d+$/.test(port) || declared.includes(port)) continue;
        const has = declared.length > 0 ? `the ports ${declared.join(', ')}` : 'no port with a name';
        report(target, {
          about: canary,
          pointer: `${pointer}/${kind}/${action}/port`,
          message: `the ${kind} of container "${name}" in ${target.kind} "${target.name}" asks port "${port}", and the container has ${has}: the primary of Canary "${canary.name}" never becomes ready`,
          fix: `write ${declared.length > 0 ? declared.map((one) => `"${one}"`).join(' or ') : 'the number of the port'} there, or name the port "${port}" in ports of container "${name}"`,
        });
      }
    }
  },
  cases: () => ({
    bad: [
      {
        name: 'a name that no port has',
        manifests: [probed('web'), canary('frontend')],
        expect: [
          {
            object: 'Deployment shop/frontend',
            pointer: '/spec/template/spec/containers/0/readinessProbe/httpGet/port',
            message:
              'the readinessProbe of container "server" in Deployment "frontend" asks port "web", and the container has the ports http: the primary of Canary "frontend" never becomes ready',
          },
        ],
      },
    ],
    good: [
      { name: 'its name', manifests: [probed('http'), canary('frontend')] },
      { name: 'a number, which nobody has to declare', manifests: [probed(8081), canary('frontend')] },
      { name: 'not the target of a Canary', manifests: [probed('web')] },
    ],
  }),
});
