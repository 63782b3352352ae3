import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

export default rule({
  id: 'hostport-conflict',
  severity: 'error',
  effect: 'stuck',
  since: '0.1.0',
  why: 'A host port is taken once on each node. Canary and primary both want it: with fewer free nodes than pods of both, pods stay Pending.',
  cause: 'canary and primary want the same port of the node',
  source: ['kubernetes v1.36 scheduler (NodePorts)'],
  codes: ['HOSTPORT_CONFLICT'],
  each: 'canary',
  check(canary, report) {
    const target = canary.target;
    const port = target?.containerPorts.find(({ hostPort }) => hostPort !== undefined && hostPort > 0);
    if (!target || (!port && !target.hostNetwork)) return;
    report(target, {
      about: canary,
      pointer: port ? port.container.pointer : target.templatePointer('/spec/hostNetwork'),
      message: `"${target.name}" takes ${port ? `port ${port.hostPort} of its node` : 'the network of its node'}, and so does its primary: they cannot share nodes`,
      fix: 'remove hostPort and hostNetwork, and use a Service',
    });
  },
  cases: () => ({
    bad: [
      {
        name: 'a host port',
        manifests: [
          deployment('frontend', { container: { ports: [{ containerPort: 8080, hostPort: 8080 }] } }),
          canary('frontend'),
        ],
        expect: [
          {
            object: 'Deployment shop/frontend',
            message: '"frontend" takes port 8080 of its node, and so does its primary: they cannot share nodes',
          },
        ],
      },
    ],
    good: [{ name: 'no host port', manifests: [deployment('frontend'), canary('frontend')] }],
  }),
});
