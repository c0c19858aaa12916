# `make` lists what can be made. PYTHON picks the interpreter: make PYTHON=python3.12 run

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# Stamps: while they are newer than pyproject.toml there is nothing to install.
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
# The libraries for tests that aren't to be had here, one a line.
MISSING := $(VENV)/missing
# Which releases are installed: `make constraints` renews the file, `make CONSTRAINTS= test` does without it.
CONSTRAINTS ?= scripts/constraints.txt
INSTALL := $(BIN)/python -m pip install --quiet $(addprefix --constraint ,$(CONSTRAINTS))
OLDEST := $(subst $(VENV)/,$(VENV)-oldest/,$(BIN))
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
# Sphinx and what it needs lie apart: for Python 3.11 and 3.12 it takes an older docutils than the rest (scripts/site.txt).
SITE_TOOLS := $(VENV)/site-tools
INSTALLED_SITE := $(SITE_TOOLS)/.installed
SITE ?= build/site
PORT ?= 8000

# How many cases of each kind `make fuzz` tries.
N ?= 10000

.DEFAULT_GOAL := help
.PHONY: help run demo test test-quick test-oldest test-package fuzz lint format docs site site-serve bench constraints clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Forecast the bundled prices, say how good that is, write report.html
	$(BIN)/clearlstm forecast

demo: $(INSTALLED) ## The worked example: one LSTM unit, step by step
	$(BIN)/clearlstm demo

test: lint $(INSTALLED_SITE) ## Everything that must hold: style, types, imports, tests
	$(PYTEST)

test-oldest: pyproject.toml ## The tests beside the oldest dependencies, without other frameworks
	$(PYTHON) -m venv $(VENV)-oldest
	$(OLDEST)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(OLDEST)/python -m pip install --quiet --constraint scripts/oldest.txt --editable . --group test
	$(OLDEST)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-quick: $(INSTALLED_DEV) ## The tests without those that are slow, drive a browser or need the accuracy data
	$(PYTEST) -m "not slow and not browser and not accuracy"

test-package: $(INSTALLED_DEV) ## The quick tests from the sdist, in an empty folder, on the wheel that is built from it
	$(BIN)/python -m scripts.package_tests $(BUILT)

fuzz: $(INSTALLED_DEV) ## Open N damaged files, tables and requests of each kind: make fuzz N=100000
	CLEARLSTM_FUZZ=$(N) $(PYTEST) tests/fuzz

lint: $(INSTALLED_DEV) ## Style, types and imports alone
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	@if [ -s $(MISSING) ]; then echo "Types are not checked here: that takes all libraries, and $(MISSING) lacks some."; \
	  else $(BIN)/mypy; fi

format: $(INSTALLED_DEV) ## Put the code in its usual form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(INSTALLED_DEV) ## Write docs/cli.md, the table of options and the list of the lab's texts anew, and the outputs, numbers and pictures in the lesson, docs/inside and examples
	$(BIN)/python -m scripts.cli_reference
	$(BIN)/python -m scripts.options_table
	$(BIN)/python -m scripts.lab_texts
	$(BIN)/python -m scripts.lesson_page
	$(BIN)/python -m scripts.views_page
	$(BIN)/python -m scripts.inside_pages
	$(BIN)/python -m scripts.notebooks

site: $(INSTALLED_SITE) ## Build the site into build/site; whatever is missing or broken in it is an error
	PYTHONPATH=$(SITE_TOOLS) $(BIN)/python -m scripts.site $(SITE)

site-serve: site ## Show the site: make site-serve PORT=8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(SITE) $(PORT)

bench: $(INSTALLED_DEV) ## Time this machine beside torch, write benchmarks/RESULTS.md
	$(BIN)/clearlstm bench --output benchmarks/RESULTS.md --notes benchmarks/shortfalls.md
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/time_spent.py

constraints: $(INSTALLED_DEV) ## Choose the releases that a clone and CI install anew
	$(BIN)/python -m pip install --quiet uv
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m scripts.renew_constraints

clean: ## Remove the environment and every cache
	rm -rf $(VENV) $(VENV)-oldest .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "clearlstm needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

# pip 25.1 is the first that knows dependency groups.
$(INSTALLED): pyproject.toml $(CONSTRAINTS) | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(INSTALL) --editable .
	@touch $@

$(INSTALLED_DEV): $(INSTALLED)
	$(INSTALL) --group test --group lint
	$(BIN)/python scripts/install_peers.py $(MISSING) $(CONSTRAINTS)
	@touch $@

$(INSTALLED_SITE): pyproject.toml scripts/site.txt | $(INSTALLED_DEV)
	rm -rf $(SITE_TOOLS)
	$(BIN)/python -m pip install --quiet --target $(SITE_TOOLS) $(if $(CONSTRAINTS),--requirement scripts/site.txt,--group site)
	@touch $@
