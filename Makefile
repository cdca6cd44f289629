# Everything runs in .venv/, which `make setup` makes; nothing is installed outside this folder, caches apart.
.DEFAULT_GOAL := help
.PHONY: readme help setup demo test cover lint format bench chaos quiet examples ledger warnings kafka kubernetes image image-test reference golden changelog locks ci clean

RUN := .venv/bin/
PACKAGES := models adapters dataflows simulator cli
COMPILE := $(RUN)pip-compile --quiet --generate-hashes --no-strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done

setup: .venv/.complete ## Put the environment into .venv/ (once; quick when nothing changed)

.venv/.complete: requirements/dev.txt pyproject.toml scripts/setup
	@sh scripts/setup

demo: setup ## Make a town and a storm, live through it, score it, draw it (demo/index.html)
	$(RUN)faultline demo --output demo

test: setup ## Run the whole test suite
	$(RUN)pytest -n 2 --dist loadgroup

cover: setup ## Run the tests and show which lines none of them runs
	$(RUN)pytest -n 2 --dist loadgroup --cov --cov-report term-missing

lint: setup ## Check form, types, import contracts, YAML, the length of files and changelog fragments
	$(RUN)ruff check
	$(RUN)ruff format --check
	$(RUN)mypy
	$(RUN)lint-imports
	$(RUN)yamllint --strict k8s monitoring
	sh scripts/check-length
	$(RUN)python -m scripts.changelog check

format: setup ## Put the code into form
	$(RUN)ruff format
	$(RUN)ruff check --fix

readme: setup ## Paste the README line by line on a clean clone (needs Java 17, Maven, port 9092)
	FAULTLINE_README=whole $(RUN)pytest tests/test_readme.py

reference: setup ## Write docs/reference/ and what repeats in k8s/ anew from the code
	$(RUN)faultline reference --output docs/reference --kubernetes k8s

golden: setup ## Write what the golden storm comes to anew (tests/data/golden/); look at it with git diff
	$(RUN)python -m tests.worlds.golden

changelog: setup ## Move the fragments of changes/ to CHANGELOG.md (before a release)
	$(RUN)python -m scripts.changelog collect

bench: setup ## Run the benchmarks and print their figures (the peers apart, see their README)
	@for benchmark in $(filter-out benchmarks/peers/%,$(wildcard benchmarks/*/__main__.py)); do $(RUN)python -m "$$(dirname "$$benchmark" | tr / .)" || exit; done

examples: setup ## Run the property tests on examples that no run has had before
	FAULTLINE_EXAMPLES=random $(RUN)pytest -n 2 --dist loadgroup tests/models

chaos: setup ## Kill, freeze and cut off the flows at length (100 kills), and print the figures (JSON=FILE writes them too)
	FAULTLINE_CHAOS=long FAULTLINE_CHAOS_FIGURES=$(JSON) $(RUN)pytest tests/chaos

quiet: setup ## Live through ten full storms (STORMS=...), a kill and a rolling upgrade: no alert may fire; 40 minutes
	FAULTLINE_QUIET=$(or $(STORMS),10) $(RUN)pytest tests/chaos/test_quiet.py

ledger: setup ## Hold the ledger of ten full and ten bad storms to the engine's state, instant by instant
	FAULTLINE_LEDGER=long $(RUN)pytest tests/models/outages/test_ledger.py

warnings: setup ## Warn of 1,000 simulated storms (STORMS=...), and hold each warning to the standard and the town; about an hour
	$(RUN)python -m benchmarks.cap --storms $(or $(STORMS),1000)

kafka: setup ## Run a Kafka on 127.0.0.1:9092 (or PORT=...), its data in build/kafka/
	@$(RUN)python -m scripts.kafka.broker --port $(or $(PORT),9092)

kubernetes: setup ## Play k8s/ and the chart on a real control plane, its pods faked (built once, a quarter of an hour; needs Go)
	$(RUN)python -m scripts.kubernetes.tools --controllers
	FAULTLINE_KUBERNETES=whole $(RUN)pytest tests/k8s

image: setup ## Build the image in build/image/oci (needs mmdebstrap and buildah, as root; EXTRAS=traces puts more in)
	EXTRAS="$(EXTRAS)" scripts/image/build

image-test: image ## Run the image as a pod would, and a storm through scaled and rolled pods (needs umoci, runc, Java, openssl)
	FAULTLINE_IMAGE=$(CURDIR)/build/image/oci $(RUN)pytest -s tests/image

locks: setup ## Compile the lock files anew from pyproject.toml
	$(COMPILE) --output-file requirements/run.txt pyproject.toml
	$(COMPILE) --extra estimate --constraint requirements/run.txt --output-file requirements/estimate.txt pyproject.toml
	$(COMPILE) --extra signing --constraint requirements/run.txt --output-file requirements/signing.txt pyproject.toml
	$(COMPILE) --extra traces --constraint requirements/run.txt --output-file requirements/traces.txt pyproject.toml
	$(COMPILE) --allow-unsafe --extra dev --extra estimate --extra signing --extra traces --constraint requirements/run.txt --output-file requirements/dev.txt pyproject.toml
	$(COMPILE) --constraint requirements/dev.txt --output-file requirements/bill.txt requirements/bill.in
	@for lock in run estimate signing traces dev bill; do grep -v '^# Compiled by' requirements/$$lock.txt >requirements/$$lock.new; \
		source=$$([ $$lock = bill ] && echo requirements/bill.in || echo pyproject.toml); \
		{ echo "# Compiled by \`make locks\` from $$source. Valid on Python 3.11 and 3.12."; \
		cat requirements/$$lock.new; } >requirements/$$lock.txt; rm requirements/$$lock.new; done

ci: ## Run what CI runs, here
	.ci/run

clean: ## Remove what was made here, the environment too
	rm -rf .venv build demo live *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
