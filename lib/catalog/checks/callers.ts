import { nearest } from '../../findings';
import { dnsLabelError } from '../../kube';
import { MESH_FACTS } from '../../mesh';
import { externalCalls, namedCalls } from '../calls';
import type { Path } from '../problem';
import type { ServiceCheck, ServiceFace, ServiceProblem } from './context';

const METHOD = /^[A-Z]+$/;
const RANGE = /^(\d{1,3}(\.\d{1,3}){3}\/([0-9]|[12]\d|3[0-2])|[0-9a-f:]*:[0-9a-f:]*\/\d{1,3})$/i;

/** `calls` and `callers`: what policies let through. */
export const checkCallers: ServiceCheck = ({ service, services, cluster }, report) => {
  for (const call of namedCalls(service)) {
    const at: Path = ['calls', call.index];
    const callee = services.get(call.service);
    if (callee && call.port !== undefined) checkPort(callee, call.port, [...at, 'port'], report);
    checkRequests(call, callee?.ports ?? [], at, report);
  }
  const external = cluster.external.map(({ name }) => name);
  for (const { external: name, index } of externalCalls(service))
    if (!external.includes(name)) {
      const near = nearest(name, external);
      report({
        code: 'unknown-external',
        path: ['calls', index, 'external'],
        message: `no external service "${name}"`,
        cause: 'Services outside are named in /external/*/name.',
        nearest: near,
        fix: near ? `write "${near}"` : 'add it to "external", with its hosts and ports',
      });
    }
  for (const [index, caller] of (service.callers ?? []).entries()) {
    const at: Path = ['callers', index];
    const { name, namespace, cidrs, labels, account, ports = [] } = caller;
    if ((namespace === undefined) === (cidrs === undefined || cidrs.length === 0))
      report({
        code: 'caller',
        path: at,
        message:
          namespace === undefined
            ? `nothing says where the caller "${name}" of "${service.name}" is`
            : `the caller "${name}" of "${service.name}" is in namespace "${namespace}" and at addresses outside`,
        fix:
          namespace === undefined
            ? 'add its namespace, or its addresses as "cidrs"'
            : 'make two entries of it, one with "namespace" and one with "cidrs"',
      });
    if (namespace === undefined && (labels !== undefined || account !== undefined))
      report({
        code: 'caller',
        path: [...at, labels === undefined ? 'account' : 'labels'],
        message: `the caller "${name}" has ${labels === undefined ? 'an account' : 'labels'} and no namespace`,
        fix:
          cidrs === undefined || cidrs.length === 0
            ? 'add the namespace of its pods'
            : `remove ${labels === undefined ? '"account"' : '"labels"'}: what is at addresses outside has none`,
      });
    const error = namespace === undefined ? undefined : dnsLabelError(namespace);
    if (error)
      report({
        code: 'invalid-name',
        path: [...at, 'namespace'],
        message: `the namespace ${JSON.stringify(namespace)} ${error}`,
        fix: 'write the name of the namespace',
      });
    for (const [number, cidr] of (cidrs ?? []).entries())
      if (!RANGE.test(cidr))
        report({
          code: 'invalid-address',
          path: [...at, 'cidrs', number],
          message: `${JSON.stringify(cidr)} is no range of addresses`,
          fix: 'write it like "10.20.0.0/16", a single address like "10.20.3.4/32"',
        });
    // What is in the pods' own namespaces may have a proxy; an address outside has none.
    const mesh = cluster.platform.mesh ?? 'istio-sidecar';
    if (cidrs?.[0] !== undefined && MESH_FACTS[mesh].installs === 'istio')
      report({
        code: 'caller',
        severity: 'warning',
        path: at,
        message: `the caller "${name}" of "${service.name}" is outside the mesh, which takes calls by mutual TLS alone: it is refused whatever the policies say`,
        fix: `let it come in by the gateway: "expose" of "${service.name}", or give it pods in the mesh and write their namespace`,
      });
    for (const [number, port] of ports.entries()) checkPort(service, port, [...at, 'ports', number], report);
    if ((service.ports ?? []).length === 0)
      report({
        code: 'no-port',
        path: at,
        message: `"${service.name}" has no port that "${name}" could call`,
        fix: `add ports to "${service.name}", or remove the caller`,
      });
    checkRequests(caller, service.ports ?? [], at, report);
  }
};

function checkPort(
  callee: Pick<ServiceFace, 'name' | 'ports'>,
  wanted: string | number,
  path: Path,
  report: (problem: ServiceProblem) => void,
): void {
  const known = (callee.ports ?? []).flatMap(({ port, name, protocol }) => [port, name ?? protocol]);
  if (known.includes(wanted)) return;
  report({
    code: 'unknown-port',
    path,
    message: `"${callee.name}" has no port ${JSON.stringify(wanted)}`,
    nearest: typeof wanted === 'string' ? nearest(wanted, known.map(String)) : undefined,
    fix:
      known.length === 0
        ? `add ports to "${callee.name}"`
        : `write one of ${known.map((one) => JSON.stringify(one)).join(', ')}, or leave it out for all of them`,
  });
}

function checkRequests(
  { methods = [], paths = [] }: { readonly methods?: readonly string[]; readonly paths?: readonly string[] },
  ports: NonNullable<ServiceFace['ports']>,
  at: Path,
  report: (problem: ServiceProblem) => void,
): void {
  for (const [index, method] of methods.entries())
    if (!METHOD.test(method))
      report({
        code: 'requests',
        path: [...at, 'methods', index],
        message: `${JSON.stringify(method)} is no method of HTTP`,
        fix: 'write it in capitals, such as "GET"',
      });
  for (const [index, path] of paths.entries())
    if (!/^\/[^*\s]*\*?$/.test(path))
      report({
        code: 'requests',
        path: [...at, 'paths', index],
        message: `the path ${JSON.stringify(path)} is none that a policy can tell`,
        fix: 'begin with "/", and put "*" at the end or nowhere',
      });
  if (methods.length + paths.length > 0 && ports.length > 0 && ports.every(({ protocol }) => protocol === 'tcp'))
    report({
      code: 'requests',
      path: [...at, methods.length > 0 ? 'methods' : 'paths'],
      message: 'methods and paths are of HTTP and gRPC, and the ports speak TCP',
      fix: `remove ${methods.length > 0 ? '"methods"' : '"paths"'}`,
    });
}
