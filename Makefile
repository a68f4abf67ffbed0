# Every target runs from a fresh clone: it sets up what it needs first, and that costs nothing once done.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
MEMBERS := shared services/eligibility services/claims services/payments services/collections services/console sandbox revcycle
SOURCES := shared services sandbox revcycle deploy tests
# How many processes share the tests: one a core, or PROCESSES=4; 0 runs them in pytest's own.
PROCESSES ?= auto
PYTEST := $(BIN)/pytest -n $(PROCESSES)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.members ## Make the virtual environment from the locks
	@:

# Python 3.11, 3.12 or 3.13: the local store has no wheel for a later one yet. `make PYTHON=/path/to/python3` names one.
$(VENV)/.bootstrap: requirements/bootstrap.lock
	@python="$(PYTHON)"; \
	for name in $${python:-python3 python3.13 python3.12 python3.11}; do \
	    if $$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	        $$name -m venv --clear $(VENV) && exec $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	            --require-hashes -r requirements/bootstrap.lock; \
	        exit 1; \
	    fi; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 found; name one: make PYTHON=/path/to/python3" >&2; exit 1
	@touch $@

$(VENV)/.synced: $(VENV)/.bootstrap requirements/dev.lock
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.lock
	@touch $@

$(VENV)/.members: $(VENV)/.synced $(MEMBERS:%=%/pyproject.toml)
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(MEMBERS:%=-e %)
	@$(BIN)/python -m compileall -q $(SOURCES) samples
	@touch $@

.PHONY: demo
demo: setup ## Run the whole cycle on real files, 180 days of it
	@$(BIN)/revcycle demo

tests/node/node_modules/.package-lock.json: tests/node/package-lock.json
	@cd tests/node && npm ci --silent

.PHONY: node
node: tests/node/node_modules/.package-lock.json ## Install the independent readers that run in Node, for the tests
	@:

.PHONY: store
store: setup ## Build a faster local store once (needs Rust, and some minutes), for up, demo and tests
	@$(BIN)/python -m revcycle.stack.store_server

.PHONY: up
up: setup ## Start the local stack and print its addresses; Ctrl-C stops it
	@$(BIN)/revcycle up

.PHONY: stop
stop: setup ## Stop the local stack
	@$(BIN)/revcycle stop

.PHONY: status
status: setup ## Show the health of every process and what waits where
	@$(BIN)/revcycle status

.PHONY: test
test: setup ## Run the whole default test suite, or TESTS=tests/x12, shared among processes (PROCESSES=0 for one)
	@$(PYTEST) $(TESTS)

.PHONY: kafka
kafka: setup ## Run Apache Kafka (BROKERS=3 for a cluster); needs Java and, the first time, Maven
	@$(BIN)/python -m revcycle.kafka --brokers $(or $(BROKERS),1) $(KAFKA_ARGS)

.PHONY: test-kafka
test-kafka: setup ## Run every test that talks to a broker on Apache Kafka, faults of three brokers included
	@$(PYTEST) --kafka=apache $(TESTS)

.PHONY: lint
lint: ## Check format, lint, types and import contracts
.PHONY: check
check: ## Check format, lint, types and import contracts, and run the fast tests
check: FAST_TESTS = && $(PYTEST) -q --hypothesis-profile=quick -m "not slow and not stack and not docker"
lint check: setup
	@# pyright takes longest: it has a core to itself while everything else takes its turn on the other.
	@$(BIN)/basedpyright & pyright=$$!; \
	{ $(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo $(FAST_TESTS); }; rest=$$?; \
	wait $$pyright && exit $$rest

.PHONY: sim
sim: setup ## Simulate the whole system under faults (SEEDS=500 FIRST=0, or SEED=... and perhaps AT='...' for one)
	@$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED) $(if $(AT),--at '$(AT)'),--first $(or $(FIRST),0) --seeds $(or $(SEEDS),500))

.PHONY: lives
lives: setup ## Live random claims' lives at payers, in order and shuffled, to the same books (LIVES=300 seeds of 100 claims)
	@$(BIN)/python -m tests.payments.lives --claims 100 --seeds $(or $(LIVES),300)
	@$(BIN)/python -m tests.payments.lives --claims $(or $(LIVES_CLAIMS),10000) --seeds 1

.PHONY: collections-year
collections-year: setup ## Live half a year of 5,000 guarantors under a dunning policy (YEAR_ARGS="--accounts 500 --seed 3")
	@$(BIN)/python -m tests.collections.year $(YEAR_ARGS)
	@$(BIN)/python -m tests.collections.year_with_agencies $(YEAR_ARGS)

.PHONY: chaos
chaos: setup ## Break a real stack on Apache Kafka while claims flow, and compare the books (SEED=..., CHAOS_ARGS)
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(CHAOS_ARGS)

