# Everything a newcomer needs: make demo, make test. `make help` lists the rest.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SCALE ?= 100k
# Compiled modules are kept whatever the surroundings say: every worker of a run and every program it starts reads them.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak fmt docs clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m compileall -q recordroom screens tui reports exchange db config rules
	@touch $@

demo: $(STAMP) ## open the workstation on a synthetic hospital (prints its census where there is no terminal)
	@$(BIN)/recordroom demo

# Three at a time on two cores: many tests wait for terminals and for sshd.
test: $(STAMP) ## run the tests
	$(BIN)/pytest -q -n 3 --dist worksteal

soak: $(STAMP) ## run the tests of the store at full length (hours)
	$(BIN)/pytest -q -m soak --timeout 14400 -rA

check: $(STAMP) ## lint, format, types, import contracts, docs coverage
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q tests/structure

bench: $(STAMP) ## measure against the anchors (SCALE=100k or 1m)
	$(BIN)/python -m benchmarks --scale $(SCALE)

fmt: $(STAMP) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(STAMP) ## write the generated pages of docs/ anew
	$(BIN)/python -m recordroom.docs

clean: ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
