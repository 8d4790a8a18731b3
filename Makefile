# The project's verbs. `make test` is what continuous integration runs, from a fresh clone; there
# (CI is set), and with ALL=1, it takes in what ten minutes do not hold: tests marked `ci`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := '.[verify,test]'
# One process for the booted services and two for everything else: on two cores each waits often.
SIDE_BY_SIDE := -n 3 --dist loadfile --no-loadscope-reorder
OWN := generator tests docs $(wildcard bench) hatch_build.py

.PHONY: help setup demo test unit lint format matrix containers updates replay bench build clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/installed ## install what the project and its tests need into .venv

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo '$(PYTHON) is older than 3.11: give a newer one, make PYTHON=python3.13' >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# uv takes seconds where pip takes a minute; where it cannot be had, pip it is.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv && \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --editable $(EXTRAS) || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable $(EXTRAS)
	@touch $@

demo: setup ## make a service, start it and walk through it; DETACH=1 ends after the walk
	@$(BIN)/python -m roadbed.demo

test: lint ## style, types, the generator, a service booted and verified; ALL=1 as in CI
	$(BIN)/pytest $(SIDE_BY_SIDE)

unit: setup ## the quick tests, without the booted service
	$(BIN)/pytest -m 'not slow'

lint: setup ## style and types
	$(BIN)/ruff check $(OWN)
	$(BIN)/ruff format --check $(OWN)
	$(BIN)/mypy

format: setup ## mend the style
	$(BIN)/ruff check --fix $(OWN)
	$(BIN)/ruff format $(OWN)

matrix: setup ## run variants into docs/variants.md; CHANGED=1, ROWS="NAME …" or ALL=1 say which
	@CHANGED='$(CHANGED)' ROWS='$(ROWS)' $(BIN)/python -m roadbed.matrix_run $(if $(ALL),--all)

containers: setup ## run variants in containers, each queue of each language, into docs/containers.md
	@.ci/containers $(if $(or $(findstring kafka,$(ROWS)),$(if $(ROWS),,all)),kafka)
	@CHANGED='$(CHANGED)' ROWS='$(ROWS)' $(BIN)/python -m roadbed.matrix_run --compose $(if $(ALL),--all)

updates: setup ## update projects of older versions and prove them; ALL=1 for every variant and edit
	ROADBED_UPDATES=$(if $(ALL),all,pairs) ROADBED_EXAMPLES=$(or $(EXAMPLES),400) \
	  $(BIN)/pytest -n 2 tests/update/test_projects.py tests/update/test_guarantee.py

replay: setup ## run the emitted ci.yml, step by step, with every queue
	ROADBED_REPLAY=all $(BIN)/pytest -s tests/workflows/test_replay.py

bench: setup ## measure speed, side by side with bare programs
	@$(BIN)/python -m bench

build: setup ## the wheel and the source archive, in dist/
	$(BIN)/python -m build --no-isolation

clean: ## remove what the tools made
	rm -rf build dist .test-output .pytest_cache .mypy_cache .ruff_cache .hypothesis $(VENV)