# What takes hours, and the same steps in a short form. Every step runs, whatever failed before it.
NIGHTLY_SEEDS ?= 100000
step = echo "make $(firstword $1)"; $(MAKE) --no-print-directory $1 || failed="$$failed $(firstword $1)";
ended = if [ -n "$$failed" ]; then echo "Failed:$$failed" >&2; exit 1; fi

# One claim in ten has its journal: a million journals are 13 GB, and no message about another claim looks at them.
.PHONY: nightly
nightly: setup ## Run chaos, every benchmark, many seeds (NIGHTLY_SEEDS) and all tests on Apache Kafka
	@failed=; \
	$(call step,chaos) \
	$(call step,bench) \
	$(call step,bench-scale BENCH_ARGS="growth --claims 1000 100000 1000000 --journal-every 10") \
	$(foreach part,memory workers startup,$(call step,bench-scale BENCH_ARGS=$(part))) \
	$(call step,bench-posting) \
	$(call step,lives) \
	$(call step,sim SEEDS=$(NIGHTLY_SEEDS)) \
	$(call step,test-kafka) \
	$(ended)

.PHONY: nightly-short
nightly-short: setup ## Run what `nightly` runs with small figures, in some minutes
	@failed=; \
	$(call step,chaos CHAOS_ARGS=--short) \
	$(call step,bench BENCH_ARGS="--rounds 1 --messages 600 --claims 20") \
	$(call step,bench-scale BENCH_ARGS="growth --claims 500 1000 --messages 500 --journal-every 10") \
	$(call step,bench-scale BENCH_ARGS="memory --messages 20000 --sample-every 5000") \
	$(call step,bench-scale BENCH_ARGS="workers --messages 2000 --workers 1 2") \
	$(call step,bench-scale BENCH_ARGS="startup --rounds 1") \
	$(call step,bench-posting BENCH_ARGS="--claims 1000 --claims-per-file 500") \
	$(call step,lives LIVES=2 LIVES_CLAIMS=500) \
	$(call step,sim SEEDS=20) \
	$(call step,test-kafka TESTS=tests/kafka) \
	$(ended)

# The libraries compared with live in an environment of their own. One that cannot be installed is named as skipped.
.venv-bench/.synced: $(VENV)/.bootstrap requirements/bench.lock
	@$(UV) venv --quiet --clear --python $(BIN)/python .venv-bench
	@$(UV) pip sync --quiet --compile-bytecode --python .venv-bench/bin/python --require-hashes requirements/bench.lock \
	    || echo "Not every library could be installed." >&2
	@touch $@

.venv-quix/.synced: $(VENV)/.bootstrap requirements/quix.lock
	@$(UV) venv --quiet --clear --python $(BIN)/python .venv-quix
	@$(UV) pip sync --quiet --compile-bytecode --python .venv-quix/bin/python --require-hashes requirements/quix.lock \
	    || echo "Quix Streams could not be installed; it is left out." >&2
	@touch $@

.PHONY: bench
bench: setup .venv-quix/.synced ## Measure services beside other ways to build them, and whole claims (BENCH_ARGS)
	@$(BIN)/python -m bench.flow $(BENCH_ARGS)

.PHONY: bench-scale
bench-scale: setup ## Measure what grows: stored claims, messages, workers, start-up (BENCH_ARGS="workers --store nowhere")
	@if [ -n "$(BENCH_ARGS)" ]; then $(BIN)/python -m bench.scale $(BENCH_ARGS); \
	else for part in growth memory workers startup; do \
	    $(BIN)/python -m bench.scale $$part || exit 1; \
	done; fi

.PHONY: bench-posting
bench-posting: setup ## Post the remittances of 100,000 claims and prove the book (BENCH_ARGS="--claims 20000 --store rust")
	@$(BIN)/python -m bench.posting $(BENCH_ARGS)

.PHONY: bench-console
bench-console: setup ## Measure the console's work lists over 1,000,000 claims (BENCH_ARGS="--claims 20000")
	@$(BIN)/python -m bench.console $(BENCH_ARGS)

.PHONY: bench-x12
bench-x12: .venv-bench/.synced ## Measure our X12 readers beside others (BENCH_ARGS="--rounds 9 --json")
	@.venv-bench/bin/python -m bench.x12 $(BENCH_ARGS)

.PHONY: dashboards
dashboards: setup ## Write deploy/grafana, the rules of the objectives and docs/operations/metrics.md from the code
	@$(BIN)/python -m deploy.grafana

.PHONY: format
format: setup ## Format the code and fix what the linter can fix
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

.PHONY: lock
lock: setup ## Write the locks again (LOCK_ARGS="--upgrade" takes newer releases)
	@UV=$(UV) requirements/lock $(LOCK_ARGS)

.PHONY: clean
clean: ## Remove the virtual environment, the caches and the local stack's data
	@rm -rf $(VENV) .venv-bench .venv-quix .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .revcycle dist build
