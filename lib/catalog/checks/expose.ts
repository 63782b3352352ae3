import { providerOf } from '../../flagger';
import { wildcardHostError } from '../../kube';
import { MESH_FACTS, type Mesh, modeOf } from '../../mesh';
import { exposedHost } from '../exposed-host';
import type { ServiceCheck } from './context';

/** Hosts and paths by which a service is exposed. */
export const checkExpose: ServiceCheck = ({ service, cluster }, report) => {
  const { expose } = service;
  if (!expose) return;
  const mesh = modeOf(cluster.platform);
  const { exposesBy, refusesGrpc, provider }: Mesh = MESH_FACTS[mesh];
  if (exposesBy === 'nothing') {
    report({
      code: 'no-gateway',
      path: ['expose'],
      message: `"${service.name}" is exposed, and mesh "${mesh}" has no gateway`,
      fix: 'remove expose, or choose an Istio mesh',
    });
  }
  if (exposesBy === 'entrance' && providerOf(provider).comesInBy && !cluster.platform.gateway?.name)
    report({
      code: 'no-gateway',
      path: ['expose'],
      message: `"${service.name}" is exposed, and nothing names the Gateway that provider "${mesh}" has`,
      fix: 'add platform.gateway: its namespace and its name',
    });
  const protocol = service.ports?.[0]?.protocol;
  if (protocol === undefined)
    report({
      code: 'no-port',
      path: ['expose'],
      message: `"${service.name}" is exposed and has no port`,
      fix: 'add ports, or remove expose',
    });
  else if (protocol === 'grpc' && refusesGrpc)
    report({
      code: 'exposed-grpc',
      path: ['expose'],
      message: `"${service.name}" is exposed and speaks grpc, and what provider "${mesh}" is told here carries HTTP/1.1`,
      fix: 'put an http port first, or remove expose and add a route of your own in manifests',
    });
  else if (protocol === 'tcp')
    report({
      code: 'exposed-tcp',
      path: ['expose'],
      message: `"${service.name}" is exposed by host, and its first port speaks tcp`,
      cause: 'TCP has no host that the gateway could read.',
      fix: 'put an http or grpc port first, or remove expose',
    });
  if (expose.hosts.length === 0)
    report({
      code: 'no-hosts',
      path: ['expose', 'hosts'],
      message: 'expose has no hosts',
      fix: 'add a host such as "shop.{domain}", or remove expose',
    });
  for (const [index, host] of expose.hosts.entries()) {
    const whole = exposedHost(host, cluster.cluster.domain);
    const error = wildcardHostError(whole);
    if (error)
      report({
        code: 'invalid-host',
        path: ['expose', 'hosts', index],
        message: `the host ${JSON.stringify(whole)} ${error}`,
        fix: 'write a DNS name; "{domain}" stands for the cluster\'s domain',
      });
    else if (!whole.includes('.'))
      report({
        code: 'invalid-host',
        path: ['expose', 'hosts', index],
        message: `the host ${JSON.stringify(whole)} is a name inside the cluster`,
        fix: `write "${host}.{domain}"`,
        edits: [{ path: ['expose', 'hosts', index], value: `${host}.{domain}` }],
      });
  }
  for (const [index, path] of (expose.paths ?? []).entries()) {
    if (!path.startsWith('/'))
      report({
        code: 'invalid-path',
        path: ['expose', 'paths', index],
        message: `the path ${JSON.stringify(path)} does not begin with "/"`,
        fix: `write "/${path}"`,
        edits: [{ path: ['expose', 'paths', index], value: `/${path}` }],
      });
  }
};
