import {
  configKeyError,
  dnsLabelError,
  dnsSubdomainError,
  imageDigestError,
  imageTagError,
  labelValueError,
  parseImageReference,
  qualifiedNameError,
  serviceNameError,
} from '../../kube';
import type { Path } from '../problem';
import type { ServiceCheck } from './context';

export const checkImages: ServiceCheck = ({ service, cluster }, report) => {
  const { repository, tag, digest } = service.image ?? {};
  const name = repository ?? `${cluster.platform.registry}/${service.name}`;
  const parsed = parseImageReference(name);
  if (
    !parsed.ok &&
    repository === undefined &&
    (serviceNameError(service.name) || !parseImageReference(`${cluster.platform.registry}/x`).ok)
  ) {
    // The name or the registry is the cause, and has its own finding.
  } else if (!parsed.ok) {
    report({
      code: 'invalid-image',
      path: repository === undefined ? ['image'] : ['image', 'repository'],
      message: `the image ${JSON.stringify(name)} ${parsed.error}`,
      fix: 'write registry and path in lower case, such as "registry.example.com/shop/cart"',
    });
  } else if (parsed.value.tag || parsed.value.digest) {
    report({
      code: 'invalid-image',
      path: ['image', 'repository'],
      message: `the repository ${JSON.stringify(name)} carries a tag or a digest`,
      fix: 'put them into image.tag and image.digest',
    });
  }
  const tagError = tag === undefined ? undefined : imageTagError(tag);
  if (tagError)
    report({
      code: 'invalid-image',
      path: ['image', 'tag'],
      message: `the image ${tagError}`,
      fix: 'use letters, digits, "_", "." and "-", at most 128',
    });
  const digestError = digest === undefined ? undefined : imageDigestError(digest);
  if (digestError)
    report({
      code: 'invalid-image',
      path: ['image', 'digest'],
      message: `the image ${digestError}`,
      fix: 'write "sha256:" and 64 hexadecimal digits',
    });
  if (tag === undefined && digest === undefined) {
    report({
      code: 'image-without-version',
      path: ['image'],
      message: `the image of "${service.name}" has neither tag nor digest`,
      cause: 'Kubernetes would take "latest", and a new image would start no rollout.',
      fix: 'add image.tag or image.digest',
    });
  }
  for (const [index, init] of (service.initContainers ?? []).entries()) {
    const image = parseImageReference(init.image);
    if (!image.ok)
      report({
        code: 'invalid-image',
        path: ['initContainers', index, 'image'],
        message: `the image ${JSON.stringify(init.image)} ${image.error}`,
        fix: 'write registry, path and tag, such as "busybox:1.38.0"',
      });
    const error = dnsLabelError(init.name);
    const twice =
      init.name === 'server' ||
      (service.initContainers ?? []).findIndex(({ name: other }) => other === init.name) !== index;
    if (error || twice)
      report({
        code: 'invalid-container-name',
        path: ['initContainers', index, 'name'],
        message: `the container name ${JSON.stringify(init.name)} ${error ?? 'is taken'}`,
        fix: 'give each container its own DNS label; "server" is the service itself',
      });
  }
};

