##@ On the cluster that the kubeconfig names

# What to install: deploy, or one of deploy/overlays.
DEPLOY ?= deploy
# As in its --driver-name.
DRIVER ?= dra.example.com
# How long a step may take.
TIMEOUT ?= 5m
# What make logs shows.
LOGS ?= --tail=100 --follow
# Where make debug writes all of it; empty: it prints an overview.
BUNDLE ?=

# Where ON says which cluster, it is that one.
kubectl.kind = kubectl --context kind-$(KIND_CLUSTER)
kubectl.vm = $(CLUSTER) kubectl --dir $(DEMO) --
KUBECTL ?= $(or $(kubectl.$(ON)),kubectl)

driver = $(KUBECTL) -n dra-system
script = KUBECTL='$(KUBECTL)' TIMEOUT=$(TIMEOUT) DRIVER=$(DRIVER) REPO="$(CURDIR)" make/$(1).sh

# The manifests, with the images that make build makes.
manifests = $(KUBECTL) kustomize "$(CURDIR)/$(DEPLOY)" | \
	sed -E 's|image: hawser/([a-z]+):.*|image: $(call image,\1)|'
rollout = $(driver) rollout status daemonset/dra-driver --timeout=$(TIMEOUT)

.PHONY: deploy
deploy: ## Install the driver, or what has changed of it, and wait for it: make deploy DEPLOY=deploy/overlays/monitoring
	$(manifests) | $(KUBECTL) apply -f -
	$(rollout)

.PHONY: undeploy
undeploy: ## Remove the examples and the driver, unless pods have devices of it (FORCE=1: their pods keep them, and end when it is back)
	@$(call script,undeploy) $(FORCE)
	$(manifests) | $(KUBECTL) delete --ignore-not-found --timeout=$(TIMEOUT) -f -

.PHONY: restart
restart: ## Start the driver's pods anew, one node after another; pods do not notice
	$(driver) rollout restart daemonset/dra-driver
	$(rollout)

.PHONY: network-test
network-test: ## Run the example that claims a dummy interface
	$(KUBECTL) apply -f "$(CURDIR)/deploy/deployment.yaml"
	$(KUBECTL) rollout status deployment/network-test --timeout=$(TIMEOUT)

.PHONY: network-check
network-check: ## Check that each pod of the examples has the interfaces that it claims
	@$(call script,network-check)

.PHONY: logs
logs: ## Follow the logs of the driver and netagent on all nodes: make logs LOGS=--since=1h
	$(driver) logs -l app=dra-driver --all-containers --prefix --max-log-requests=100 $(LOGS)

.PHONY: debug
debug: ## The cluster's state; with all that a bug report needs: make debug BUNDLE=hawser.tar.gz
	@$(call script,debug) "$(BUNDLE)"
