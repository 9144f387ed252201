# Every command of this repository. `make` alone lists them.
# Two are all that a newcomer needs: `make demo` (see it) and `make test` (prove it).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup check test demo cluster bench fmt codegen typescript pages

# One build for every step: the same packages, features and profile, so that nothing compiles twice.
ALL := --workspace --all-features
CODEGEN := cargo run --quiet -p deskbell-protocol --features schema --bin codegen --
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)

help: ## List these commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' \
	  | while IFS=$$'\t' read -r name what; do printf '  make %-11s %s\n' "$$name" "$$what"; done

setup: ## Install what is missing (system packages by apt-get, node packages by npm)
	@.ci/setup

check: pages ## Format, lints, docs, generated files, types, spelling, licenses
	cargo fmt --all --check
	cargo clippy $(ALL) --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(ALL) --no-deps --quiet
	$(CODEGEN) --check
	@$(MAKE) --no-print-directory typescript
	@.ci/optional

test: setup check ## Everything: what setup and check do, then every test; CI runs this
	cargo build $(ALL) --bins
ifeq ($(NEXTEST),yes)
	cargo test $(ALL) --doc --quiet
	cargo nextest run $(ALL)
else
	cargo test $(ALL)
endif

demo: pages ## Play a live chat in a demo co-op, say what to open (TRAFFIC=1, SEED=n: and go on)
	cargo build -p deskbell -p deskbell-scripted-bot -p deskbell-traffic -p hello-desk
	@examples/demo/run.sh $(if $(ONCE),--once,$(if $(TRAFFIC)$(SEED),--traffic $(SEED)))

cluster: pages ## Play the demo on two brokers and Redis while one is killed (ONCE=1)
	@.ci/setup --cluster
	cargo build -p deskbell -p deskbell-scripted-bot
	@examples/demo/cluster.sh $(if $(ONCE),--once)

bench: pages ## Measure a broker, and two on Redis, against a bare relay (release build)
	@.ci/setup --bench
	cargo build --release -p deskbell -p deskbell-load
	target/release/deskbell-load bench --broker target/release/deskbell

fmt: ## Format all Rust code
	cargo fmt --all

codegen: ## Write the generated files: schema, TypeScript types, golden frames, docs
	$(CODEGEN)

pages: ## Build the TypeScript SDK, the operators' desk and the patron's widget
	@.ci/setup --pages
	npm run build --silent

typescript: pages ## The same, and run the tests of all three
	npm test --silent
