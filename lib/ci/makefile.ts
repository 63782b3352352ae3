/** A Makefile for people: each target is one command. */
export function makefile(options: {
  readonly command?: string;
  readonly test?: readonly string[];
  readonly clusters: readonly string[];
  readonly writtenBy: string;
}): string {
  const { command = 'npx aviary', test = [], clusters, writtenBy } = options;
  const [first = 'staging', next = 'production'] = clusters;
  return `# Written by \`${writtenBy}\`. Thin over the commands: make -n shows them; make -j4 images builds four at once.
AVIARY ?= ${command}
# Where images run first, and where they are promoted to.
CLUSTER ?= ${first}
NEXT ?= ${next}
# What changes are compared with.
BASE ?= origin/main
# docker, podman or buildctl: the first that is there, unless it is named.
BUILDER ?=
BUILT := built-images
BUILD := $(AVIARY) images build --out $(BUILT) $(if $(BUILDER),--builder $(BUILDER))

.DEFAULT_GOAL := help
.PHONY: help synth test preflight changed diff publish images push promote

help: ## this list
	@sed -n 's/^\\([a-z%<>-]*\\):.*## \\(.*\\)/\\1\\t\\2/p' $(MAKEFILE_LIST) | sed 's/%/<service>/' | expand -t 18

synth: ## write the tree of the catalog to dist/
	$(AVIARY) synth

test: preflight ## test the application and the catalog
${test.map((line) => `\t${line.replaceAll('$', '$$')}\n`).join('')}
preflight: ## find what will make a rollout fail
	$(AVIARY) preflight

changed: ## which services differ from $(BASE), and what has to be built
	$(AVIARY) changed --base $(BASE)
	$(AVIARY) changed --running $(CLUSTER)

diff: ## what a publication to $(CLUSTER) would do, and what is dangerous about it
	$(AVIARY) publish --cluster $(CLUSTER) --dry-run --trees .aviary-diff
	$(AVIARY) diff .aviary-diff/before .aviary-diff/after --exit-zero

images: ## build the images whose sources are not those that run in $(CLUSTER)
	@set -e; for service in $$($(AVIARY) changed --running $(CLUSTER) --format names); do echo "image-$$service"; done | xargs -r $(MAKE) --no-print-directory

push: ## build and push them
	@set -e; for service in $$($(AVIARY) changed --running $(CLUSTER) --format names); do echo "push-$$service"; done | xargs -r $(MAKE) --no-print-directory

image-%: ## build the image of a service
	$(BUILD) $*

push-%: ## build and push it
	$(BUILD) --push $*

publish: ## commit the tree and the pushed images of $(CLUSTER) to the repository that Flux watches
	$(AVIARY) publish --cluster $(CLUSTER) --images $(BUILT)

promote: ## ask for a merge request that brings the images of $(CLUSTER) to $(NEXT)
	$(AVIARY) promote $(CLUSTER) $(NEXT)
`;
}
