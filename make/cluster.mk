##@ A cluster of one's own: kind, or a virtual machine without Docker

# kind where kind and Docker are, else vm: the one of make demo. Where it is given,
# the targets that work on a cluster work on this one.
ON ?=
on = $(or $(ON),$(shell command -v kind >/dev/null && docker info >/dev/null 2>&1 && echo kind || echo vm))
KIND_CLUSTER ?= hawser
# The node image: what it stands on, and what kind-node/Dockerfile makes of it.
KIND_BASE ?= kindest/node:v1.37.0
KIND_NODE ?= hawser/kind-node:$(lastword $(subst :, ,$(KIND_BASE)))

.PHONY: all
all: ## All of it: cluster, build, load, deploy, network-test, network-check
	@on=$(on); for t in cluster build load deploy network-test network-check; do \
	  echo "== $$t"; $(MAKE) --no-print-directory $$t ON=$$on; \
	done

.PHONY: cluster
cluster: ## Make a cluster, unless it is there: ON=kind, with the node image that it needs, or ON=vm
	@$(MAKE) --no-print-directory cluster-$(on)

.PHONY: cluster-kind
cluster-kind:
	@kind get clusters | grep -qx $(KIND_CLUSTER) || { \
	  docker image inspect $(KIND_NODE) >/dev/null 2>&1 || $(MAKE) --no-print-directory kind-node; \
	  kind create cluster --name $(KIND_CLUSTER) --config kind-config.yaml --image $(KIND_NODE); \
	}

.PHONY: kind-node
kind-node: ## The node image: KIND_BASE with a new enough containerd and runc, built from source if its own are too old
	docker build $(BUILDFLAGS) --build-arg BASE=$(KIND_BASE) -t $(KIND_NODE) kind-node

.PHONY: cluster-vm
cluster-vm:
	@$(CLUSTER) up --dir "$(DEMO)"

.PHONY: load
load: ## Give the images to the cluster's nodes
	@$(MAKE) --no-print-directory load-$(on)

.PHONY: load-kind
load-kind:
	kind load docker-image --name $(KIND_CLUSTER) $(call image,driver) $(call image,netagent)

# Its node takes archives, which are the same images.
.PHONY: load-vm
load-vm: build-archives
	@$(CLUSTER) load --dir "$(DEMO)" "$(CURDIR)/bin/images/driver.tar" "$(CURDIR)/bin/images/netagent.tar"

.PHONY: clean
clean: ## Delete that cluster, and bin/
	@$(MAKE) --no-print-directory clean-$(on)
	rm -rf bin

.PHONY: clean-kind
clean-kind:
	kind delete cluster --name $(KIND_CLUSTER)

.PHONY: clean-vm
clean-vm: demo-stop
