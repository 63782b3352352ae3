import { containerPortName, probePortNames, servicePortNameError } from './container-ports';

test.each([
  ['http', undefined, 'http'],
  ['8080', undefined, undefined],
  ['memcached-client', undefined, undefined],
  ['Http', 'must consist of lower case letters, digits and "-"', undefined],
  ['', 'is empty', undefined],
])('the port name %j: of a Service %j, of a container %j', (name, error, ofContainer) => {
  expect(servicePortNameError(name)).toBe(error);
  expect(containerPortName(name)).toBe(ofContainer);
});

test('a probe calls a port as the container names it', () => {
  const ports = [
    { name: 'web', port: 80, targetPort: 8080, protocol: 'http' },
    { port: 81, protocol: 'grpc' },
    { name: '82', port: 82, protocol: 'http' },
    { name: 'metrics', port: 83, targetPortName: 'prom', protocol: 'http' },
  ];
  expect(probePortNames(ports, [{ name: 'api', containerPort: 8080 }])).toEqual(['grpc', 'prom', 'api']);
});
