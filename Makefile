# `make demo` shows the main job on a real AWS API; `make test` runs every test. Both install what
# they need (see tests/tools.sh), say what they are doing, and leave nothing running.

SHELL := /bin/bash
.DEFAULT_GOAL := help

## help: what there is
.PHONY: help
help:
	@grep -hE '^## ' $(MAKEFILE_LIST) | sed -e 's/^## /  make /'

## demo: a Git revision becomes a real cloud, is tampered with, and is put right
.PHONY: demo
demo: tools release
	@.venv/bin/python tests/demo/demo.py

## test: unit, property, simulation and acceptance tests
.PHONY: test
test:
	@tests/run.sh

## test-localstack: S3 and a part of EC2 against LocalStack (Python 3.11; skipped without)
.PHONY: test-localstack
test-localstack: tools release
	@tests/localstack/run.sh

## bench: the figures that the documentation quotes, measured here and now
.PHONY: bench
bench: tools release
	@.venv/bin/python tests/bench/bench.py

## chaos: all that could lose something, at full length: hours (see tests/chaos/run.sh for shorter forms)
.PHONY: chaos
chaos: tools release
	@tests/chaos/run.sh

## fuzz: every fuzz target for half an hour, two at a time (needs cargo-fuzz; SECONDS=60 for a minute)
.PHONY: fuzz
fuzz:
	@tests/fuzz/run.sh $(or $(SECONDS),1800)

## lint: what CI checks besides the tests
.PHONY: lint
lint:
	@tests/lint.sh

.PHONY: release
release:
	@echo "==> building evenkeel (the first time takes minutes: the AWS SDK is large)"
	@cargo build --release --locked -p evenkeel-cli
	@cargo build --release --locked -p evenkeel-aws-server

.PHONY: tools
tools:
	@tests/tools.sh
