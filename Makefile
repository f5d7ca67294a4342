# `make help` lists the targets; each is a script that also runs alone.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: run up down test check bench bench-gate bench-protojson bench-jsonschema dist fuzz format lint conformance protos clean help

run: ## build and start the demo platform with the gateway in front; Ctrl-C ends it
	@scripts/run

up: ## the whole platform for real: Envoy, two gateways, databases, brokers, login; `make down` ends it
	@scripts/up

down: ## ends what `make up` started
	@scripts/down

test: ## every test: Swift units, conformance, end to end (FILTER=HTTP1Tests for some Swift tests alone)
	@scripts/test

check: ## what CI runs: format, lint, build, test, bench-gate
	@scripts/check

bench: ## the gateway beside its rivals on this machine (QUICK=1 for a short run)
	@Benchmarks/bench

bench-gate: ## instructions and mallocs a request against the thresholds in the tree
	@Benchmarks/gate

bench-protojson: ## proto JSON both ways beside swift-protobuf's generated code, in one process
	@Benchmarks/bench-protojson

bench-jsonschema: ## checks of JSON bodies beside orjson with jsonschema-rs and kin-openapi, on the same texts by turns
	@Benchmarks/bench-jsonschema

dist: ## dist/: release binary with manual, completions and unit as tar.gz and Debian package
	@scripts/dist

fuzz: ## the parsers under libFuzzer with address sanitizer (SECONDS_EACH=600 for the long run)
	@scripts/fuzz

format: ## format the Swift sources in place
	@scripts/format

lint: ## floors, forbidden constructs, links, machine paths
	@scripts/lint

conformance: ## the published test suites through gateway-probe
	@scripts/conformance

protos: ## generate the demo's Swift code and descriptor set from Examples/protos
	@scripts/protos

clean: ## remove what was built, installed and stored in this folder
	rm -rf .build .venv .run dist

help: ## this list
	@sed -n 's/^\([a-z-]*\): ## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done
