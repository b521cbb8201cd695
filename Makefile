# The two commands of a newcomer are `make test` and `make demo`; everything they need is set up on
# the way and kept, so that the second time is quick.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
PHOTOS ?=
# In the order of collection: what flushes the database comes after what expects it as migrated.
# One more than two cores: those that wait for a machine of their own leave a core to others.
PYTEST_ARGS ?= -n 3 --dist loadgroup --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help test demo demo-reset screenshots messages frontend lint format docs wheel packages-test packages-demo packages-bench clean

help:
	@echo "make test      install what is needed and run the whole suite"
	@echo "make demo      run the example studio on http://127.0.0.1:$(PORT)/ (PORT=, PHOTOS=/a/folder)"
	@echo "make frontend  bundle the JavaScript and CSS"
	@echo "make lint      ruff and the missing-migrations check;  make format mends what it can"
	@echo "make messages  gather the words for translation and compile them (LANGUAGES=de adds one)"
	@echo "make tox       the suite on every Python and Django that is promised (CELLS=lowest,lint)"
	@echo "make docs      build the documentation;  make wheel builds the package into dist/"
	@echo "make screenshots  its pictures and the README's, from a running make demo (PORT=)"
	@echo "make bench     measure against other ways and the goals, in ten minutes;  make fuzz 20,000 files"
	@echo "make bench-client  50 clients at once in a gallery of 4,000 photos, through nginx"
	@echo "make load      50 clients, 4 uploading and 2 ZIPs at once for a minute and a half, through nginx"
	@echo "make browser   every walk in Chromium, those too that the suite leaves out"
	@echo "make fresh-site  into a site of wagtail start, by the README's lines, with all that runs"
	@echo "make deploy-test  a machine from the shipped files, to the letter, and a shoot on it"
	@echo "make chaos     500 uploads over a bad line to a server that is killed every few seconds"
	@echo "make drills    every fault at every system call, in half an hour;  make soak 1,000 at random, then 5,000 files"
	@echo "make audit     the installed packages against the known holes, where their list can be reached"
	@echo "make machines  worker hosts that are cut off and killed, Redis, S3, in ten minutes"
	@echo "make upgrades  rows of every earlier release migrated forward, on SQLite and PostgreSQL"
	@echo "make demo-reset  forget everything in the demo studio"

test: packages-test $(VENV)/.installed frontend
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

demo: packages-demo $(VENV)/.installed frontend
	@exec $(BIN)/python scripts/demo.py --port $(PORT) $(if $(PHOTOS),--photos "$(PHOTOS)")

demo-reset:
	rm -rf example_site/var

packages-test packages-demo packages-bench: packages-%:
	@PYTHON="$(PYTHON)" bash scripts/system_packages.sh $*

$(VENV)/.installed: setup.py pyproject.toml scripts/virtual_environment.sh
	@bash scripts/virtual_environment.sh "$(PYTHON)" $(VENV) "testing,raw,fast,demo,docs"
	@touch $@

frontend: $(VENV)/.installed
	@$(BIN)/python scripts/frontend.py

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -q tests/test_house.py

format: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: $(VENV)/.installed packages-test
	@$(BIN)/python scripts/messages.py $(LANGUAGES)

screenshots: $(VENV)/.installed
	$(BIN)/python scripts/screenshots.py http://127.0.0.1:$(PORT)
	$(BIN)/python scripts/guide_screenshots.py http://127.0.0.1:$(PORT)

docs: $(VENV)/.installed
	$(BIN)/sphinx-build -W -b html docs docs/_build/html

.PHONY: bench fuzz chaos
bench: packages-bench $(VENV)/.installed
	@cd tests/benchmarks && npm install --silent --no-package-lock || true
	@$(BIN)/python -m tests.benchmarks $(PARTS)

.PHONY: bench-client
bench-client: packages-bench $(VENV)/.installed frontend
	@$(BIN)/python -m tests.benchmarks.client

.PHONY: load
load: packages-bench $(VENV)/.installed frontend
	@$(BIN)/python -m tests.benchmarks.load

fuzz: $(VENV)/.installed
	@FUZZ_FILES=$(or $(FUZZ_FILES),20000) $(BIN)/python -m pytest -q tests/intake/test_fuzz.py

chaos: packages-test $(VENV)/.installed frontend
	@CHAOS_FILES=$(or $(CHAOS_FILES),500) $(BIN)/python -m pytest -q -s tests/uploads/test_chaos.py

.PHONY: browser
browser: packages-test $(VENV)/.installed frontend
	@BROWSER_TESTS=all $(BIN)/python -m pytest -q tests/browser tests/uploads/test_chromium.py

.PHONY: fresh-site
fresh-site: packages-test $(VENV)/.installed frontend
	@FRESH_SITE=all $(BIN)/python -m pytest -q tests/fresh_site tests/docs/test_tutorial.py

.PHONY: deploy-test
deploy-test: packages-test $(VENV)/.installed frontend
	@DEPLOY_TESTS=all $(BIN)/python -m pytest -q tests/deploy

.PHONY: drills soak
drills: packages-test $(VENV)/.installed
	@FAULT_DRILLS=all $(BIN)/python -m pytest -q -s tests/faults tests/delivery/test_cold_faults.py
	@ACCESS_MATRIX=all $(BIN)/python -m pytest -q tests/client/test_access_matrix.py

.PHONY: upgrades
upgrades: packages-test $(VENV)/.installed
	@UPGRADES=all $(BIN)/python -m pytest -q tests/upgrades

soak: packages-test $(VENV)/.installed
	@SOAK_FAULTS=$(or $(SOAK_FAULTS),1000) SOAK_FILES=$(or $(SOAK_FILES),5000) \
		$(BIN)/python -m pytest -q -s tests/faults/test_random_faults.py tests/faults/test_soak.py

.PHONY: machines
machines: packages-test $(VENV)/.installed frontend
	@MACHINES=all $(BIN)/python -m pytest -q --durations=0 tests/machines

.PHONY: tox
tox: $(VENV)/.installed frontend
	PYENV_VERSION="$$(pyenv versions --bare 2>/dev/null | paste -sd:)" \
		$(BIN)/python -m tox run $(if $(CELLS),-e $(CELLS))

wheel: frontend
	$(BIN)/python -m pip install --quiet build
	$(BIN)/python -m build --outdir dist

.PHONY: audit
audit: $(VENV)/.installed
	@$(PYTHON) -m venv $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip install --quiet pip-audit
	@$(VENV)-audit/bin/pip-audit --path "$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')"

clean:
	rm -rf build dist $(VENV)-audit *.egg-info node_modules pumbaphoto_wagtail/static docs/_build
