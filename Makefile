# Zhike. `make` lists what there is to make.
#
# Needed beforehand: Python 3.11 or newer with pip or venv, Node 20 or newer. Nothing is installed
# outside this folder, and nothing is done again unless what it depends on has changed.

PYTHON ?= python3
BIN := .venv/bin
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)

# `make setup` leaves its traces inside what it made, so that deleting that is enough to redo it.
ENVIRONMENT := .venv/.made
NODE_MODULES := frontend/node_modules/.made
ASSETS := src/zhike/web/static/dist/.made
MESSAGES := $(patsubst %.po,%.mo,$(wildcard src/zhike/locale/*/LC_MESSAGES/*.po))

# The styles are made from the classes that the templates and components use.
ASSET_SOURCES := $(shell find frontend src/zhike/web/templates \
	\( -name node_modules -o -name dist \) -prune -o -type f -print 2>/dev/null)
SOURCES := $(wildcard src tests benchmarks scripts)
TEMPLATES = $(shell find src -name '*.html' -path '*/templates/*')

.PHONY: help setup run test check bench wheel clean
.DEFAULT_GOAL := help

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: $(ENVIRONMENT) $(MESSAGES) $(if $(wildcard frontend/package.json),$(ASSETS)) ## Install and build whatever is missing or out of date

run: setup ## Start Zhike with a demo company and open it in the browser
	@exec $(BIN)/zhike serve --demo $(OPTIONS)

test: setup ## Run the tests (OPTIONS="-k restore" for some of them)
	$(BIN)/pytest $(OPTIONS)

check: setup ## Check style, types, floors of the house and templates
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(if $(TEMPLATES),$(BIN)/djade --check $(TEMPLATES))

bench: setup ## Measure, and print ratios
	@set -e; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file; done

wheel: setup ## Build the wheel into dist/
	$(UV) build --wheel

clean: ## Remove everything that can be made again (no data)
	rm -rf .venv .tools dist frontend/node_modules src/zhike/web/static/dist $(MESSAGES)
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.tools/bin/uv:
	$(PYTHON) -m venv .tools 2>/dev/null && .tools/bin/pip install --quiet uv \
		|| { rm -rf .tools; $(PYTHON) -m pip install --quiet --target .tools uv; }

$(ENVIRONMENT): pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen
	@touch $@

$(NODE_MODULES): frontend/package.json frontend/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20 or newer is needed (the command npm)." >&2; exit 1; }
	cd frontend && npm ci --no-audit --no-fund
	@touch $@

$(ASSETS): $(NODE_MODULES) $(ASSET_SOURCES)
	cd frontend && npm run build
	@mkdir -p $(@D) && touch $@

%.mo: %.po scripts/compile_messages.py | $(ENVIRONMENT)
	$(BIN)/python scripts/compile_messages.py $<
