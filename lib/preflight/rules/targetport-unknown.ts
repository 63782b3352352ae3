import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'targetport-unknown',
  severity: 'error',
  effect: 'outage',
  since: '0.1.0',
  why: 'The Services that Flagger makes send to spec.service.targetPort, which is spec.service.port when absent. A name that no container port has gives a Service without endpoints; a number on which no container listens gives refused connections (503 with the flag UF in a mesh). A container may listen on a port that it does not declare: for a number this is a warning.',
  cause: 'the Services of Flagger send to targetPort, or to port where targetPort is absent',
  source: [
    'kubernetes v1.34 pkg/apis/core/validation/validation.go (validateServicePort, IsValidPortName)',
    'fluxcd/flagger v1.44 pkg/router/kubernetes_default.go',
    'fluxcd/flagger v1.44 docs/gitbook/usage/how-it-works.md',
  ],
  codes: ['TARGETPORT_NAME_UNKNOWN', 'TARGETPORT_WRONG'],
  each: 'canary',
  check(canary, report) {
    const main = canary.ports[0];
    const { target } = canary;
    if (!target || !main || canary.port === undefined) return;
    const declared = target.containerPorts;
    const { targetPort } = main;
    const written = canary.service.targetPort;
    if (typeof written === 'string' && /^\d+$/.test(written)) {
      report(canary, {
        pointer: '/spec/service/targetPort',
        message: `targetPort of Canary "${canary.name}" is the text "${written}": in a text Kubernetes looks for the name of a port, refuses one without a letter, and Flagger cannot make its Services`,
        cause: 'a number in quotes is a name to Kubernetes, and a name has a letter in it',
        edits: [{ value: Number(written) }],
        fix: `write it without quotes: targetPort: ${written}`,
      });
      return;
    }
    if (declared.some(({ name, containerPort }) => targetPort === name || Number(targetPort) === containerPort)) return;
    const isNumber = /^\d+$/.test(String(targetPort));
    // Ports are documentation in Kubernetes: who declares none may listen on any.
    if (isNumber && declared.length === 0) return;
    const list = declared.map(({ name, containerPort }) => (name ? `${name} (${containerPort})` : `${containerPort}`));
    report(canary, {
      pointer: canary.service.targetPort === undefined ? '/spec/service/port' : '/spec/service/targetPort',
      severity: isNumber ? 'warning' : 'error',
      message: `the Services of Canary "${canary.name}" send to port ${targetPort} of the pods, and ${target.kind} "${target.name}" declares ${list.join(', ') || 'no port'}`,
      fix: declared[0]
        ? `write targetPort: ${declared[0].containerPort} in spec.service of Canary "${canary.name}", or declare port ${targetPort} at the container that listens on it`
        : `write the number on which the container listens in spec.service.targetPort of Canary "${canary.name}", or declare a container port of the name ${targetPort}`,
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a number in quotes',
        manifests: [deployment('cart'), canary('cart', { service: { targetPort: '8080' } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service/targetPort',
            severity: 'error',
            message:
              'targetPort of Canary "cart" is the text "8080": in a text Kubernetes looks for the name of a port, refuses one without a letter, and Flagger cannot make its Services',
          },
        ],
      },
      {
        name: 'a name that no container port has',
        manifests: [deployment('cart'), canary('cart', { service: { targetPort: 'grpc' } })],
        expect: [
          {
            object: 'Canary shop/cart',
            pointer: '/spec/service/targetPort',
            severity: 'error',
            message: 'the Services of Canary "cart" send to port grpc of the pods, and Deployment "cart" declares 8080',
          },
        ],
      },
      {
        name: 'no targetPort, and the container listens elsewhere',
        manifests: [deployment('cart'), canary('cart', { service: { targetPort: undefined } })],
        expect: [{ object: 'Canary shop/cart', pointer: '/spec/service/port', severity: 'warning' }],
      },
    ],
    good: [
      {
        name: 'by name',
        manifests: [
          deployment('cart', { container: { ports: [{ containerPort: 8080, name: 'grpc' }] } }),
          canary('cart', { service: { targetPort: 'grpc' } }),
        ],
      },
      {
        name: 'a container that declares nothing',
        manifests: [deployment('cart', { container: { ports: [] } }), canary('cart')],
      },
    ],
  }),
});