export const checkScaling: ServiceCheck = ({ service }, report) => {
  const { autoscaling, replicas, disruptionBudget: budget, canary } = service;
  const whole = (path: Path, value: number | undefined, least: number) => {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= 2_147_483_647)) return;
    report({
      code: 'invalid-number',
      path,
      message: `${path.at(-1)} cannot be ${value}`,
      fix: `write a whole number from ${least} on`,
    });
  };
  whole(['replicas'], replicas, 0);
  whole(['terminationGracePeriodSeconds'], service.terminationGracePeriodSeconds, 0);
  whole(['progressDeadlineSeconds'], service.progressDeadlineSeconds, 1);
  for (const field of ['runAsUser', 'runAsGroup', 'fsGroup'] as const)
    whole(['securityContext', field], service.securityContext?.[field], 0);
  if (service.securityContext?.runAsUser === 0)
    report({
      code: 'runs-as-root',
      path: ['securityContext', 'runAsUser'],
      message: `"${service.name}" would run as root`,
      cause: 'The namespace enforces Pod Security "restricted", which refuses it.',
      fix: 'use a user from 1 on that the image can run as',
    });
  if (canary && replicas === 0)
    report({
      code: 'no-replicas',
      path: ['replicas'],
      message: `"${service.name}" has a canary and no pods`,
      cause: 'Flagger would promote nothing.',
      fix: 'set replicas to 1 or more, or switch the canary off',
    });
  if (autoscaling) {
    if (replicas !== undefined)
      report({
        code: 'replicas-and-autoscaling',
        path: ['replicas'],
        message: `"${service.name}" has both replicas and autoscaling`,
        cause: 'Flux and the autoscaler would undo each other.',
        fix: 'keep one; autoscaling: false switches an inherited one off',
      });
    whole(['autoscaling', 'minReplicas'], autoscaling.minReplicas, 1);
    whole(['autoscaling', 'maxReplicas'], autoscaling.maxReplicas, 1);
    whole(['autoscaling', 'cpuUtilizationPercent'], autoscaling.cpuUtilizationPercent, 1);
    whole(['autoscaling', 'memoryUtilizationPercent'], autoscaling.memoryUtilizationPercent, 1);
    whole(['autoscaling', 'scaleDownStabilizationSeconds'], autoscaling.scaleDownStabilizationSeconds, 0);
    if ((autoscaling.scaleDownStabilizationSeconds ?? 0) > 3600)
      report({
        code: 'invalid-number',
        path: ['autoscaling', 'scaleDownStabilizationSeconds'],
        message: 'scaleDownStabilizationSeconds is above 3600',
        fix: 'write at most 3600',
      });
    if (autoscaling.minReplicas > autoscaling.maxReplicas)
      report({
        code: 'min-above-max',
        path: ['autoscaling', 'minReplicas'],
        message: `minReplicas ${autoscaling.minReplicas} is above maxReplicas ${autoscaling.maxReplicas}`,
        fix: 'lower minReplicas or raise maxReplicas',
      });
  }
  const bounds = canary ? canary.primaryScalerReplicas : undefined;
  if (bounds) {
    whole(['canary', 'primaryScalerReplicas', 'minReplicas'], bounds.minReplicas, 1);
    whole(['canary', 'primaryScalerReplicas', 'maxReplicas'], bounds.maxReplicas, 1);
    const min = bounds.minReplicas ?? (autoscaling || undefined)?.minReplicas ?? 1;
    const max = bounds.maxReplicas ?? (autoscaling || undefined)?.maxReplicas;
    if (max !== undefined && min > max)
      report({
        code: 'min-above-max',
        path: ['canary', 'primaryScalerReplicas'],
        message: `the primary's minReplicas ${min} is above its maxReplicas ${max}`,
        fix: 'set both, minReplicas not above maxReplicas',
      });
    if (!autoscaling && (replicas ?? 1) <= 1)
      report({
        code: 'no-autoscaler',
        path: ['canary', 'primaryScalerReplicas'],
        message: `"${service.name}" has primaryScalerReplicas but no autoscaler`,
        fix: 'add autoscaling, or remove primaryScalerReplicas',
      });
  }
  if (!budget) return;
  const given = [budget.minAvailable, budget.maxUnavailable].filter((value) => value !== undefined);
  if (given.length !== 1)
    report({
      code: 'disruption-budget',
      path: ['disruptionBudget'],
      message: 'a disruption budget has exactly one of minAvailable and maxUnavailable',
      fix: 'keep one of them',
    });
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const value = budget[field];
    if (
      value === undefined ||
      (typeof value === 'number'
        ? Number.isInteger(value) && value >= 0
        : /^\d+%$/.test(value) && Number.parseInt(value, 10) <= 100)
    )
      continue;
    report({
      code: 'disruption-budget',
      path: ['disruptionBudget', field],
      message: `${field} cannot be ${JSON.stringify(value)}`,
      fix: 'write a whole number, or a percentage such as "50%"',
    });
  }
};

