# `make run` and `make test` are enough; the rest is for development. No target asks questions; each may be run again.

# Where rustup puts it, in a shell that does not know yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

CARGO ?= cargo
# Arguments for the demo, such as: make run ARGS="--kafka localhost:9092 --rate 50"
ARGS ?=

.PHONY: help run page build test test-page lint bench faults evaluate setup-build setup-test

help: ## Shows this.
	@echo "Targets:"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 14
	@echo 'Demo on a cluster of your own: make run ARGS="--kafka HOST:PORT"'

run: build ## Builds vigil and starts the demo on simulated reports; Ctrl-C ends it.
	@exec "$${CARGO_TARGET_DIR:-target}/release/vigil" demo $(ARGS)

page: setup-build ## Builds the web page that the binary carries; without npm, the binary carries a plain one.
	@.ci/page build

build: page ## Builds the release binary.
	$(CARGO) build --release --locked --bin vigil

test: setup-test lint ## Format, lints as errors, the pure half alone, then all tests on a real Kafka.
	$(CARGO) test --locked --no-default-features
	# The properties of the pure half have just had all their cases.
	VIGIL_TEST_CASES=$${VIGIL_TEST_CASES:-25} $(CARGO) test --locked
	$(MAKE) test-page

test-page: setup-test page ## The page in Chromium: alone, and over a running demo.
	$(CARGO) build --locked --bin vigil
	@.ci/page test "$${CARGO_TARGET_DIR:-target}/debug/vigil"

lint: setup-build page
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --no-default-features --all-targets -- -D warnings
	$(CARGO) clippy --locked --all-targets -- -D warnings

bench: setup-test ## The budgets: step, decoding, and watch beside a bare consumer on a real Kafka.
	$(CARGO) bench --locked

# Pieces of the long campaign, NAME:SEED:COUNT, each a few minutes. Some alone: make faults FAULTS="kills:1:100 points:3:5"
FAULTS ?= kills:1:100 kills:2:100 kills:3:100 kills:4:100 kills:5:100 kills:6:100 kills:7:100 kills:8:100 kills:9:100 \
	kills:10:100 points:1:10 points:2:10 points:3:10 points:4:10 points:5:10 zombies:1:25 zombies:2:25 zombies:3:25 \
	zombies:4:25 brokers:1:17 brokers:2:17 brokers:3:16 rebalances:1:50 rebalances:2:50 group-kills:1:15 group-kills:2:15 \
	proxy:1:30 plants:1:1

faults: setup-test ## The long campaign of faults, in pieces that add up in tests/faults/RESULTS.md; hours.
	@set -e; for piece in $(FAULTS); do \
		rest=$${piece#*:}; \
		$(CARGO) test --locked --profile faults --test faults -- \
			--piece $${piece%%:*} --seed $${rest%%:*} --count $${rest#*:}; \
	done
	$(CARGO) test --locked --profile faults --test faults -- --sums

evaluate: setup-build ## How well terms and narratives are recognised, over the public corpora; prints every miss.
	$(CARGO) run --locked --release --no-default-features --example evaluate

setup-build:
	@.ci/setup build

setup-test:
	@.ci/setup test
