import { allProviders, type TrafficReference } from '../../flagger';

/** The object that carries a provider's traffic, as a Canary names it. */
export interface TrafficRef {
  readonly name: string;
  /** Gloo only. @default the Canary's namespace */
  readonly namespace?: string;
  /** @default the version that Flagger reads */
  readonly apiVersion?: string;
  readonly kind?: string;
}

/** A parent of the HTTPRoute that Flagger writes. */
export interface GatewayRef {
  readonly name: string;
  readonly namespace?: string;
  /** @default 'Gateway' */
  readonly kind?: string;
  /** @default 'gateway.networking.k8s.io' */
  readonly group?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

/**
 * Who shares out the traffic of a canary: one of Flagger's providers, with the reference by which it finds the traffic.
 * @see fluxcd/flagger v1.44 pkg/router/factory.go
 */
export class Provider {
  /** Istio with sidecars: VirtualService and DestinationRules. */
  static istio(): Provider {
    return Provider.of('istio');
  }
  /** The Gateway API. `refs`: gateways, or the Service itself for callers of a mesh. */
  static gatewayApi(options: { readonly refs?: readonly GatewayRef[]; readonly version?: 'v1' | 'v1beta1' } = {}) {
    return new Provider(`gatewayapi:${options.version ?? 'v1'}`, undefined, options.refs);
  }
  /** ingress-nginx. `ingress`: name of the Ingress whose backend is the service. */
  static nginx(options: { readonly ingress: string | TrafficRef }): Provider {
    return Provider.of('nginx', options?.ingress);
  }
  /** Skipper. `ingress`: name of the Ingress whose backend is the service. */
  static skipper(options: { readonly ingress: string | TrafficRef }): Provider {
    return Provider.of('skipper', options?.ingress);
  }
  /** APISIX. `route`: name of the ApisixRoute whose backend is the service. */
  static apisix(options: { readonly route: string | TrafficRef }): Provider {
    return Provider.of('apisix', options?.route);
  }
  /** Gloo Edge. `upstream`: an Upstream whose settings are copied. */
  static gloo(options: { readonly upstream?: string | TrafficRef } = {}): Provider {
    return Provider.of('gloo', options.upstream);
  }
  /** Contour: an HTTPProxy that one of your own includes. */
  static contour(): Provider {
    return Provider.of('contour');
  }
  /** Traefik: a TraefikService to which an IngressRoute of your own leads. */
  static traefik(): Provider {
    return Provider.of('traefik');
  }
  static kuma(): Provider {
    return Provider.of('kuma');
  }
  /** Linkerd by TrafficSplit (extension linkerd-smi); with newer installations use `gatewayApi` and the Service as parent. */
  static linkerd(): Provider {
    return Provider.of('linkerd');
  }
  /** A mesh of the Service Mesh Interface. */
  static smi(options: { readonly version?: 'v1alpha1' | 'v1alpha2' | 'v1alpha3' } = {}): Provider {
    return Provider.of(`smi:${options.version ?? 'v1alpha2'}`);
  }
  static osm(): Provider {
    return Provider.of('osm');
  }
  static appMesh(options: { readonly version?: 'v1beta1' | 'v1beta2' } = {}): Provider {
    return Provider.of(options.version === 'v1beta1' ? 'appmesh' : 'appmesh:v1beta2');
  }
  /** Knative: revisions of the Service that is the target. */
  static knative(): Provider {
    return Provider.of('knative');
  }
  /** Nothing routes: Blue/Green by switching the Service. */
  static kubernetes(): Provider {
    return Provider.of('kubernetes');
  }
  /**
   * The provider of Flagger's installation: nothing is written into the Canary. `value` says which it is, for the checks; without
   * it they leave out what depends on the provider.
   */
  static installed(
    value?: string,
    options: { readonly refs?: readonly GatewayRef[]; readonly reference?: string | TrafficRef } = {},
  ): Provider {
    const { reference, refs } = options;
    return new Provider(undefined, typeof reference === 'string' ? { name: reference } : reference, refs, value);
  }
  /** A value of `spec.provider` as it stands in a manifest. */
  static of(value: string, reference?: string | TrafficRef, refs?: readonly GatewayRef[]): Provider {
    return new Provider(value, typeof reference === 'string' ? { name: reference } : reference, refs);
  }

  private constructor(
    /** What `spec.provider` gets; undefined: nothing. */
    readonly value: string | undefined,
    readonly reference: TrafficRef | undefined,
    readonly gatewayRefs: readonly GatewayRef[] | undefined,
    /** What the installation has, where somebody said it. */
    readonly installed?: string,
  ) {}

  /** The field of `spec` that gets the reference, and what it is by default. */
  get referenceField(): TrafficReference | undefined {
    const value = this.value ?? this.installed;
    return value === undefined ? undefined : allProviders.find(({ takes }) => takes(value))?.reference;
  }
}