export const checkProbes: ServiceCheck = ({ service }, report) => {
  const ports = service.ports ?? [];
  const numbers = ports.map(({ port, targetPort }) => targetPort ?? port);
  const names = ports.map(
    ({ name, protocol }, index) =>
      name ??
      (ports.findIndex((other) => (other.name ?? other.protocol) === protocol) === index
        ? protocol
        : `${protocol}-${ports[index]!.port}`),
  );
  for (const [kind, probe] of Object.entries(service.probes ?? {})) {
    if (!probe) continue;
    const path = ['probes', kind];
    const handlers = (['http', 'grpc', 'tcp', 'exec'] as const).filter((handler) => probe[handler] !== undefined);
    if (handlers.length !== 1)
      report({
        code: 'probe-handler',
        path,
        message: `the ${kind} probe has ${handlers.length === 0 ? 'no handler' : handlers.join(' and ')}`,
        fix: 'give it exactly one of http, grpc, tcp, exec',
      });
    for (const handler of handlers) {
      if (handler === 'exec') {
        if (probe.exec?.command.length === 0)
          report({
            code: 'probe-handler',
            path: [...path, 'exec', 'command'],
            message: `the ${kind} probe has an empty command`,
            fix: 'write the command as a list of texts',
          });
        continue;
      }
      const port = probe[handler]?.port;
      if (port === undefined) {
        if (ports.length === 0)
          report({
            code: 'no-port',
            path: [...path, handler],
            message: `the ${kind} probe has no port, and "${service.name}" has none either`,
            fix: 'add ports to the service, or a port number to the probe',
          });
      } else if (
        typeof port === 'string' ? !names.includes(port) : !Number.isInteger(port) || port < 1 || port > 65535
      ) {
        report({
          code: 'unknown-port',
          path: [...path, handler, 'port'],
          message: `the ${kind} probe names the port ${JSON.stringify(port)}, which "${service.name}" does not have`,
          fix: `write one of ${[...numbers, ...names].map((one) => JSON.stringify(one)).join(', ')}`,
        });
      }
    }
    if (probe.http && !probe.http.path.startsWith('/'))
      report({
        code: 'probe-path',
        path: [...path, 'http', 'path'],
        message: `the ${kind} probe's path ${JSON.stringify(probe.http.path)} does not begin with "/"`,
        fix: `write "/${probe.http.path}"`,
      });
    for (const header of Object.keys(probe.http?.headers ?? {})) {
      if (!/^[-A-Za-z0-9]+$/.test(header))
        report({
          code: 'probe-header',
          path: [...path, 'http', 'headers', header],
          key: true,
          message: `${JSON.stringify(header)} is not the name of an HTTP header`,
          fix: 'use letters, digits and "-"',
        });
    }
    const least = {
      initialDelaySeconds: 0,
      periodSeconds: 1,
      timeoutSeconds: 1,
      successThreshold: 1,
      failureThreshold: 1,
    } as const;
    for (const [field, from] of Object.entries(least) as [keyof typeof least, number][]) {
      const value = probe[field];
      const one = field === 'successThreshold' && kind !== 'readiness';
      if (value === undefined || (Number.isInteger(value) && value >= from && (!one || value === 1))) continue;
      report({
        code: 'invalid-number',
        path: [...path, field],
        message: `${field} of the ${kind} probe cannot be ${value}`,
        fix: one ? 'write 1: Kubernetes takes nothing else here' : `write a whole number from ${from} on`,
      });
    }
  }
};

