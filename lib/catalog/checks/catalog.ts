import { nearest } from '../../findings';
import { dnsLabelError, dnsSubdomainError, parseGoDuration, parseImageReference, wildcardHostError } from '../../kube';
import type { CatalogCode } from '../codes';
import { exposedHost } from '../exposed-host';
import type { Path, Problem } from '../problem';
import type { ResolvedCluster } from '../resolve';
import type { Catalog } from '../schema';
import type { Suggestions } from './suggestions';
import { forEachText } from './texts';

/** Prometheus' own durations: units in falling order, `d`, `w` and `y` too. @see prometheus/common v0.66 model/time.go */
const PROMETHEUS_DURATION = /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;

/** What is wrong with the catalog as a whole: names that meet, platform, clusters, patches, hosts outside. */
export function catalogProblems(catalog: Catalog, serviceNames: Suggestions): Problem[] {
  return [
    ...duplicates(catalog),
    ...platform(catalog),
    ...clusters(catalog, serviceNames),
    ...externals(catalog),
    ...patches(catalog),
    ...substitutions(catalog),
  ];
}

function duplicates(catalog: Catalog): Problem[] {
  const problems: Problem[] = [];
  const lists = [
    ['services', 'service', 'duplicate-service', catalog.services],
    ['clusters', 'cluster', 'duplicate-cluster', catalog.clusters],
    ['external', 'external host', 'duplicate-external', catalog.external ?? []],
  ] as const;
  for (const [list, word, code, items] of lists) {
    const seen = new Map<string, number>();
    for (const [index, { name }] of items.entries()) {
      const first = seen.get(name);
      if (first === undefined) seen.set(name, index);
      else
        problems.push({
          code,
          path: [list, index, 'name'],
          message: `two ${word}s are named "${name}"; the first is /${list}/${first}`,
          fix: 'rename or remove one',
        });
    }
  }
  return problems;
}

