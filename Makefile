# What there is to do. `make` alone lists it. Everything installs into .venv and js/node_modules.

PYTHON ?= python3
PY := .venv/bin/python

.PHONY: help demo lab test test-js test-python test-notebooks test-browser test-trains prove lint bench bench-others types bundle clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^\([a-z-]*\):.*## */  \1\t/p' $(MAKEFILE_LIST) | expand -t 20

# ------------------------------------------------------------------ environments, made once

# The package alone.
.venv/bare: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# The package with what its tests and checks need.
.venv/ready: .venv/bare pyproject.toml
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@

js/node_modules/.ready: js/package-lock.json
	@command -v npm > /dev/null || { echo "Node.js 20 or newer with npm is needed: https://nodejs.org" >&2; exit 1; }
	cd js && npm ci --no-audit --no-fund
	@touch $@

# ------------------------------------------------------------------ use it

demo: .venv/bare  ## write a training package into demo-out, with neither browser nor network
	$(PY) -m trainpkg_widgets.command_line demo demo-out

lab: .venv/ready  ## open JupyterLab in notebooks/
	$(PY) -m jupyterlab notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

# ------------------------------------------------------------------ check it, the quick first

test: test-js test-python test-notebooks test-browser test-trains  ## all tests

test-js: js/node_modules/.ready  ## the front end, in Node
	cd js && npm test

test-python: .venv/ready  ## the kernel side, with a Hub on loopback
	$(PY) -m pytest -m "not browser and not trains and not prove"

test-notebooks: .venv/ready  ## the notebooks, executed
	$(if $(wildcard notebooks/*.ipynb),$(PY) -m pytest --nbval-lax notebooks,@echo "There is no notebook yet.")

test-browser: .venv/ready  ## the wizard in a real notebook, in a headless Chromium
	CHROMIUM=$$(.ci/chromium) && export CHROMIUM && $(PY) -m pytest -m browser

test-trains: .venv/ready  ## a written package, in the environment it asks for, trains a tiny model
	$(PY) -m pytest -m trains

prove: .venv/ready  ## the heavy proofs: each trainer, in the environment its packages ask for; what was seen goes into docs/targets.md
	RECORD_PROOF=1 $(PY) -m pytest -m prove
	$(PY) -m tools.targets_page > docs/targets.md

lint: .venv/ready js/node_modules/.ready  ## ruff, mypy, tsc, biome, and that what is generated is fresh
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	cd js && PYTHON=$(CURDIR)/$(PY) npm run check

bench: .venv/ready .venvs/gradio  ## start-up and round trips beside a bare anywidget, the bundle's size, the memory estimate's errors, the catalogue at a million models
	$(PY) -m tests.bench.start_up
	CHROMIUM=$$(.ci/chromium) && export CHROMIUM && $(PY) -m tests.bench.in_the_browser && $(PY) -m tests.bench.model_step --gradio .venvs/gradio/bin/python
	cd js && node build.mjs --check
	$(PY) -m tests.bench.memory
	$(PY) -m tests.bench.catalogue
	$(PY) -m tests.bench.data
	$(PY) -m tests.bench.sources
	$(PY) -m tests.bench.tokens

# What others made, each in an environment of its own: never a dependency of ours.
.venvs/fitcheck-llm .venvs/canifinetune .venvs/gradio:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check $(notdir $@)

.venvs/accelerate:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check accelerate transformers torch

bench-others: .venv/ready .venvs/fitcheck-llm .venvs/canifinetune .venvs/accelerate  ## the memory estimate beside fitcheck-llm, canifinetune and accelerate, on the rows that each takes
	$(PY) -m tests.bench.side_by_side $(foreach name,fitcheck-llm canifinetune accelerate,$(name)=.venvs/$(name)/bin/python)

# ------------------------------------------------------------------ write what is generated

types: .venv/ready js/node_modules/.ready  ## js/src/wire.ts from wire.py, and the JSON Schemas of the settings
	cd js && PYTHON=$(CURDIR)/$(PY) npm run types
	$(PY) -m trainpkg_widgets.settings.json_schema trainpkg_widgets/config/schemas
	$(PY) -m trainpkg_widgets.settings.packed
	$(PY) -m trainpkg_widgets.first_results
	$(PY) -m trainpkg_widgets.package.manifest > trainpkg_widgets/package/manifest.schema.json

bundle: js/node_modules/.ready  ## trainpkg_widgets/static/{widget,later}.js from js/src
	cd js && npm run build

clean:  ## remove the environments
	rm -rf .venv .venvs js/node_modules