/** The ConfigMap of a config entry: its name stays when other entries come and go. (`MicroserviceRelease` makes the same.) */
export function configMapName(service: string, mountPath: string): string {
  const slug = mountPath
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${service}-${slug || 'config'}`;
}

export const checkVolumes: ServiceCheck = ({ service }, report) => {
  const names = new Set<string>();
  const paths = new Set<string>();
  const mount = (mountPath: string, path: Path) => {
    if (!mountPath.startsWith('/') || mountPath.includes(':') || mountPath.split('/').includes('..')) {
      report({
        code: 'mount-path',
        path,
        message: `the mount path ${JSON.stringify(mountPath)} is not an absolute path`,
        fix: 'begin with "/", without ":" and ".."',
      });
    } else if (paths.has(mountPath))
      report({
        code: 'duplicate-mount',
        path,
        message: `two volumes are mounted at ${JSON.stringify(mountPath)}`,
        fix: 'give each its own folder',
      });
    paths.add(mountPath);
  };
  for (const [index, volume] of (service.volumes ?? []).entries()) {
    const path = ['volumes', index];
    const error = dnsLabelError(volume.name);
    if (error)
      report({
        code: 'invalid-volume-name',
        path: [...path, 'name'],
        message: `the volume name ${JSON.stringify(volume.name)} ${error}`,
        fix: 'use a DNS label',
      });
    if (names.has(volume.name))
      report({
        code: 'duplicate-volume',
        path: [...path, 'name'],
        message: `two volumes are named "${volume.name}"`,
        fix: 'give each volume its own name',
      });
    names.add(volume.name);
    mount(volume.mountPath, [...path, 'mountPath']);
    if (volume.subPath !== undefined && (volume.subPath.startsWith('/') || volume.subPath.split('/').includes('..')))
      report({
        code: 'mount-path',
        path: [...path, 'subPath'],
        message: `subPath ${JSON.stringify(volume.subPath)} leaves the volume`,
        fix: 'write a relative path without ".."',
      });
    const sources = (['emptyDir', 'configMap', 'secret', 'persistentVolumeClaim'] as const).filter(
      (source) => volume[source] !== undefined,
    );
    if (sources.length !== 1)
      report({
        code: 'volume-source',
        path,
        message: `the volume "${volume.name}" has ${sources.length === 0 ? 'no source' : sources.join(' and ')}`,
        fix: 'give it exactly one of emptyDir, configMap, secret, persistentVolumeClaim',
      });
    const object = volume.configMap?.name ?? volume.secret?.secretName ?? volume.persistentVolumeClaim?.claimName;
    const objectError = object === undefined ? undefined : dnsSubdomainError(object);
    if (objectError)
      report({
        code: 'invalid-object-name',
        path: [...path, sources[0]!],
        message: `the name ${JSON.stringify(object)} ${objectError}`,
        fix: 'write the name of the object as it is in the cluster',
      });
  }
  for (const [index, config] of (service.config ?? []).entries()) {
    const path = ['config', index];
    mount(config.mountPath, [...path, 'mountPath']);
    const name = configMapName(service.name, config.mountPath);
    if (name.length > 63)
      report({
        code: 'name-too-long',
        path: [...path, 'mountPath'],
        message: `the ConfigMap "${name}" would have ${name.length} characters`,
        fix: 'mount it at a shorter path',
      });
    if (names.has(name))
      report({
        code: 'duplicate-volume',
        path: [...path, 'mountPath'],
        message: `two config entries become the ConfigMap "${name}"`,
        fix: 'put their files into one entry, or mount them at clearly different paths',
      });
    names.add(name);
    if (Object.keys(config.files).length === 0)
      report({
        code: 'no-files',
        path: [...path, 'files'],
        message: 'a config entry has no files',
        fix: 'add a file, or remove the entry',
      });
    let bytes = 0;
    for (const [file, content] of Object.entries(config.files)) {
      const error = configKeyError(file);
      if (error)
        report({
          code: 'invalid-config-key',
          path: [...path, 'files', file],
          key: true,
          message: `the file name ${JSON.stringify(file)} ${error}`,
          fix: 'use letters, digits, "-", "_" and "."; a folder is another entry',
        });
      bytes += file.length + Buffer.byteLength(content);
    }
    if (bytes > 1_048_576)
      report({
        code: 'config-too-large',
        path: [...path, 'files'],
        message: `the files have ${bytes} bytes together; a ConfigMap may have 1048576`,
        fix: 'put large files into the image or a volume',
      });
  }
};

export const checkScheduling: ServiceCheck = ({ service }, report) => {
  for (const [key, value] of Object.entries(service.nodeSelector ?? {})) {
    const error = qualifiedNameError(key) ?? labelValueError(value);
    if (error)
      report({
        code: 'invalid-label',
        path: ['nodeSelector', key],
        message: `the node label ${key}: ${JSON.stringify(value)} ${error}`,
        fix: 'write the label as it is on the node',
      });
  }
  for (const [index, toleration] of (service.tolerations ?? []).entries()) {
    const { key, operator = 'Equal', value, effect, tolerationSeconds } = toleration;
    const path = ['tolerations', index];
    if (key === undefined && operator !== 'Exists')
      report({
        code: 'toleration',
        path,
        message: 'a toleration without a key needs the operator "Exists"',
        fix: 'add a key, or operator "Exists" to tolerate everything',
      });
    if (operator === 'Exists' && value !== undefined)
      report({
        code: 'toleration',
        path: [...path, 'value'],
        message: 'a toleration with operator "Exists" has no value',
        fix: 'remove the value, or use operator "Equal"',
      });
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      report({
        code: 'toleration',
        path: [...path, 'tolerationSeconds'],
        message: 'tolerationSeconds needs the effect "NoExecute"',
        fix: 'set effect "NoExecute", or remove tolerationSeconds',
      });
    const keyError = key === undefined ? undefined : qualifiedNameError(key);
    if (keyError)
      report({
        code: 'toleration',
        path: [...path, 'key'],
        message: `the key ${JSON.stringify(key)} ${keyError}`,
        fix: 'write the key of the taint',
      });
    const valueError = value === undefined ? undefined : labelValueError(value);
    if (valueError)
      report({
        code: 'toleration',
        path: [...path, 'value'],
        message: `the value ${JSON.stringify(value)} ${valueError}`,
        fix: 'write the value of the taint',
      });
  }
  const seen = new Set<string>();
  for (const [index, spread] of (service.topologySpread ?? []).entries()) {
    const path = ['topologySpread', index];
    if (!Number.isInteger(spread.maxSkew) || spread.maxSkew < 1)
      report({
        code: 'invalid-number',
        path: [...path, 'maxSkew'],
        message: `maxSkew cannot be ${spread.maxSkew}`,
        fix: 'write a whole number from 1 on',
      });
    if (
      spread.minDomains !== undefined &&
      (spread.whenUnsatisfiable !== 'DoNotSchedule' || !Number.isInteger(spread.minDomains) || spread.minDomains < 1)
    )
      report({
        code: 'topology-spread',
        path: [...path, 'minDomains'],
        message: 'minDomains is a whole number from 1 on, and needs whenUnsatisfiable "DoNotSchedule"',
        fix: 'set "DoNotSchedule", or remove minDomains',
      });
    const error = qualifiedNameError(spread.topologyKey);
    if (error)
      report({
        code: 'topology-spread',
        path: [...path, 'topologyKey'],
        message: `the topologyKey ${JSON.stringify(spread.topologyKey)} ${error}`,
        fix: 'write a node label such as "topology.kubernetes.io/zone"',
      });
    const id = `${spread.topologyKey} ${spread.whenUnsatisfiable}`;
    if (seen.has(id))
      report({
        code: 'topology-spread',
        path,
        message: `two constraints spread over "${spread.topologyKey}" with "${spread.whenUnsatisfiable}"`,
        fix: 'keep one of them',
      });
    seen.add(id);
  }
};
