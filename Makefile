# `make run` and `make test` are enough; the rest is for development. No target asks questions; each may be run again.

# Where rustup puts it, in a shell that does not know yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

CARGO ?= cargo
# Arguments for the demo, such as: make run ARGS="--kafka localhost:9092 --rate 50"
ARGS ?=

.PHONY: help run build test lint bench evaluate setup-build setup-test

help: ## Shows this.
	@echo "Targets:"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 14
	@echo 'Demo on a cluster of your own: make run ARGS="--kafka HOST:PORT"'

run: build ## Builds vigil and starts the demo on simulated reports; Ctrl-C ends it.
	@exec "$${CARGO_TARGET_DIR:-target}/release/vigil" demo $(ARGS)

build: setup-build ## Builds the release binary.
	$(CARGO) build --release --locked --bin vigil

test: setup-test lint ## Format, lints as errors, the pure half alone, then all tests on a real Kafka.
	$(CARGO) test --locked --no-default-features
	$(CARGO) test --locked

lint: setup-build
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --no-default-features --all-targets -- -D warnings
	$(CARGO) clippy --locked --all-targets -- -D warnings

bench: setup-test ## The budgets: step, decoding, and watch beside a bare consumer on a real Kafka.
	$(CARGO) bench --locked

evaluate: setup-build ## How well terms and narratives are recognised, over the public corpora; prints every miss.
	$(CARGO) run --locked --release --no-default-features --example evaluate

setup-build:
	@.ci/setup build

setup-test:
	@.ci/setup test
