import { VOLUME_SOURCES } from '../../kube';
import type { MountProps } from './container';

/** Keys of an object as files. */
export interface KeyToPath {
  readonly key: string;
  /** Path below the mount. */
  readonly path: string;
  /** Mode of the file, in decimal or as Kubernetes has it in JSON. */
  readonly mode?: number;
}

/** A volume; exactly one source. Sources have Kubernetes' own fields, under its names. */
export interface VolumeProps {
  readonly name: string;
  /** Where the main container mounts it. @default nowhere by this field */
  readonly mountPath?: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
  readonly subPathExpr?: string;
  readonly mountPropagation?: MountProps['mountPropagation'];
  /** Further places in the main container. */
  readonly mounts?: readonly Omit<MountProps, 'name'>[];
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string };
  readonly configMap?: {
    readonly name: string;
    readonly optional?: boolean;
    readonly items?: readonly KeyToPath[];
    readonly defaultMode?: number;
  };
  readonly secret?: {
    readonly secretName: string;
    readonly optional?: boolean;
    readonly items?: readonly KeyToPath[];
    readonly defaultMode?: number;
  };
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly hostPath?: { readonly path: string; readonly type?: string };
  readonly projected?: { readonly sources: readonly object[]; readonly defaultMode?: number };
  readonly downwardAPI?: { readonly items?: readonly object[]; readonly defaultMode?: number };
  readonly csi?: {
    readonly driver: string;
    readonly readOnly?: boolean;
    readonly fsType?: string;
    readonly volumeAttributes?: Readonly<Record<string, string>>;
    readonly nodePublishSecretRef?: { readonly name: string };
  };
  readonly nfs?: { readonly server: string; readonly path: string; readonly readOnly?: boolean };
  readonly ephemeral?: { readonly volumeClaimTemplate: object };
  readonly image?: { readonly reference: string; readonly pullPolicy?: string };
}

/** The volume as the pod has it. */
export function volumeOf(props: VolumeProps): Record<string, unknown> {
  return Object.fromEntries([['name', props.name], ...VOLUME_SOURCES.map((source) => [source, props[source]])]);
}

/** Its mounts in the main container. */
export function mountsOf(
  props: Pick<
    VolumeProps,
    'name' | 'mountPath' | 'readOnly' | 'subPath' | 'subPathExpr' | 'mountPropagation' | 'mounts'
  >,
): Record<string, unknown>[] {
  const { name, mountPath, readOnly, subPath, subPathExpr, mountPropagation, mounts = [] } = props;
  return [
    ...(mountPath === undefined ? [] : [{ name, mountPath, readOnly, subPath, subPathExpr, mountPropagation }]),
    ...mounts.map((mount) => ({ name, ...mount })),
  ];
}
