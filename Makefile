# Every command of the project has its one recipe here. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help run install test lint format bench soak screenshots clean

help:
	@echo 'make run [PHOTOS=DIR]  find photos by describing them: in DIR, your Pictures folder, or the sample library'
	@echo 'make test              all tests (ARGS="-k name" to choose, WORKERS=0 for one process)'
	@echo 'make lint              style, types and walls'
	@echo 'make format            put the code into the house style'
	@echo 'make bench             all measurements (ARGS=search for one of them)'
	@echo 'make soak              10,000 photos of 12 megapixels: memory stays flat'
	@echo 'make screenshots       draw the pictures of the README anew'
	@echo 'make clean             remove what the other commands made'

# PHOTOS reaches the shell through the environment, so that a folder may have spaces and quotes in its name.
export PHOTOS
run: $(INSTALLED)
	@$(BIN)/recollect start $${PHOTOS:+"$$PHOTOS"}

install: $(INSTALLED)

test: $(INSTALLED)
	@.ci/qt-libraries
	$(BIN)/python -m pytest -m 'not soak' --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks $(ARGS)

soak: $(INSTALLED)
	$(BIN)/python -m benchmarks memory --photos 10000

screenshots: $(INSTALLED)
	@.ci/qt-libraries
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m docs.make_screenshots

clean:
	rm -rf .venv build dist *.egg-info .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installed again only when a list of packages changes. The mark `unfinished` survives an interruption or a lost
# network: a half-filled environment is then built anew instead of being trusted (downloads are kept by pip).
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Recollect needs Python 3.11 or newer; $(PYTHON) is older or missing.' >&2; \
	  echo 'Install a newer one and name it: make $(MAKECMDGOALS) PYTHON=python3.12' >&2; exit 1; }
	@if [ -e .venv/unfinished ]; then rm -rf .venv; fi
	@$(PYTHON) -m venv .venv || { \
	  echo 'Python cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv python3-dev' >&2; exit 1; }
	@touch .venv/unfinished
	@echo 'Installing what Recollect needs; the first time takes some minutes.'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --editable '.[desktop,samples,evaluate,trainer,starter,dev]' --constraint constraints.txt
	@mv .venv/unfinished $@
