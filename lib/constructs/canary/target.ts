import type { CanariedRelease } from './canaried-release';

/** Something with a name: a Deployment of cdk8s-plus, an ApiObject. */
export interface Named {
  readonly name: string;
}

const nameOf = (target: string | Named): string => (typeof target === 'string' ? target : target.name);

/** What is rolled out. @see fluxcd/flagger v1.44 pkg/apis/flagger/v1beta1/canary.go LocalObjectReference */
export class Target {
  /** A release of this package: its name, namespace, port and autoscaler come with it. */
  static release(release: CanariedRelease): Target {
    return new Target('apps/v1', release.kind === 'daemonset' ? 'DaemonSet' : 'Deployment', release.name, release);
  }
  /** A Deployment by name, or one of cdk8s-plus. */
  static deployment(deployment: string | Named, options: { readonly apiVersion?: string } = {}): Target {
    return new Target(options.apiVersion ?? 'apps/v1', 'Deployment', nameOf(deployment));
  }
  static daemonSet(daemonSet: string | Named, options: { readonly apiVersion?: string } = {}): Target {
    return new Target(options.apiVersion ?? 'apps/v1', 'DaemonSet', nameOf(daemonSet));
  }
  /** A Service of Knative; goes with `Provider.knative()`. */
  static knativeService(service: string | Named, options: { readonly apiVersion?: string } = {}): Target {
    return new Target(options.apiVersion ?? 'serving.knative.dev/v1', 'Service', nameOf(service));
  }
  /** A Service of Kubernetes: Flagger watches nothing and makes no primary; the rollout is started from outside. */
  static service(service: string | Named): Target {
    return new Target('v1', 'Service', nameOf(service));
  }
  /** A reference as it stands in a manifest. */
  static of(reference: { readonly apiVersion: string; readonly kind: string; readonly name: string }): Target {
    return new Target(reference.apiVersion, reference.kind, reference.name);
  }

  private constructor(
    readonly apiVersion: string,
    readonly kind: string,
    readonly name: string,
    readonly fromRelease?: CanariedRelease,
  ) {}
}

/** How the autoscaler's copy for the primary differs. */
export interface ScalerOptions {
  /** Bounds of the copy for the primary. @default those of the original */
  readonly primaryScalerReplicas?: { readonly minReplicas?: number; readonly maxReplicas?: number };
  /** KEDA: queries of the primary's triggers, by trigger name. */
  readonly primaryScalerQueries?: Readonly<Record<string, string>>;
  readonly apiVersion?: string;
}

/** The autoscaler of the target, which Flagger copies for the primary. */
export class Autoscaler {
  static hpa(hpa: string | Named, options: ScalerOptions = {}): Autoscaler {
    return new Autoscaler(options.apiVersion ?? 'autoscaling/v2', 'HorizontalPodAutoscaler', nameOf(hpa), options);
  }
  /** Of KEDA. Name the triggers and give `primaryScalerQueries`, else Flagger replaces names in the queries. */
  static scaledObject(scaledObject: string | Named, options: ScalerOptions = {}): Autoscaler {
    return new Autoscaler(options.apiVersion ?? 'keda.sh/v1alpha1', 'ScaledObject', nameOf(scaledObject), options);
  }
  /** A reference as it stands in a manifest. */
  static of(
    reference: { readonly apiVersion: string; readonly kind: string; readonly name: string } & ScalerOptions,
  ): Autoscaler {
    return new Autoscaler(reference.apiVersion, reference.kind, reference.name, reference);
  }

  readonly primaryScalerReplicas: ScalerOptions['primaryScalerReplicas'];
  readonly primaryScalerQueries: ScalerOptions['primaryScalerQueries'];

  private constructor(
    readonly apiVersion: string,
    readonly kind: string,
    readonly name: string,
    options: ScalerOptions,
  ) {
    this.primaryScalerReplicas = options.primaryScalerReplicas;
    this.primaryScalerQueries = options.primaryScalerQueries;
  }
}
