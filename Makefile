# Every target sets up .venv by itself, from requirements.lock: with uv where it is installed, else with venv and pip.
PYTHON ?= python3
PROJECT ?= readback-demo
BIN := .venv/bin
READY := .venv/.ready

.PHONY: run test check dashboard simulate-stats bench lock clean

run: $(READY)
	$(BIN)/readback demo

test: check
	$(BIN)/python -m pytest -n auto --dist loadscope

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint models
	$(BIN)/lint-imports

dashboard: $(READY)
	$(BIN)/readback dashboard --project $(PROJECT)

simulate-stats: $(READY)
	$(BIN)/python benchmarks/promises.py

bench: $(READY)
	$(BIN)/python benchmarks/run.py

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "readback needs Python 3.11 or newer, and $(PYTHON) is not; name one: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up .venv; the first time takes some minutes"
	@if command -v uv >/dev/null; then \
	    uv venv --quiet --allow-existing --python $(PYTHON) .venv && \
	    uv pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements.lock && \
	    uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .; \
	else \
	    $(PYTHON) -m venv .venv && \
	    $(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock && \
	    $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .; \
	fi
	@touch $@

# Needs uv. Keeps the versions that are locked: `make lock UPGRADE=--upgrade` takes the newest.
lock:
	uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --group dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv dist
