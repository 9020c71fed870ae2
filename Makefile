# The oracle's commands. `make run` needs Python >= 3.11 and a package registry; nothing else.
SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
# The first interpreter that is new enough; PYTHON=… takes another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
PYTEST_WORKERS ?= 2
FUZZ_BODIES ?= 100000
MUTATE_MINUTES ?= 10
export VENV

.DEFAULT_GOAL := help
.PHONY: help run stop status test chaos test-python fuzz mutate bench lint format lock clean python install install-test install-bench

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST)

python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "The oracle needs Python 3.11 or newer; found: $$($(or $(PYTHON),python3) --version 2>&1 || echo none)."; \
	echo "Install one, or name it: make run PYTHON=/path/to/python3.12"; exit 1; }

install: python
	@"$(PYTHON)" local/install.py local

install-test: python
	@"$(PYTHON)" local/install.py test

install-bench: python
	@"$(PYTHON)" local/install.py bench

run: install ## start the whole oracle here; Ctrl-C ends it
	@exec $(BIN)/python -m local run

stop: ## end a running oracle
	@test -x $(BIN)/python || { echo "nothing is installed, so nothing runs"; exit 0; }; exec $(BIN)/python -m local stop

status: ## say what runs and how it is
	@test -x $(BIN)/python || { echo "nothing is installed, so nothing runs"; exit 1; }; exec $(BIN)/python -m local status

test: install-test ## run every test: contracts, then Python
	@if [ -d contracts/node_modules ]; then cd contracts && npm_config_update_notifier=false bin/build --check && \
	bin/forge test; fi
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS)

chaos: install-test ## 200 rounds with ill sources, 1,000 reports with dying workers and servers, lying nodes and forks; prints figures
	CHAOS_ROUNDS=200 CHAOS_REPORTS=1000 $(BIN)/python -m pytest -s tests/chaos

test-python: python ## run the tests without servers on another interpreter: make test-python PYTHON=python3.12
	@v=.venv-$$("$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	VENV=$$v "$(PYTHON)" local/install.py test && $$v/bin/python -m pytest -n $(PYTEST_WORKERS) -m "not e2e and not browser"

fuzz: install-test ## damage a hundred thousand replies and read each: make fuzz, make fuzz FUZZ_BODIES=1000000
	FUZZ_BODIES=$(FUZZ_BODIES) $(BIN)/python -m pytest -q tests/sources/adapters/test_fuzz.py

mutate: install-test ## change the contracts in one place at a time: which change does no test notice? MUTATE_MINUTES=60
	contracts/bin/mutate --minutes $(MUTATE_MINUTES)

bench: install-bench ## measure against floors and rivals: make bench, make bench ONLY=fetch,gas
	$(BIN)/python -m bench --only "$(ONLY)"

lint: install-test ## ruff, mypy, import rules, Django checks, missing migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy apps oracle_project local simulator bench
	$(BIN)/lint-imports
	$(BIN)/python manage.py check
	PYTHONWARNINGS=ignore::RuntimeWarning $(BIN)/python manage.py makemigrations --check --dry-run

format: install-test ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: python ## pin every transitive version anew in requirements/constraints.txt
	@rm -rf .venv-lock && "$(PYTHON)" -m venv .venv-lock && : > requirements/constraints.txt
	.venv-lock/bin/pip install --quiet --disable-pip-version-check -r requirements/test.txt
	@{ echo "# Every transitive version, so that two installs are the same. Made by \`make lock\`."; \
	.venv-lock/bin/pip freeze --disable-pip-version-check; } > requirements/constraints.txt; rm -rf .venv-lock

clean: ## remove caches and build products; .oracle (data, keys) and .venv stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis contracts/out contracts/cache
	find . -name __pycache__ -not -path './.venv*' -type d -prune -exec rm -rf {} +