function platform({ platform: facts }: Catalog): Problem[] {
  const problems: Problem[] = [];
  const wrong = (path: Path, code: CatalogCode, error: string | undefined, what: string, fix: string) => {
    if (error) problems.push({ code, path: ['platform', ...path], message: `${what} ${error}`, fix });
  };
  wrong(
    ['namespace'],
    'invalid-name',
    dnsLabelError(facts.namespace),
    `the namespace ${JSON.stringify(facts.namespace)}`,
    'use lower case letters, digits and "-"',
  );
  const registry = parseImageReference(`${facts.registry}/x`);
  wrong(
    ['registry'],
    'invalid-image',
    registry.ok ? undefined : registry.error,
    `the registry ${JSON.stringify(facts.registry)}`,
    'write host and path without a scheme, such as "registry.example.com/shop"',
  );
  const { prometheus = {}, gitops, gateway = {}, alerts, observability = {} } = facts;
  if (prometheus.address !== undefined)
    wrong(
      ['prometheus', 'address'],
      'invalid-address',
      httpError(prometheus.address),
      `the address ${JSON.stringify(prometheus.address)}`,
      'write it like "http://prometheus-prometheus.monitoring:9090"',
    );
  for (const field of ['scrapeInterval', 'retention'] as const) {
    const text = prometheus[field];
    if (text !== undefined)
      wrong(
        ['prometheus', field],
        'invalid-duration',
        text !== '' && PROMETHEUS_DURATION.test(text) ? undefined : 'is not a duration of Prometheus',
        `${field} ${JSON.stringify(text)}`,
        'write it like "15s" or "7d"',
      );
  }
  wrong(
    ['gitops', 'url'],
    'invalid-address',
    /^(https?|ssh):\/\/[^\s/]+\/\S+$/.test(gitops.url) ? undefined : 'is not an https or ssh address',
    `the repository ${JSON.stringify(gitops.url)}`,
    'write it like "https://gitlab.com/group/repository.git" or "ssh://git@host/group/repository.git"',
  );
  if (gitops.path !== undefined)
    wrong(
      ['gitops', 'path'],
      'path-outside',
      gitops.path.startsWith('/') || gitops.path.split('/').includes('..') ? 'leaves the repository' : undefined,
      `the path ${JSON.stringify(gitops.path)}`,
      'write a relative path without ".."',
    );
  if (gitops.branch !== undefined)
    wrong(
      ['gitops', 'branch'],
      'invalid-branch',
      /^[\w][\w./-]*$/.test(gitops.branch) && !gitops.branch.includes('..') ? undefined : 'is not the name of a branch',
      `the branch ${JSON.stringify(gitops.branch)}`,
      'write it like "main"',
    );
  if (gitops.interval !== undefined) {
    const parsed = parseGoDuration(gitops.interval);
    wrong(
      ['gitops', 'interval'],
      'invalid-duration',
      parsed.ok && parsed.value > 0 && /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/.test(gitops.interval)
        ? undefined
        : 'is not a duration',
      `interval ${JSON.stringify(gitops.interval)}`,
      'write it like "1m"',
    );
  }
  const names: [Path, string | undefined][] = [
    [['gitops', 'secretName'], gitops.secretName],
    [['gateway', 'tlsSecretName'], gateway.tlsSecretName],
    [['alerts', 'secretName'], alerts?.secretName],
    [['gateway', 'name'], gateway.name],
  ];
  for (const [path, name] of names)
    if (name !== undefined)
      wrong(
        path,
        'invalid-object-name',
        dnsSubdomainError(name),
        `the name ${JSON.stringify(name)}`,
        'write the name of the object as it is in the cluster',
      );
  if (gateway.namespace !== undefined)
    wrong(
      ['gateway', 'namespace'],
      'invalid-name',
      dnsLabelError(gateway.namespace),
      `the namespace ${JSON.stringify(gateway.namespace)}`,
      'use lower case letters, digits and "-"',
    );
  const taken = [
    'flux-system',
    'istio-system',
    'flagger-system',
    'monitoring',
    'kube-system',
    gateway.namespace ?? 'istio-ingress',
  ];
  wrong(
    ['namespace'],
    'reserved-name',
    taken.includes(facts.namespace) ? 'belongs to the platform' : undefined,
    `the namespace "${facts.namespace}"`,
    'give the services a namespace of their own',
  );
  const sampling = observability.tracingSamplingPercent;
  if (sampling !== undefined)
    wrong(
      ['observability', 'tracingSamplingPercent'],
      'invalid-number',
      sampling >= 0 && sampling <= 100 ? undefined : 'is not a percentage',
      `tracingSamplingPercent ${sampling}`,
      'write a number from 0 to 100',
    );
  for (const [name, version] of Object.entries(facts.versions ?? {}))
    wrong(
      ['versions', name],
      'invalid-version',
      /^\d+\.\d+\.\d+([-+][\w.+-]+)?$/.test(version ?? '') ? undefined : 'is not an exact version',
      `the version ${JSON.stringify(version)} of ${name}`,
      'write it like "1.31.1": dist/ says what runs',
    );
  return problems;
}

function httpError(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not an address';
  const { protocol, hostname } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return 'has no http or https in front';
  return hostname === '' ? 'has no host' : undefined;
}

