##@ Images

# What builds them: the first of these that works. Without one, images are written
# as archives from the same Dockerfiles.
ENGINE ?= $(shell for e in docker podman buildah; do $$e info >/dev/null 2>&1 && exec echo $$e; done; echo archives)
# Stands before the images' names, as in registry.example.com/net.
REGISTRY ?=
# What push builds for.
PLATFORMS ?= linux/amd64,linux/arm64
# More flags of the engine's build and push, such as --no-cache.
BUILDFLAGS ?=
PUSHFLAGS ?=

# What the clusters of make cluster take.
engine.kind = docker
engine.vm = archives

image = $(if $(REGISTRY),$(REGISTRY)/)hawser/$(1):$(VERSION)
REVISION = $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
# Podman and buildah of some releases do not know their own platform.
about = --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) \
	$(if $(filter-out docker,$(1)),--build-arg BUILDPLATFORM=linux/$(shell go env GOHOSTARCH))

.PHONY: build
build: ## The images hawser/driver and hawser/netagent, by Docker, Podman or buildah; without one, as archives in bin/images
	@$(MAKE) --no-print-directory build-$(or $(engine.$(ON)),$(ENGINE))

.PHONY: build-docker build-podman build-buildah
build-docker build-podman build-buildah: build-%:
	for i in driver netagent; do \
	  $* build $(call about,$*) $(BUILDFLAGS) -t $(call image,$$i) -f Dockerfile.$$i .; \
	done

.PHONY: build-archives
build-archives: binaries
	@mkdir -p bin/images
	@for i in driver netagent; do \
	  go run -C test ./cmd/cluster image --dockerfile ../Dockerfile.$$i --bin ../bin --ref $(call image,$$i) \
	    --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) --out ../bin/images/$$i.tar; \
	  echo "wrote bin/images/$$i.tar: $(call image,$$i)"; \
	done

.PHONY: push
push: ## Build the images for all PLATFORMS and push them: make push REGISTRY=registry.example.com/net
	@[ -n "$(REGISTRY)" ] || { echo "REGISTRY is not set: where do the nodes pull from?" >&2; exit 1; }
	@$(MAKE) --no-print-directory push-$(ENGINE)

.PHONY: push-docker
push-docker:
	for i in driver netagent; do \
	  docker buildx build --platform $(PLATFORMS) $(call about,docker) $(BUILDFLAGS) --push $(PUSHFLAGS) -t $(call image,$$i) -f Dockerfile.$$i .; \
	done

.PHONY: push-podman push-buildah
push-podman push-buildah: push-%:
	for i in driver netagent; do \
	  $* manifest rm $(call image,$$i) >/dev/null 2>&1 || true; \
	  $* build --platform $(PLATFORMS) $(call about,$*) $(BUILDFLAGS) --manifest $(call image,$$i) -f Dockerfile.$$i .; \
	  $* manifest push --all $(PUSHFLAGS) $(call image,$$i) docker://$(call image,$$i); \
	done

.PHONY: push-archives
push-archives:
	@echo "pushing takes Docker, Podman or buildah, and none of them works here" >&2; exit 1
