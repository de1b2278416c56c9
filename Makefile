# `make demo` and `make test` do all set-up themselves: .venv, the package, system libraries.

VENV := .venv
PY := $(VENV)/bin/python
FIND_PYTHON = python=$$(PYTHON="$(PYTHON)" sh tools/find_python.sh)
# Tests and pictures always run on a display of their own, also beside a desktop: each process of pytest has one.
PYTEST = env -u WAYLAND_DISPLAY QT_API=pyqt6 QT_QPA_PLATFORM=xcb $(PY) -m pytest
ON_XVFB = env -u WAYLAND_DISPLAY QT_API=pyqt6 QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1920x1080x24"
# Packages are compiled on all cores and without their tests; pip does it one file at a time.
INSTALL = $(PY) -m pip install --quiet --disable-pip-version-check --no-compile
COMPILE = $(PY) -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true
# A worker that dies ends the run: with whole files to hand out, xdist waits for ever for the one that takes its place.
IN_PARALLEL = -n auto --maxprocesses 4 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder
ON_DISPLAY := $(or $(DISPLAY),$(WAYLAND_DISPLAY))
WALK = $(ON_XVFB) $(PY) tools/walk.py
GALLERY = $(ON_XVFB) $(PY) tools/gallery.py
STATES = $(ON_XVFB) $(PY) tools/states.py
TRACE_PICTURES = $(ON_XVFB) $(PY) tools/trace_pictures.py

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check bench soak mutants pictures clean libraries libraries-headless libraries-test libraries-bench

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(if $(ON_DISPLAY),libraries,libraries-headless) $(VENV)/.installed ## Open the sample data set, SAMPLE=imaging or KWIK=path in napari; pictures in build/demo without a display
ifneq ($(ON_DISPLAY),)
	@$(PY) -m napari_phy.cli $(if $(KWIK),open "$(KWIK)",demo $(if $(SAMPLE),--sample $(SAMPLE)))
else
	@$(WALK) build/demo $(if $(KWIK),"$(KWIK)") $(if $(SAMPLE),--sample $(SAMPLE))
	@echo "No display here: the walk's screenshots are in $(CURDIR)/build/demo"
endif

test: libraries-headless $(VENV)/.installed-dev ## Run the tests; ARGS="tests/core -k merge" for some
	@$(PYTEST) $(IN_PARALLEL) $(ARGS)

check: $(VENV)/.installed-dev ## Style, types, import fences, manifest
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy --strict
	$(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/npe2 validate src/napari_phy/napari.yaml

soak: libraries-headless $(VENV)/.installed-dev ## Run the tests that take hours; they print their seed, NAPARI_PHY_SOAK_SEED=1 sets it
	@$(PYTEST) -m "soak or hypothesis" $(ARGS)

mutants: libraries-headless $(VENV)/.installed-mutants ## Change the code at 100 random places and see whether tests notice; ARGS="--number 20 --seed 1 stats"
	@$(ON_XVFB) $(PY) tools/mutants.py $(ARGS)

bench: libraries-bench benchmarks/.venv/.installed ## Compare with phy, phylib and SpikeInterface, in an environment of its own
	benchmarks/.venv/bin/python benchmarks/run.py $(ARGS)

pictures: libraries-headless $(VENV)/.installed ## Draw the pictures of the docs again
	@$(WALK) build/pictures/dark && $(WALK) build/pictures/light --theme light && $(WALK) build/pictures/small --size 1280x800
	@mkdir -p docs/pictures
	@cp build/pictures/dark/2-three-clusters.png docs/pictures/sort_dark.png
	@cp build/pictures/dark/5-lasso.png docs/pictures/lasso_dark.png
	@cp build/pictures/light/6-split.png docs/pictures/split_light.png
	@cp build/pictures/small/2-three-clusters.png docs/pictures/sort_small.png
	@$(WALK) build/pictures/imaging --sample imaging --size 1280x800
	@cp build/pictures/imaging/2-later.png docs/pictures/imaging_sample.png
	@$(WALK) build/pictures/cells --sample imaging
	@cp build/pictures/cells/3-which-cell.png docs/pictures/imaging_cells.png
	@$(TRACE_PICTURES) docs/pictures
	@$(GALLERY) docs/pictures
	@$(STATES) docs/pictures

clean: ## Remove what was built; .venv stays
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis benchmarks/results
	find src tests tools benchmarks -name .venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

libraries:
	@$(FIND_PYTHON) && "$$python" tools/system_libraries.py

libraries-headless:
	@$(FIND_PYTHON) && "$$python" tools/system_libraries.py --headless

libraries-test:
	@$(FIND_PYTHON) && "$$python" tools/system_libraries.py --headless --browser

libraries-bench:
	@$(FIND_PYTHON) && "$$python" tools/system_libraries.py --headless --qt5

%/bin/python:
	@$(FIND_PYTHON) && "$$python" tools/make_venv.py "$*"

$(VENV)/.installed: pyproject.toml | $(PY)
	@echo "Installing napari-phy with its extras into $(VENV): a few minutes the first time."
	@$(INSTALL) --editable ".[all]"
	@$(COMPILE)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(PY)
	@echo "Installing napari-phy with its extras and developers' tools into $(VENV): a few minutes the first time."
	@$(INSTALL) --editable ".[all,dev]"
	@$(COMPILE)
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-mutants: $(VENV)/.installed-dev
	@$(INSTALL) --editable ".[mutants]"
	@touch $@

benchmarks/.venv/.installed: benchmarks/requirements.txt pyproject.toml | benchmarks/.venv/bin/python
	@echo "Installing napari-phy, phy, phylib and SpikeInterface into benchmarks/.venv: a few minutes the first time."
	@benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/requirements.txt
	@touch $@
