# The only commands to learn. Each one does its own set-up on a fresh machine.
PY := .venv/bin/python
export PYTHONUTF8 := 1
# Every process would compile all it imports again, which an installed program never does.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check setup bench eval screenshots build clean nightly window rehearsal

run: setup        ## open the desktop on the demonstration project (headless without a display)
	@$(PY) -m icdmapper.cli.main demo

test: setup       ## the whole suite
	@$(PY) -m pytest -n 2 --dist loadfile -m "not nightly and not window"

check: setup      ## format, style, types, import contracts
	@$(PY) -m ruff format --check src tests benchmarks
	@$(PY) -m ruff check src tests benchmarks
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports

window: setup     ## the real window under a virtual screen, driven by keys, its plug pulled
	@$(PY) -m pytest -m window

nightly: setup    ## the long tiers: every damaged file, every kill
	@$(PY) -m pytest -m nightly

bench: setup      ## speed and memory, printed and written to build/bench.json
	@$(PY) -m benchmarks.bench

eval: setup       ## matching quality; DATA=folder of evaluation sets
	@$(PY) -m benchmarks.evaluate $(if $(DATA),--data $(DATA))

rehearsal: setup  ## a month of nights against look-alikes of the HIS and of the platform
	@$(PY) -m benchmarks.rehearsal

screenshots: setup ## every page, light and dark, in both languages and four sizes, into build/screenshots
	@$(PY) -m benchmarks.screenshots

build: setup      ## wheel into dist/
	@$(PY) -m pip wheel --quiet --no-deps --wheel-dir dist .

setup:
	@bash packaging/linux/setup.sh

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
