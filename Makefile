# Countersign: everything a developer types. `make` alone lists it.
#
# Needs Python 3.11 or newer (with pip and venv) and make; the rest goes into .venv/.

PYTHON ?= python3
PORT ?= 5000
VENV ?= .venv
PYTEST_ARGS ?=
ABUSE_ARGS ?=
STEPS ?= 50000
SEED ?=
JOBS ?= 2
MINUTES ?= 30
BENCH_ARGS ?=

BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed

# pip says on every call that it is root, or out of date; neither matters inside a venv of our own.
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip
INSTALL := $(PIP) install -qq --require-hashes --no-deps -r

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint typecheck format pytest tools venv lock requirements secrets audit sbom bench bench-large bench-short profile soak delivery-bench ten-thousand abuse-cost fuzz fuzz-check translations screenshots help-pictures clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Another Python: make venv PYTHON=python3.13 (3.11 or newer)"

run: $(RUNTIME) ## The whole site with demo data on http://127.0.0.1:5000, until Ctrl-C; PORT=8080 moves it
	@PORT=$(PORT) exec $(BIN)/python scripts/run_site.py

# What is not a test is done side by side, and while what the tests need is being installed.
TOGETHER := -j 5 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

test: $(DEV) ## Everything: linters, type check, secrets, known holes, all tests
	@$(MAKE) --no-print-directory $(TOGETHER) tools typecheck secrets lint audit
	@$(MAKE) --no-print-directory pytest bench-short

lint: $(DEV) ## Ruff, import contracts, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/djlint --lint --allow-empty-input templates

typecheck: $(DEV) ## mypy
	$(BIN)/mypy

secrets: $(DEV) ## No key, token or password of somebody's in any file
	$(BIN)/python -m scripts.scan_secrets

audit: $(DEV) ## Known holes in the pinned packages; says so where the advisory database cannot be asked
	$(BIN)/python -m scripts.audit_dependencies

pytest: tools ## Only the tests: make pytest PYTEST_ARGS='-k code -x'
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS)

tools: $(DEV) ## A PostgreSQL server and a Chromium for the tests: found, or installed
	@$(BIN)/python -m scripts.test_tools

format: $(DEV) ## Put Python and templates into the house format
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

venv: $(DEV) ## The virtual environment with all development packages

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt | $(BIN)/python
	$(INSTALL) requirements.txt
	@touch $@

$(DEV): requirements-dev.txt | $(BIN)/python
	$(INSTALL) requirements-dev.txt
	@touch $@ $(RUNTIME)

lock: $(DEV) ## Pin requirements*.in anew, with hashes; LOCK_ARGS=--upgrade takes newer versions
	$(LOCK) $(LOCK_ARGS) requirements.in --output-file requirements.txt
	$(LOCK) $(LOCK_ARGS) requirements-dev.in --output-file requirements-dev.txt

requirements: $(DEV) ## docs/asvs.md and docs/threats.md anew: which test shows which requirement
	$(BIN)/python -m scripts.requirements

sbom: $(DEV) ## What a release is made of, as CycloneDX: build/sbom.json
	$(BIN)/python -m scripts.sbom build/sbom.json

fuzz: $(DEV) ## The whole site at random for long, the invariants after every step: STEPS=50000 SEED=1
	$(BIN)/python -m tests.fuzz --steps $(STEPS) $(if $(SEED),--seed $(SEED))

fuzz-check: $(DEV) ## That the fuzzing finds holes: each is dug on purpose, and how many steps it took is told
	$(BIN)/python -m tests.fuzz --steps 5000 --holes

bench: tools ## Every heavy job beside its limit and its peers, a quarter of an hour: benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.run $(BENCH_ARGS)

bench-large: tools ## Ten million contacts: their export beside psql (memory, processor time), and their pages
	$(BIN)/python -m benchmarks.run --large $(BENCH_ARGS)

bench-short: tools ## Half a minute of it: fails when a ratio is a fifth worse than the kept one (BENCH_ARGS=--keep keeps)
	$(BIN)/python -m benchmarks.run --short $(BENCH_ARGS)

profile: tools ## Where export, import and pages spend their time, by function
	$(BIN)/python -m benchmarks.profiling

soak: tools ## A real site under mixed load with faults, MINUTES=30: nothing lost, no error without a fault, memory flat
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

delivery-bench: $(DEV) ## How soon a code is with the provider, and how many a second two workers bring there
	$(BIN)/python benchmarks/delivery.py $(BENCH_ARGS)

ten-thousand: $(DEV) ## Ten thousand codes through a provider with every kind of fault: none lost, none sent twice
	$(BIN)/python benchmarks/ten_thousand.py $(BENCH_ARGS)

abuse-cost: $(DEV) ## What two attackers can make the site spend on texts in a day, tried out (ten minutes)
	$(BIN)/python benchmarks/abuse_cost.py $(ABUSE_ARGS)

translations: $(DEV) ## The catalogues in translations/ brought up to what the source says, and what they lack
	$(BIN)/python -m scripts.translations

screenshots: tools ## The pictures for README and docs, taken anew
	$(BIN)/python tests/browser/screenshots.py

help-pictures: tools ## The pictures of the help article in every language, taken anew: static/help/
	$(BIN)/python tests/browser/help_pictures.py

newcomer: tools ## From git clone to the first exported CSV as README tells it, in an empty home, timed
	$(BIN)/python -m scripts.newcomer

clean: ## Remove venv and caches; the data in instance/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
