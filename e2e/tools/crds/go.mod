module aviary/e2e/crds

go 1.26.0

// Nothing is built of these: their folders hold the CustomResourceDefinitions.
require (
	github.com/controlplaneio-fluxcd/flux-operator v0.58.0
	github.com/fluxcd/flagger v1.44.0
	github.com/fluxcd/helm-controller v1.6.0
	github.com/fluxcd/kustomize-controller v1.9.4
	github.com/fluxcd/source-controller v1.9.4
	github.com/prometheus-operator/prometheus-operator v0.92.0
	istio.io/api v1.31.0
	sigs.k8s.io/gateway-api v1.6.1
)
