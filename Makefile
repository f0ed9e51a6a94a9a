# Two commands do everything from nothing on a Debian machine with Go:
# `make demo` shows the main job on a real cluster, `make test` tests all of it.
# In make/: images, clusters to try them on, and work on any cluster.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION ?= v0.1.0
DEMO := $(CURDIR)/.demo
HISTORIES ?= 300
SEED ?= 0
LIVES ?= 200
NODES ?= 500
ROUNDS ?= 1000
CLUSTER := go run -C test ./cmd/cluster
TOOL = go tool -modfile=tools/$(1)/go.mod

##@ Show and test

.PHONY: demo
demo: ## Bring up a real cluster, install Hawser, run the examples, leave it up (again: redeploy what changed)
	@$(CLUSTER) demo --dir "$(DEMO)" --repo "$(CURDIR)" --version "$(VERSION)"

.PHONY: demo-stop
demo-stop: ## Take the demo's cluster down without residue
	@$(CLUSTER) down --dir "$(DEMO)"

.PHONY: node
node: ## Run a command on the demo's node: make node CMD='ip -brief link'
	@$(CLUSTER) node --dir "$(DEMO)" -- "$(CMD)"

.PHONY: kubectl
kubectl: ## Run kubectl on the demo's cluster: make kubectl ARGS='get pods -A'
	@$(CLUSTER) kubectl --dir "$(DEMO)" -- $(ARGS)

.PHONY: trace
trace: ## Draw a claim's life on the demo's cluster: make trace CLAIM=UID (kubectl get resourceclaim NAME -o jsonpath={.metadata.uid})
	@$(CLUSTER) kubectl --dir "$(DEMO)" -- exec -n dra-system daemonset/dra-driver -c driver -- /dra-driver trace "$(CLAIM)"

.PHONY: test
test: setup verify lint unit kernel e2e ## Do all set-up and run every test

.PHONY: unit
unit: ## The quick loop: tests that need neither cluster nor virtual machine, with the race detector
	go test -race ./...
	go test -race -tags fault ./internal/onenode/
	go test -C test -race -short -count=1 ./... # the cache does not see what they read of the other module

# Each target in turn, for so long. Minimizing, which has a minute for each input
# otherwise, leaves no time for more of them.
FUZZTIME ?= 30s

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME (30s); unit runs their seeds: make fuzz FUZZTIME=10m
	@for file in $$(git ls-files '*fuzz_test.go'); do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\)(.*/\1/p' $$file); do \
	    echo "== $$(dirname $$file) $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x ./$$(dirname $$file); \
	  done; \
	done

.PHONY: history
history: ## Many random histories of claims, pods, crashes and twins: make history HISTORIES=1000, or one again: SEED=7 HISTORIES=1
	go test -race -tags fault -count=1 -timeout 0 -run TestHistories ./internal/onenode/ -args -seed=$(SEED) -histories=$(HISTORIES)

.PHONY: kernel
kernel: ## The test node itself, then netagent's tests on its kernel, which has every module
	go test -C test -p 1 -count=1 -timeout 30m -v ./node/... ./kernel/

.PHONY: e2e
e2e: ## Tests on a real cluster: the product as shipped, real pods; that its build is reproducible; images by a real engine
	@$(MAKE) --no-print-directory -j 2 clusters image-tests

# Most of a test on an emulated node is waiting; who compiles meanwhile does it in
# the time that is left.
.PHONY: clusters image-tests
clusters:
	go test -C test -p 1 -parallel 4 -count=1 -timeout 80m -v ./cluster/ ./scale/ ./e2e/ ./cmd/bench/
image-tests:
	nice -n 19 go test -C test -p 1 -count=1 -timeout 80m ./product/ ./kindnode/

.PHONY: churn
churn: ## Many pods that come and go while the driver is updated: make churn LIVES=200
	go test -C test -count=1 -timeout 0 -v -run TestPodsComeAndGo ./e2e/ -args -lives=$(LIVES)

.PHONY: scale
scale: ## What many nodes ask of the API server and the scheduler, simulated, into .scale/: make scale NODES=1000
	go run -C test ./cmd/scale --nodes $(NODES) --repo "$(CURDIR)" --out "$(CURDIR)/.scale" $(SCALE)

.PHONY: bench
bench: ## What a prepare costs, beside its floor: a table, and JSON, Markdown and a plot in .bench/ (ROUNDS=1000)
	go run -C test ./cmd/bench -rounds $(ROUNDS) -out "$(CURDIR)/.bench" -version "$(VERSION)"

.PHONY: bench-publish
bench-publish: ## Make the last run of bench the one that docs/performance.md shows, or RUN='FILE FILE', one for each place
	go run -C test ./cmd/bench publish "$(CURDIR)" $(or $(RUN),"$(CURDIR)/.bench/bench.json")

##@ Build

.PHONY: binaries
binaries: ## The static binaries, in bin/
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/hawser-dra/hawser/internal/version.Version=$(VERSION)" -o bin/ ./cmd/...

.PHONY: setup
setup: ## Install missing Debian packages and build the test cluster's programs, once
	@$(CLUSTER) setup

include make/images.mk make/cluster.mk make/deploy.mk

##@ Code

.PHONY: proto
proto: ## Generate Go from the API's proto
	$(call TOOL,buf) buf lint
	$(call TOOL,buf) buf generate

.PHONY: lint
lint: ## gofmt, go vet, golangci-lint with gosec, in both modules
	$(call TOOL,lint) golangci-lint run ./...
	cd test && go tool -modfile=../tools/lint/go.mod golangci-lint run -c ../.golangci.yaml ./...

.PHONY: vuln
vuln: ## Ask the Go vulnerability database about what is linked; needs https://vuln.go.dev
	$(call TOOL,govulncheck) govulncheck ./...

.PHONY: sbom
sbom: ## A bill of materials (CycloneDX) of each binary, in bin/sbom/; the images hold nothing besides
	@mkdir -p bin/sbom
	@for b in dra-driver netagent podlink; do \
	  CGO_ENABLED=0 go build -trimpath -buildvcs=false -o bin/sbom/$$b ./cmd/$$b; \
	  $(call TOOL,sbom) cyclonedx-gomod bin -json -std -noserial -notimestamp -version $(VERSION) -output bin/sbom/$$b.cdx.json bin/sbom/$$b; \
	  rm bin/sbom/$$b; \
	done

.PHONY: verify
verify: ## Generated code is what the proto says, go.mod and go.sum are tidy
	@before=$$(sha256sum api/netagent/v1/*.pb.go); $(MAKE) --no-print-directory proto; \
	 [ "$$before" = "$$(sha256sum api/netagent/v1/*.pb.go)" ] || { echo "generated code differs: run make proto and commit"; exit 1; }
	go mod tidy -diff
	go mod tidy -C test -diff

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
