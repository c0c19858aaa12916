# `make` lists what can be made. PYTHON picks the interpreter: make PYTHON=python3.12 run

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# Stamps: while they are newer than pyproject.toml there is nothing to install.
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
# Other frameworks, beside which tests and types are checked. Not all have a wheel for each Python and system.
PEERS := torch keras onnx baselines

.DEFAULT_GOAL := help
.PHONY: help run demo test lint format docs bench clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Forecast the bundled prices, say how good that is, write report.html
	$(BIN)/clearlstm forecast

demo: $(INSTALLED) ## The worked example: one LSTM unit, step by step
	$(BIN)/clearlstm demo

test: lint ## Everything that must hold: style, types, imports, tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: $(INSTALLED_DEV) ## Style, types and imports alone
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	@if [ -e $(VENV)/.all-peers ]; then echo $(BIN)/mypy; $(BIN)/mypy; \
	  else echo "types are not checked: that takes all of $(PEERS)"; fi
	$(BIN)/lint-imports

format: $(INSTALLED_DEV) ## Put the code in its usual form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(INSTALLED_DEV) ## Write docs/cli.md anew, and the outputs, numbers and pictures in the lesson and docs/inside
	$(BIN)/python -m scripts.cli_reference
	$(BIN)/python -m scripts.lesson_page
	$(BIN)/python -m scripts.inside_pages

bench: $(INSTALLED_DEV) ## Time this machine beside torch, write benchmarks/RESULTS.md
	$(BIN)/clearlstm bench --output benchmarks/RESULTS.md --notes benchmarks/shortfalls.md
	$(BIN)/python benchmarks/growth.py

clean: ## Remove the environment and every cache
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "clearlstm needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

# pip 25.1 is the first that knows dependency groups.
$(INSTALLED): pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(INSTALLED_DEV): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --group dev
	@rm -f $(VENV)/.all-peers; missing=; for peer in $(PEERS); do \
	  $(BIN)/python -m pip install --quiet --group $$peer || missing="$$missing $$peer"; done; \
	if [ -z "$$missing" ]; then touch $(VENV)/.all-peers; \
	else echo "not to be had for this Python and system:$$missing; the tests that need it are skipped"; fi
	@touch $@
