# lamplit: `make demo` shows it at work, `make test` proves it. Needs Python 3.11 or newer.
#
# The environment lives in .venv and is made anew only when pyproject.toml changes.
# Choose an interpreter with `make PYTHON=python3.12 test`.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
MARK := $(shell cksum < pyproject.toml | tr -d ' ')
RUN := $(VENV)/.run-$(MARK)
DEV := $(VENV)/.dev-$(MARK)
# The pages are built anew when their sources, or the API and the words they are typed from, change.
PAGES := src/lamplit/web/pages/index.html
MODULES := ui/node_modules/.package-lock.json
CONTRACT := ui/openapi.json
PAGE_SOURCES := $(shell find ui/src ui/public -type f 2>/dev/null) ui/index.html ui/vite.config.ts
API_SOURCES := $(shell find src/lamplit/web src/lamplit/domain src/lamplit/services/field -name '*.py') \
	src/lamplit/meters/quarantine.py

PROCESSES = $(shell $(BIN)/python -c 'import os; print((3 * os.cpu_count() + 1) // 2)')
FILES := --dist loadfile --no-loadscope-reorder

# Hundreds of processes run lamplit in the tests: each would compile every module anew without this.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint style types contracts page-types page-style page-tests format fast slow ui docs bench \
	clean help

help:
	@echo "make demo    a simulated town up to last night, its list, its neighbourhood, its pages"
	@echo "make test    style, types, import contracts, then all tests"
	@echo "make lint    the first three of these alone"
	@echo "make ui      build the pages anew where they have changed"
	@echo "make bench   the speed figures of bench/RESULTS.md, then those of the pages in a browser"
	@echo "make docs    write the generated pages of docs/reference anew"
	@echo "make clean   remove the environment and what tools left"

demo: $(RUN) $(PAGES)
	@$(BIN)/lamplit demo

# What needs no server, browser or engine goes two at a time, the longest first.
test: $(DEV) $(CONTRACT)
	@$(MAKE) --no-print-directory -j 2 --output-sync=target types page-tests lint $(PAGES)
	@$(MAKE) --no-print-directory fast slow

lint: types page-types page-style contracts style

style: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)
	$(BIN)/mypy

contracts: $(DEV)
	$(BIN)/lint-imports

page-types: $(CONTRACT)
	ui/npm run --silent check

page-style: $(CONTRACT)
	ui/npm run --silent lint

page-tests: $(CONTRACT)
	ui/npm run --silent test

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# -rs names every skipped test with its reason. A process takes whole files, in the order of
# tests/conftest.py. Tests wait for disks, and the slow ones for servers, browsers and engines of their
# own, so three processes keep two cores busy.
fast: $(DEV) $(PAGES)
	$(BIN)/pytest -m "not slow" -n $(PROCESSES) $(FILES) -rs

slow: $(DEV) $(PAGES)
	$(BIN)/pytest -m slow -n 3 $(FILES) -rs

ui: $(PAGES)

docs: $(DEV)
	$(BIN)/python docs/generate.py

bench: $(DEV) $(PAGES)
	@for bench in bench/[a-z]*.py bench/pages/[a-z]*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

clean:
	rm -rf ui/node_modules ui/openapi.json ui/src/api/schema.d.ts ui/src/language/domain.json ui/src/parts/password/policy.json
	rm -rf src/lamplit/web/pages $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench docs -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# Quiet when all is well; the whole log when it is not.
define install
	@echo "Installing $(1) into $(VENV) (once) …"
	@$(BIN)/python -m pip install --disable-pip-version-check -e '$(1)' > $(VENV)/install.log 2>&1 \
		|| { cat $(VENV)/install.log; echo "The installation failed; the reason stands above."; exit 1; }
	@rm -f $(VENV)/.run-* $(if $(findstring dev,$(1)),$(VENV)/.dev-*)
	@touch $(RUN) $(if $(findstring dev,$(1)),$(DEV))
endef

$(RUN): | $(BIN)/python
	$(call install,.)

$(DEV): | $(BIN)/python
	$(call install,.[dev])

$(MODULES): ui/package-lock.json | $(BIN)/python
	@echo "Installing what the pages are built with (once) …"
	@ui/npm ci --silent --no-progress
	@touch $@

# Both files are rewritten only where their content changed, the mark always.
$(CONTRACT): $(API_SOURCES) ui/contract.py $(MODULES) | $(RUN)
	@$(BIN)/python ui/contract.py
	@ui/npm run --silent types > /dev/null
	@touch $@

$(PAGES): $(PAGE_SOURCES) $(CONTRACT) $(MODULES)
	@echo "Building the pages …"
	@ui/npm run --silent build > $(VENV)/pages.log 2>&1 \
		|| { cat $(VENV)/pages.log; echo "The pages could not be built; the reason stands above."; exit 1; }
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "lamplit needs Python 3.11 or newer, and none was found; name one: make PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11; name another: make PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PYTHON) can't make virtual environments; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
