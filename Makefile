# make app   installs and opens the app        make check   lints and type-checks
# make test  runs every test                   make lock    pins the newest versions allowed

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --compile

.PHONY: app test check format lock docs clean

app: .venv/app
	$(BIN)/streamlit run app.py

test: .venv/dev
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile tests/unit tests/app tests/golden tests/architecture
	$(BIN)/python -m pytest tests/worker tests/e2e tests/android

check: .venv/dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

.venv/app: requirements.lock
	$(PYTHON) -m venv .venv
	$(PIP) -r requirements.lock
	touch $@

.venv/dev: .venv/app requirements-dev.lock
	$(PIP) -r requirements-dev.lock
	touch $@

lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --upgrade -r requirements.txt
	.venv-lock/bin/python -m pip freeze --exclude-editable > requirements.lock
	.venv-lock/bin/python -m pip install --quiet --upgrade -r requirements.lock -r requirements-dev.txt
	.venv-lock/bin/python -m pip freeze --exclude-editable > requirements-dev.lock
	rm -rf .venv-lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
