# make run    set everything up and serve http://127.0.0.1:8000   (PORT=, PACK=, DATA_DIR= may be set)
# make test   set everything up and run the tests, browser tests included; make test-long runs those that take minutes
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
DATA_DIR ?= var
PORT ?= 8000
PACK ?= armenia
WORKERS ?= 2

.PHONY: help
help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

.PHONY: setup
setup: ## install what running needs
	@sh scripts/setup run

.PHONY: setup-dev
setup-dev: setup ## install what testing needs
	@sh scripts/setup dev

.PHONY: run
run: setup ## set everything up and serve the assistant
	@GUIDEPOST_PORT=$(PORT) GUIDEPOST_PACK=$(PACK) GUIDEPOST_DATA_DIR=$(DATA_DIR) exec $(BIN)/guidepost serve

.PHONY: test
test: setup-dev lint ## set everything up and run the tests
	@sh scripts/chromium
	@GUIDEPOST_DATA_DIR=.cache/test-data $(BIN)/python -m pytest -m "not long" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: test-long
test-long: setup-dev ## the tests that take minutes: accessibility of every page, kills, builds, guessing, an editor's day
	@sh scripts/chromium
	@GUIDEPOST_DATA_DIR=.cache/test-data $(BIN)/python -m pytest -m long -n $(WORKERS) --dist loadfile --no-loadscope-reorder --junitxml=.cache/test-long.xml $(ARGS)

.PHONY: lint
lint: setup-dev ## formatting, types, walls
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

.PHONY: telegram-demo
telegram-demo: setup-dev ## try the Telegram channel without a token: a stand-in with a page to chat in
	@GUIDEPOST_DATA_DIR=$(DATA_DIR) GUIDEPOST_PORT=$(PORT) $(BIN)/python -m tests.telegram_server.demo --assistant-command "$(BIN)/guidepost serve"

.PHONY: content
content: setup ## check the content of the packs
	@GUIDEPOST_DATA_DIR=$(DATA_DIR) $(BIN)/guidepost content check

.PHONY: report
report: setup ## accuracy on the held-back questions, with the misses
	@GUIDEPOST_DATA_DIR=$(DATA_DIR) $(BIN)/guidepost train --report

.PHONY: lock
lock: ## renew the lock files
	@sh scripts/lock

.PHONY: audit
audit: setup-dev ## known vulnerabilities of the pinned packages
	@$(BIN)/python scripts/audit
