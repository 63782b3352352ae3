import { App, Chart, Testing } from 'cdk8s';
import type { KubeObject } from '../../kube';
import { MicroserviceRelease } from '../microservice-release';
import type { MicroserviceReleaseProps } from './props';

function render(props: Partial<MicroserviceReleaseProps> = {}): KubeObject[] {
  const chart = new Chart(new App({ outdir: 'unused' }), 'chart', { namespace: 'shop' });
  new MicroserviceRelease(chart, 'web', {
    image: 'web:1',
    ports: [{ port: 80, targetPort: 8080, protocol: 'http' }],
    ...props,
  });
  return Testing.synth(chart) as KubeObject[];
}
const find = (objects: readonly KubeObject[], kind: string, name = 'web'): any =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

test('what runs already keeps its selector, and its pods get no further label', () => {
  const objects = render({
    selector: { name: 'web-v1' },
    podLabels: { team: 'shop' },
    disruptionBudget: { maxUnavailable: 1 },
    topologySpread: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
  });
  const { selector, template } = find(objects, 'Deployment').spec;
  expect(selector).toEqual({ matchLabels: { name: 'web-v1' } });
  expect(template.metadata.labels).toEqual({ name: 'web-v1', team: 'shop' });
  expect(template.spec.topologySpreadConstraints[0].labelSelector).toEqual({ matchLabels: { name: 'web-v1' } });
  expect(find(objects, 'Service').spec.selector).toEqual({ name: 'web-v1' });
  expect(find(objects, 'PodDisruptionBudget').spec.selector).toEqual({ matchLabels: { name: 'web-v1' } });
});

test("with a canary the primary's budget has the value that Flagger gives the primary", () => {
  const objects = render({
    selector: { tier: 'a', name: 'x' },
    canaried: true,
    disruptionBudget: { maxUnavailable: 1 },
  });
  expect(find(objects, 'PodDisruptionBudget', 'web-primary').spec.selector).toEqual({
    matchLabels: { tier: 'a', name: 'x-primary' },
  });
});

test('a security context that is said is the whole one, and false is none', () => {
  const pod = (props: Partial<MicroserviceReleaseProps>) => find(render(props), 'Deployment').spec.template.spec;
  const own = pod({ pod: { securityContext: { runAsUser: 5 } }, container: { securityContext: { privileged: true } } });
  expect(own.securityContext).toEqual({ runAsUser: 5 });
  expect(own.containers[0].securityContext).toEqual({ privileged: true });
  const none = pod({ pod: { securityContext: false }, container: { securityContext: false } });
  expect(none).not.toHaveProperty('securityContext');
  expect(none.containers[0]).not.toHaveProperty('securityContext');
});

test('Services: another name, no appProtocol, UDP, further ones, and none at all', () => {
  const objects = render({
    ports: [
      { port: 80, protocol: 'http', appProtocol: false, nodePort: 30_080 },
      { name: 'dns', port: 53, protocol: 'tcp', transport: 'UDP' },
    ],
    service: { name: 'shop', type: 'NodePort', sessionAffinity: 'ClientIP' },
    services: [{ name: 'pods', clusterIP: 'None', annotations: { a: 'b' }, ports: [{ port: 80, targetPort: 'http' }] }],
    metadata: { Service: { labels: { team: 'shop' } } },
  });
  expect(find(objects, 'Service', 'shop').spec).toEqual({
    type: 'NodePort',
    sessionAffinity: 'ClientIP',
    selector: { app: 'web' },
    ports: [
      { name: 'http', port: 80, targetPort: 80, protocol: 'TCP', nodePort: 30_080 },
      { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' },
    ],
  });
  expect(find(objects, 'Service', 'pods')).toMatchObject({
    metadata: { labels: { team: 'shop' }, annotations: { a: 'b' } },
    spec: { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }] },
  });
  expect(render({ service: false }).filter(({ kind }) => kind === 'Service')).toEqual([]);
});

test('one volume at several places, and sources with all their fields', () => {
  const { volumes, containers } = find(
    render({
      volumes: [
        { name: 'work', mountPath: '/work', mounts: [{ mountPath: '/cache', subPath: 'cache' }], emptyDir: {} },
        { name: 'host', hostPath: { path: '/var/log', type: 'Directory' } },
        { name: 'cm', mountPath: '/c', configMap: { name: 'c', items: [{ key: 'a', path: 'b' }], defaultMode: 256 } },
      ],
    }),
    'Deployment',
  ).spec.template.spec;
  expect(containers[0].volumeMounts).toEqual([
    { name: 'work', mountPath: '/work' },
    { name: 'work', mountPath: '/cache', subPath: 'cache' },
    { name: 'cm', mountPath: '/c' },
  ]);
  expect(volumes).toEqual([
    { name: 'work', emptyDir: {} },
    { name: 'host', hostPath: { path: '/var/log', type: 'Directory' } },
    { name: 'cm', configMap: { name: 'c', items: [{ key: 'a', path: 'b' }], defaultMode: 256 } },
  ]);
});

test('misuse: a canary without a Service of its own name', () => {
  expect(() => render({ canaried: true, service: { name: 'shop' } })).toThrow(
    'MicroserviceRelease "web": service: a canaried workload has a Service of its own name and selector, which Flagger points at the primary',
  );
});