function clusters(catalog: Catalog, serviceNames: Suggestions): Problem[] {
  const problems: Problem[] = [];
  const names = catalog.clusters.map(({ name }) => name);
  const services = new Map(catalog.services.map((service) => [service.name, service]));
  if (names.length === 0)
    problems.push({
      code: 'no-clusters',
      path: ['clusters'],
      message: 'the catalog has no clusters',
      fix: 'add one: name, domain, flux',
    });
  for (const [index, cluster] of catalog.clusters.entries()) {
    const path = ['clusters', index];
    const nameError = dnsLabelError(cluster.name);
    if (nameError)
      problems.push({
        code: 'invalid-name',
        path: [...path, 'name'],
        message: `the cluster name ${JSON.stringify(cluster.name)} ${nameError}`,
        fix: 'use lower case letters, digits and "-": it becomes a folder',
      });
    const domainError =
      wildcardHostError(cluster.domain) ?? (cluster.domain.startsWith('*') ? 'has a wildcard' : undefined);
    if (domainError)
      problems.push({
        code: 'invalid-host',
        path: [...path, 'domain'],
        message: `the domain ${JSON.stringify(cluster.domain)} ${domainError}`,
        fix: 'write a DNS name such as "example.com"',
      });
    if (cluster.flux.mode === 'gotk') {
      for (const field of ['version', 'size'] as const)
        if (cluster.flux[field] !== undefined)
          problems.push({
            code: 'flux-mode',
            path: [...path, 'flux', field],
            message: `${field} means nothing in mode "gotk"`,
            fix: 'remove it, or use mode "FluxInstance"',
          });
    } else if (cluster.flux.version !== undefined && !/^[\dx*.>=<~^| v-]+$/.test(cluster.flux.version)) {
      problems.push({
        code: 'invalid-version',
        path: [...path, 'flux', 'version'],
        message: `${JSON.stringify(cluster.flux.version)} is not a range of versions`,
        fix: 'write it like "2.9.x"',
      });
    }
    for (const name of Object.keys(cluster.services ?? {})) {
      const at = [...path, 'services', name];
      const service = services.get(name);
      if (!service) {
        const near = serviceNames.nearest(name);
        problems.push({
          code: 'unknown-service',
          path: at,
          key: true,
          message: `no service "${name}" to override`,
          cause: 'Services are named in /services/*/name.',
          nearest: near,
          fix: near ? `write "${near}"` : 'add the service, or remove the override',
        });
      } else if (service.clusters && !service.clusters.includes(cluster.name)) {
        problems.push({
          code: 'service-not-in-cluster',
          path: at,
          key: true,
          message: `"${name}" is overridden here, but does not run in cluster "${cluster.name}"`,
          fix: `add "${cluster.name}" to its clusters, or remove the override`,
        });
      }
    }
  }
  const check = (list: readonly string[] | undefined, path: Path) => {
    for (const [index, name] of (list ?? []).entries()) {
      if (names.includes(name)) continue;
      const near = nearest(name, names);
      problems.push({
        code: 'unknown-cluster',
        path: [...path, index],
        message: `no cluster "${name}"`,
        cause: 'Clusters are named in /clusters/*/name.',
        nearest: near,
        fix: near ? `write "${near}"` : `write one of ${names.map((one) => JSON.stringify(one)).join(', ')}`,
      });
    }
  };
  for (const [index, service] of catalog.services.entries()) {
    check(service.clusters, ['services', index, 'clusters']);
    if (service.clusters?.length === 0)
      problems.push({
        code: 'runs-nowhere',
        path: ['services', index, 'clusters'],
        message: `"${service.name}" runs in no cluster`,
        fix: 'name a cluster, remove the field to run it in all of them, or remove the service',
      });
  }
  for (const [index, patch] of (catalog.patches ?? []).entries()) check(patch.clusters, ['patches', index, 'clusters']);
  return problems;
}

function externals(catalog: Catalog): Problem[] {
  const services = new Set(catalog.services.map(({ name }) => name));
  return (catalog.external ?? []).flatMap((external, index) => {
    const path = ['external', index];
    const problems: Problem[] = [];
    const error =
      dnsLabelError(external.name) ?? (services.has(external.name) ? 'is the name of a service' : undefined);
    if (error)
      problems.push({
        code: 'invalid-name',
        path: [...path, 'name'],
        message: `the name ${JSON.stringify(external.name)} ${error}`,
        fix: 'use a DNS label that no service has',
      });
    if (external.hosts.length === 0)
      problems.push({
        code: 'no-hosts',
        path: [...path, 'hosts'],
        message: `"${external.name}" has no hosts`,
        fix: 'add a host',
      });
    for (const [host, text] of external.hosts.entries()) {
      const hostError = wildcardHostError(text);
      if (hostError)
        problems.push({
          code: 'invalid-host',
          path: [...path, 'hosts', host],
          message: `the host ${JSON.stringify(text)} ${hostError}`,
          fix: 'write a DNS name such as "api.example.com" or "*.example.com"',
        });
    }
    if (external.ports.length === 0)
      problems.push({
        code: 'no-port',
        path: [...path, 'ports'],
        message: `"${external.name}" has no ports`,
        fix: 'add a port',
      });
    const seen = new Set<unknown>();
    for (const [at, { port, name, protocol }] of external.ports.entries()) {
      if (!Number.isInteger(port) || port < 1 || port > 65535)
        problems.push({
          code: 'invalid-port',
          path: [...path, 'ports', at, 'port'],
          message: `port ${port} is not a port`,
          fix: 'write a whole number from 1 to 65535',
        });
      const portName = name ?? `${protocol}-${port}`;
      if (seen.has(port) || seen.has(portName))
        problems.push({
          code: 'duplicate-port',
          path: [...path, 'ports', at],
          message: `"${external.name}" has a port ${port} or a name "${portName}" twice`,
          fix: 'give each port its own number and name',
        });
      seen.add(port).add(portName);
      const nameError = dnsLabelError(portName);
      if (nameError)
        problems.push({
          code: 'invalid-port-name',
          path: [...path, 'ports', at, 'name'],
          message: `the port name ${JSON.stringify(portName)} ${nameError}`,
          fix: 'use lower case letters, digits and "-"',
        });
    }
    for (const [at, address] of (external.addresses ?? []).entries()) {
      if (!/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(address) && !/^[0-9a-f:]+(\/\d{1,3})?$/i.test(address))
        problems.push({
          code: 'invalid-address',
          path: [...path, 'addresses', at],
          message: `${JSON.stringify(address)} is not an IP address`,
          fix: 'write it like "169.254.169.254" or "10.0.0.0/8"',
        });
    }
    return problems;
  });
}

