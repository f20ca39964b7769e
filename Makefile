# One command for each thing that a person wants. Everything lives in .venv; nothing else is changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP = @echo "installing into $(VENV), which takes some minutes the first time" && $(BIN)/python -m pip --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help

help:             ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

demo: $(VENV)/.run            ## three questions to the emulator: tables, a picture, a summary
	$(BIN)/python -m engagement_kit.demo

test: $(VENV)/.test           ## all tests
	$(BIN)/python -m pytest -n logical

lab: $(VENV)/.lab             ## JupyterLab on the first notebook; LAB="--no-browser" is passed on
	$(BIN)/jupyter lab $(LAB) notebooks/00_start_here.ipynb

emulator: $(VENV)/.run        ## the emulator by itself, with keys as environment lines
	$(BIN)/engagement-kit emulator

check: $(VENV)/.check         ## lint, types, walls between rooms, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n logical

prove: $(VENV)/.test          ## the proofs that take minutes, beyond `make check`
	$(BIN)/python -m pytest -n logical -m long

lowest: $(VENV)/.audit        ## the tests on the lowest versions that pyproject.toml allows
	.ci/lowest

zones: $(VENV)/.test          ## the tests in five time zones and two locales that are not English. An hour
	.ci/zones

hours: $(VENV)/.test          ## the tests at odd hours of odd days, by a moved clock (Linux). Hours
	.ci/hours

audit: $(VENV)/.audit         ## known faults, licences and age of what is installed
	$(BIN)/python .ci/audit.py

dist: $(VENV)/.test           ## wheel and sdist, in dist/
	$(BIN)/python -m build

bench: $(VENV)/.test          ## the measurements of benchmarks/
	$(BIN)/python benchmarks/importing.py
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/tables.py
	$(BIN)/python benchmarks/emulator.py
	$(BIN)/python benchmarks/planning.py
	$(BIN)/python benchmarks/running.py
	$(BIN)/python benchmarks/store.py
	$(BIN)/python benchmarks/forms.py
	$(BIN)/python benchmarks/insight.py

mutants: $(VENV)/.mutation    ## change the pure rooms, one thing at a time: does a test notice? Hours
	$(BIN)/mutmut run --max-children 2 $(MUTANTS)
	$(BIN)/mutmut results

notebooks: $(VENV)/.test      ## make the notebooks anew of notebooks/text/, without outputs
	$(BIN)/python notebooks/renew.py

docs: $(VENV)/.test           ## build docs/ into build/docs/; a warning is an error
	$(BIN)/python -m sphinx -n -W --keep-going -q -b html docs build/docs

samples: $(VENV)/.run         ## make data/samples/ anew from the emulator
	$(BIN)/python data/samples/make.py

clean:            ## forget the environments, what was built, and what the demo made
	rm -rf $(VENV) .venv-lowest build dist mutants data/demo

# Each stamp says which extras are installed; it is older than pyproject.toml when that changed.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[test,docs]'
	@touch $@

$(VENV)/.mutation: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[test,mutation]'
	@touch $@

$(VENV)/.lab: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[lab]'
	@touch $@

$(VENV)/.check: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[test,docs,lint]'
	@touch $@

# All extras: an audit of what is not installed would say nothing of its licences.
$(VENV)/.audit: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[test,docs,lint,audit,mutation]'
	@touch $@

.PHONY: help demo test lab emulator check prove lowest zones hours audit dist bench mutants notebooks docs samples clean
