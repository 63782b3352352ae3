import { dnsLabelError, parseImageReference } from '../../kube';
import type { ServiceCheck } from './context';

/** Name of the service's own container. (`MicroserviceRelease` makes it.) */
const MAIN = 'server';

/** Images, names and mounts of the containers before and beside the main one. */
export const checkContainers: ServiceCheck = ({ service }, report) => {
  const taken = new Set([MAIN]);
  const volumes = new Set([
    ...(service.volumes ?? []).map(({ name }) => name),
    ...(service.statefulSet?.volumeClaimTemplates ?? []).map(({ name }) => name),
  ]);
  for (const field of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (service[field] ?? []).entries()) {
      const path = [field, index];
      const image = parseImageReference(container.image);
      if (!image.ok)
        report({
          code: 'invalid-image',
          path: [...path, 'image'],
          message: `the image ${JSON.stringify(container.image)} ${image.error}`,
          fix: 'write registry, path and tag, such as "busybox:1.38.0"',
        });
      else if (!image.value.tag && !image.value.digest)
        report({
          code: 'image-without-version',
          path: [...path, 'image'],
          message: `the image ${JSON.stringify(container.image)} has neither tag nor digest`,
          cause: 'Kubernetes would take "latest", and a new image would start no rollout.',
          fix: `add a tag, such as ${JSON.stringify(`${container.image}:1.2.3`)}, or a digest`,
        });
      const error = dnsLabelError(container.name);
      if (error || taken.has(container.name))
        report({
          code: 'invalid-container-name',
          path: [...path, 'name'],
          message: `the container name ${JSON.stringify(container.name)} ${error ?? 'is taken'}`,
          fix: `give each container its own DNS label; "${MAIN}" is the service itself`,
        });
      taken.add(container.name);
      for (const [position, mount] of (container.mounts ?? []).entries()) {
        if (volumes.has(mount.name)) continue;
        report({
          code: 'unknown-volume',
          path: [...path, 'mounts', position, 'name'],
          message: `the container "${container.name}" mounts "${mount.name}", which is no volume of "${service.name}"`,
          fix:
            volumes.size === 0
              ? `add the volume "${mount.name}" to volumes`
              : `write one of ${[...volumes].map((name) => JSON.stringify(name)).join(', ')}, or add the volume to volumes`,
        });
      }
      for (const [position, { configMap, secret }] of (container.envFrom ?? []).entries()) {
        if ((configMap === undefined) !== (secret === undefined)) continue;
        report({
          code: 'contradicting-keys',
          path: [...path, 'envFrom', position],
          message: `envFrom has ${configMap === undefined ? 'neither configMap nor secret' : 'both configMap and secret'}`,
          fix: 'give it exactly one of configMap and secret',
        });
      }
      const isSidecar = field === 'containers' || (container as { restartPolicy?: string }).restartPolicy === 'Always';
      if (!isSidecar && (container.probes !== undefined || container.lifecycle !== undefined))
        report({
          code: 'init-container-probe',
          path: [...path, container.probes === undefined ? 'lifecycle' : 'probes'],
          message: `the init container "${container.name}" has ${container.probes === undefined ? 'hooks' : 'probes'}`,
          cause: 'Kubernetes refuses them on a container that must end before the next one starts.',
          fix: 'remove them, or set restartPolicy to "Always": it then is a sidecar',
        });
    }
  }
};