/** The escape hatch is visible: every patch is a note, every bad one an error. */
function patches(catalog: Catalog): Problem[] {
  return (catalog.patches ?? []).flatMap((patch, index) => {
    const path = ['patches', index];
    const problems: Problem[] = [
      {
        code: 'patched-object',
        severity: 'info',
        path,
        message: `${patch.target.kind} "${patch.target.name}" is patched: ${patch.reason}`,
        fix: 'nothing to do; remove the patch when the catalog has a field for it',
      },
    ];
    if (patch.reason.trim() === '')
      problems.push({
        code: 'patch-without-reason',
        path: [...path, 'reason'],
        message: 'a patch has no reason',
        fix: 'say why the catalog cannot do it',
      });
    if (patch.operations.length === 0)
      problems.push({
        code: 'patch-operation',
        path: [...path, 'operations'],
        message: 'a patch has no operations',
        fix: 'add one, or remove the patch',
      });
    for (const [at, operation] of patch.operations.entries()) {
      if (!/^(\/([^~]|~[01])*)+$/.test(operation.path))
        problems.push({
          code: 'patch-operation',
          path: [...path, 'operations', at, 'path'],
          message: `${JSON.stringify(operation.path)} is not a JSON pointer`,
          fix: 'begin with "/"; write "~1" for "/" and "~0" for "~" inside a key',
        });
      if (operation.op !== 'test' && /^\/(apiVersion|kind|metadata(\/(name|namespace))?)$/.test(operation.path))
        problems.push({
          code: 'patch-operation',
          path: [...path, 'operations', at, 'path'],
          message: `a patch may not change ${operation.path}`,
          fix: 'change what the object says, not which object it is',
        });
      if (operation.op !== 'remove' && operation.value === undefined)
        problems.push({
          code: 'patch-operation',
          path: [...path, 'operations', at],
          message: `"${operation.op}" needs a value`,
          fix: 'add value',
        });
    }
    return problems;
  });
}

/** Flux substitutes by default and strictly: a variable that it does not know fails the Kustomization. */
function substitutions(catalog: Catalog): Problem[] {
  const problems: Problem[] = [];
  forEachText(catalog, (text, path) => {
    const found = text.includes('${') ? /\$\{(\w*)/.exec(text) : null;
    if (!found) return;
    problems.push({
      code: 'substitution',
      path: [...path],
      message: `${JSON.stringify(String(path.at(-1)))} contains "\${${found[1]}…", which Flux would substitute`,
      cause: 'Post-build substitution is strict: an unknown variable fails the Kustomization.',
      fix: found[1] ? `write "$${found[1]}" without braces` : 'write it without "${"',
    });
  });
  return problems;
}

/** A host leads to one service of a cluster. */
export function hostProblems(
  cluster: ResolvedCluster,
  origin: (service: ResolvedCluster['services'][number], path: Path) => Path,
): Problem[] {
  const owners = new Map<string, string>();
  return cluster.services.flatMap((service) => {
    if (!service.expose) return [];
    return service.expose.hosts.flatMap((host, index): Problem[] => {
      const whole = exposedHost(host, cluster.cluster.domain);
      const owner = owners.get(whole);
      owners.set(whole, owner ?? service.name);
      if (owner === undefined) return [];
      return [
        {
          code: 'duplicate-host',
          path: origin(service, ['expose', 'hosts', index]),
          message: `the host "${whole}" of "${service.name}" is already that of "${owner}" in cluster "${cluster.name}"`,
          cause: 'Istio merges routes of one host only outside the mesh, and canaries keep the mesh in theirs.',
          fix: 'give each service a host of its own',
        },
      ];
    });
  });
}
