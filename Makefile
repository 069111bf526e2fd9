# The commands of the project; what they do is in scripts/.

.DEFAULT_GOAL := help

# The folder whose files the demo digests.
DIR ?= /usr/share/doc
# The folder whose hierarchy the example of a workflow refreshes.
TREE ?= /usr/share

.PHONY: help
help: ## Shows this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## Builds, starts a server, runs the demo on DIR=/usr/share/doc, stays until Ctrl-C
	@scripts/run '$(DIR)'

.PHONY: demo
demo: ## The same, but stops after the demo; fails unless its results are right
	@scripts/demo '$(DIR)'

.PHONY: test
test: ## Runs all tests
	@scripts/test

.PHONY: test-long
test-long: ## Runs all tests in their long forms
	@scripts/test --long

.PHONY: example-workflow
example-workflow: ## Refreshes the hierarchy of TREE=/usr/share as a workflow, while the server is killed
	@scripts/example-workflow '$(TREE)'

.PHONY: bench
bench: ## Measures, prints a table and writes bench.json
	@scripts/bench

.PHONY: docs
docs: ## Writes the documentation of MartletRPC as web pages
	@scripts/docs

.PHONY: bench-rpc
bench-rpc: ## Measures the RPC runtime beside grpc-swift-2, gRPC C++ and nghttpd
	@scripts/bench-rpc

.PHONY: generate
generate: ## Generates code from the .proto files
	@scripts/setup --test
	@scripts/generate

.PHONY: format
format: ## Formats the Swift code
	@scripts/format

.PHONY: lint
lint: ## Checks the form of code, scripts and contract
	@scripts/setup --test
	@scripts/lint

.PHONY: clean
clean: ## Removes what was built, and the Python environment; keeps the server's data
	rm -rf .build .build-* .venv-test bench.json bench-rpc.json floods.json
