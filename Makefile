# Which everyday commands are there? `make` lists them.
#
# `make demo` and `make test` are complete on a machine that has git, make, Python 3.11+ with venv
# and pip. ARGS passes arguments on: make demo ARGS="--port 9000".

PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$name && break; done)
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	--custom-compile-command 'make lock'

AIRTABLE_JS := tests/contract/airtable_js/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help demo test test-long fmt lint types imports cov schema lock lock-check bench bench-sync bench-ingest bench-thrift simulate simulate-http simulate-full simulate-mutants

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1  /p' Makefile | awk '{ name = $$1; $$1 = ""; printf "  make %-18s%s\n", name, $$0 }'

demo: $(BIN)/ready  ## Start the whole product with a demo company; Ctrl-C ends it
	@$(BIN)/hub demo $(ARGS)

test: $(BIN)/ready $(AIRTABLE_JS)  ## Run the tests
	@$(BIN)/pytest $(ARGS)

test-long: $(BIN)/ready  ## Run the tests that take minutes
	@$(BIN)/pytest -m long $(ARGS)

fmt: $(BIN)/ready  ## Format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: $(BIN)/ready  ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(BIN)/ready  ## Check types
	$(BIN)/mypy

imports: $(BIN)/ready  ## Check that imports go one way
	$(BIN)/lint-imports

cov: $(BIN)/ready $(AIRTABLE_JS)  ## Run the tests and show what they do not reach
	$(BIN)/pytest --cov --cov-report=term-missing:skip-covered $(ARGS)

schema: $(BIN)/ready  ## Write the GraphQL schema to graphql/schema.graphql
	$(BIN)/python -m hub_graphql.export

lock: $(BIN)/ready  ## Pin the dependencies of pyproject.toml anew
	$(LOCK) --upgrade --group dev pyproject.toml -o requirements.lock
	echo 'uv==0.13.9' | $(LOCK) --upgrade - -o .ci/uv.txt

lock-check: $(BIN)/ready  ## Check that pyproject.toml and requirements.lock agree
	@cp requirements.lock .venv/expected.lock
	@$(LOCK) --group dev pyproject.toml -o .venv/expected.lock
	@diff -u -I '^#' requirements.lock .venv/expected.lock \
		|| { echo 'requirements.lock does not fit pyproject.toml: run `make lock`.' >&2; exit 1; }

bench: $(BIN)/ready  ## Measure an edit in each direction, the API and the change log
	@$(BIN)/hub demo --check --rounds 20
	@for file in $(filter-out bench/bench_thrift.py bench/bench_limits.py bench/bench_ingest.py,$(wildcard bench/bench_*.py)); do \
		echo; $(BIN)/python $$file $(ARGS) || exit 1; done

bench-sync: $(BIN)/ready  ## Measure what keeping two sides equal costs
	@$(BIN)/python bench/bench_sync.py $(ARGS)

bench-thrift: $(BIN)/ready  ## Measure a thrifty month, a paced day, and 300 live edits
	@$(BIN)/python bench/bench_limits.py
	@$(BIN)/python bench/bench_thrift.py
	@$(BIN)/python bench/bench_live.py --edits 300

bench-ingest: $(BIN)/ready  ## Measure what reading a source costs beside COPY
	@$(BIN)/python bench/bench_ingest.py $(ARGS)

SEEDS ?= 100
FIRST ?= 0

simulate: $(BIN)/ready  ## Play random worlds in one process, some 300 a minute: SEEDS=100 FIRST=0
	@PYTHONPATH=tests $(BIN)/python tests/simulation/deterministic/many.py --seeds $(SEEDS) --first $(FIRST) $(ARGS)

simulate-http: $(BIN)/ready  ## Play them on a real Postgres and the stand-in over HTTP
	@PYTHONPATH=tests $(BIN)/python tests/simulation/simulate.py --seeds $(SEEDS) --first $(FIRST) $(ARGS)

simulate-full: $(BIN)/ready  ## Play them on real servers and processes that are killed
	@PYTHONPATH=tests $(BIN)/python tests/simulation/full_simulate.py --seeds $(SEEDS) --first $(FIRST) $(ARGS)

simulate-mutants: $(BIN)/ready  ## See that they find each protection that is taken out
	@PYTHONPATH=tests $(BIN)/python tests/simulation/simulate.py --mutants --seeds $(SEEDS) --first $(FIRST) $(ARGS)

# The environment: exactly what the lock names, each file checked against its hash.
$(BIN)/ready: requirements.lock pyproject.toml .ci/uv.txt
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or later with venv is needed (on Debian: apt-get install python3-venv).' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r .ci/uv.txt
	@VIRTUAL_ENV=.venv $(BIN)/uv pip sync -q --require-hashes requirements.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# airtable.js for its checks; npm writes that file last. Without it they are skipped, and CI fails.
$(AIRTABLE_JS): tests/contract/airtable_js/package-lock.json | $(BIN)/ready
	@$(BIN)/npm ci --silent --ignore-scripts --prefix tests/contract/airtable_js \
		|| echo 'airtable.js could not be installed: its checks will be skipped.' >&2
