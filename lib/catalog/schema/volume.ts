import * as z from 'zod';
import { mountSchema } from './container';
import { later, number, text } from './field';

const flag = (description: string) => z.boolean().register(z.globalRegistry, { description });
const map = (description: string) => z.record(z.string(), z.string()).register(z.globalRegistry, { description });

const defaultMode = number('Mode of the files, in decimal. Default: 420, which is 0644.').optional();
const items = later(() =>
  z
    .array(
      z
        .strictObject({
          key: text('Key of the object.'),
          path: text('Path below the mount.'),
          mode: number('Mode of the file, in decimal. Default: defaultMode.').optional(),
        })
        .register(z.globalRegistry, { description: 'One key as a file.' }),
    )
    .register(z.globalRegistry, { description: 'Which keys become which files. Default: all.' }),
).optional();
const optional = flag('Start without it. Default: false.').optional();
const downwardItems = later(() =>
  z
    .array(
      z
        .strictObject({
          path: text('Path below the mount.'),
          fieldRef: z
            .strictObject({ fieldPath: text('Field of the pod.'), apiVersion: text('Default: `v1`.').optional() })
            .register(z.globalRegistry, { description: 'A field of the pod.' })
            .optional(),
          resourceFieldRef: z
            .strictObject({
              containerName: text('Container.').optional(),
              resource: text('What it asks for.', 'limits.memory'),
              divisor: text('Unit. Default: 1.').optional(),
            })
            .register(z.globalRegistry, { description: 'What a container asks for.' })
            .optional(),
          mode: number('Mode of the file, in decimal.').optional(),
        })
        .register(z.globalRegistry, { description: 'One file.' }),
    )
    .register(z.globalRegistry, { description: 'Files.' }),
).optional();

/** An item of `volumes`: exactly one source, and where it is mounted. */
export const volumeSchema = later(() =>
  z
    .strictObject({
      name: text('DNS label, unique in the service.'),
      mountPath: text(
        'Absolute path in the main container. Default: not mounted there by this field.',
        '/data',
      ).optional(),
      readOnly: flag('Default: false.').optional(),
      subPath: text('Path inside the volume. Default: its root.').optional(),
      subPathExpr: text('The same with variables of the container. Not beside subPath.').optional(),
      mountPropagation: z
        .enum(['None', 'HostToContainer', 'Bidirectional'])
        .register(z.globalRegistry, { description: 'Whether mounts of the node are seen. Default: `None`.' })
        .optional(),
      mounts: z
        .array(mountSchema.omit({ name: true }).register(z.globalRegistry, { description: 'One more place.' }))
        .register(z.globalRegistry, { description: 'Further places in the main container.' })
        .optional(),
      emptyDir: z
        .strictObject({
          medium: text('`Memory` for memory instead of the disk.', 'Memory').optional(),
          sizeLimit: text('Most that it may hold, a quantity.', '64Mi').optional(),
        })
        .register(z.globalRegistry, { description: 'An empty folder that lives as long as the pod.' })
        .optional(),
      configMap: z
        .strictObject({ name: text('Name of the ConfigMap.'), optional, items, defaultMode })
        .register(z.globalRegistry, { description: 'A ConfigMap that exists.' })
        .optional(),
      secret: z
        .strictObject({ secretName: text('Name of the Secret.'), optional, items, defaultMode })
        .register(z.globalRegistry, { description: 'A Secret that exists.' })
        .optional(),
      persistentVolumeClaim: z
        .strictObject({ claimName: text('Name of the claim.'), readOnly: flag('Default: false.').optional() })
        .register(z.globalRegistry, { description: 'A claim that exists.' })
        .optional(),
      hostPath: z
        .strictObject({ path: text('Path on the node.'), type: text('What must be there.', 'Directory').optional() })
        .register(z.globalRegistry, {
          description: 'A path of the node. Pod Security `baseline` and `restricted` refuse it.',
        })
        .optional(),
      projected: z
        .strictObject({
          sources: z
            .array(
              z
                .strictObject({
                  configMap: z
                    .strictObject({ name: text('Name.'), optional, items })
                    .register(z.globalRegistry, { description: 'A ConfigMap.' })
                    .optional(),
                  secret: z
                    .strictObject({ name: text('Name.'), optional, items })
                    .register(z.globalRegistry, { description: 'A Secret.' })
                    .optional(),
                  serviceAccountToken: z
                    .strictObject({
                      path: text('Path below the mount.'),
                      audience: text('For whom. Default: the API server.').optional(),
                      expirationSeconds: number('Default: 3600.').optional(),
                    })
                    .register(z.globalRegistry, { description: 'A token of the account.' })
                    .optional(),
                  downwardAPI: z
                    .strictObject({ items: downwardItems })
                    .register(z.globalRegistry, { description: 'Fields of the pod.' })
                    .optional(),
                  clusterTrustBundle: z
                    .strictObject({
                      path: text('Path below the mount.'),
                      name: text('Name.').optional(),
                      signerName: text('Signer.').optional(),
                      optional,
                    })
                    .register(z.globalRegistry, { description: 'Certificates that the cluster trusts.' })
                    .optional(),
                })
                .register(z.globalRegistry, { description: 'Exactly one of them.' }),
            )
            .register(z.globalRegistry, { description: 'Sources, in order.' }),
          defaultMode,
        })
        .register(z.globalRegistry, { description: 'Several objects in one folder.' })
        .optional(),
      downwardAPI: z
        .strictObject({ items: downwardItems, defaultMode })
        .register(z.globalRegistry, { description: 'Fields of the pod as files.' })
        .optional(),
      csi: z
        .strictObject({
          driver: text('Name of the driver.', 'secrets-store.csi.k8s.io'),
          readOnly: flag('Default: false.').optional(),
          fsType: text('File system.').optional(),
          volumeAttributes: map("The driver's own.").optional(),
          nodePublishSecretRef: z
            .strictObject({ name: text('Name of a Secret.') })
            .register(z.globalRegistry, { description: 'Credentials of the driver.' })
            .optional(),
        })
        .register(z.globalRegistry, { description: 'A volume of a CSI driver.' })
        .optional(),
      nfs: z
        .strictObject({
          server: text('Host.'),
          path: text('Path of the server.'),
          readOnly: flag('Default: false.').optional(),
        })
        .register(z.globalRegistry, { description: 'A folder of an NFS server.' })
        .optional(),
      ephemeral: z
        .strictObject({
          volumeClaimTemplate: z
            .strictObject({
              metadata: z
                .strictObject({ labels: map('Labels.').optional(), annotations: map('Annotations.').optional() })
                .register(z.globalRegistry, { description: 'Of the claim.' })
                .optional(),
              spec: z
                .record(z.string(), z.unknown())
                .register(z.globalRegistry, { description: "The claim's spec, as Kubernetes has it." }),
            })
            .register(z.globalRegistry, { description: 'The claim.' }),
        })
        .register(z.globalRegistry, { description: 'A claim that lives as long as the pod.' })
        .optional(),
      image: z
        .strictObject({ reference: text('Image reference.'), pullPolicy: text('When it is pulled.').optional() })
        .register(z.globalRegistry, { description: 'The files of an image.' })
        .optional(),
    })
    .register(z.globalRegistry, { description: 'A volume and where it is mounted; exactly one source.' }),
);
