# Everything one types. Each target sets up what it needs first: see deploy/setup.sh.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test build install gates fixtures hostile agreement fuzz clean-demo

# rustup's default place, for shells that have not read its env file.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin
BUILT := $(or $(CARGO_TARGET_DIR),target)
PREFIX ?= /usr/local
PARTS := assay assay-image assay-media assay-document assay-dicom assay-geo assay-text assay-faulty libpdfium.so
FUZZED := $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))

help: ## Says what there is
	@echo "Assay looks inside assets that stay in the customer's own cloud storage."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: ## Watch Assay do its job on real files; needs neither RabbitMQ nor PostgreSQL
	@deploy/setup.sh
	@deploy/demo.sh

test: ## Every test, with a private RabbitMQ and PostgreSQL
	@deploy/setup.sh --tests
	cargo build --locked --workspace --bins --tests
	"$(BUILT)/debug/with-servers" cargo nextest run --locked --workspace
	@deploy/secrets.sh "$(BUILT)/nextest/default/junit.xml"

build: ## The binary `assay` and its decoders, in target/release
	@deploy/setup.sh
	cargo build --locked --release -p assay-cli -p assay-image -p assay-media -p assay-document -p assay-dicom -p assay-geo -p assay-text -p assay-faulty

# Not stripped: a report of a crash names functions. The unit is one for systemd; see its comments.
install: ## What `make build` made, into PREFIX=/usr/local (lib/assay, bin/assay), or below DESTDIR for an image
	@for part in $(PARTS); do [[ -e "$(BUILT)/release/$$part" ]] || { echo "there is no $(BUILT)/release/$$part: run \`make build\` first" >&2; exit 1; }; done
	install -d "$(DESTDIR)$(PREFIX)/lib/assay" "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/systemd/system"
	install -m 755 $(PARTS:%="$(BUILT)/release/%") "$(DESTDIR)$(PREFIX)/lib/assay/"
	ln -sfn ../lib/assay/assay "$(DESTDIR)$(PREFIX)/bin/assay"
	sed 's|@PREFIX@|$(PREFIX)|' deploy/assay-worker.service > "$(DESTDIR)$(PREFIX)/lib/systemd/system/assay-worker.service"

gates: ## Format, lints, docs, licences, unused dependencies, dependency trees
	@deploy/setup.sh --gates
	@deploy/gates.sh

fixtures: ## Makes the files in fixtures/ anew
	@deploy/setup.sh --fixtures
	@PYTHONDONTWRITEBYTECODE=1 fixtures/make.py

hostile: ## Any FOLDER through `assay inspect`, and with MUTATE=20 SEED=1 CUT=10,50,90 damaged copies of it too
	@deploy/setup.sh
	cargo build --locked --quiet -p assay-cli -p assay-image -p assay-media -p assay-document -p assay-dicom -p assay-geo -p assay-text -p assay-faulty -p assay-testkit --bin assay --bin assay-image --bin assay-media --bin assay-document --bin assay-dicom --bin assay-geo --bin assay-text --bin assay-faulty --bin hostile
	"$(BUILT)/debug/hostile" $(if $(MUTATE),--mutate $(MUTATE)) $(if $(SEED),--seed $(SEED)) $(if $(CUT),--cut $(CUT)) $(if $(KEEP),--keep "$(KEEP)") "$(or $(FOLDER),fixtures)"

agreement: ## Thumbnails of a FOLDER beside those of libvips, poppler, dcmtk and GDAL, by structural similarity
	@deploy/setup.sh
	cargo build --locked --quiet -p assay-cli -p assay-image -p assay-media -p assay-document -p assay-dicom -p assay-geo -p assay-text -p assay-faulty
	PYTHONDONTWRITEBYTECODE=1 benches/peers/thumbnails.py --assay "$(BUILT)/debug/assay" $(if $(KEEP),--keep "$(KEEP)") $(FOLDER)

fuzz: ## Parsers and decoders with altered copies of known files: SECONDS=60 SEED=1, and TARGET=image for one
	@deploy/setup.sh
	cargo build --locked --quiet -p assay-fuzz --bins
	@found=; for target in $(or $(TARGET),$(FUZZED)); do \
		"$(BUILT)/debug/$$target" --seconds $(or $(SECONDS),60) --seed $(or $(SEED),1) || found="$$found $$target"; \
	done; if [[ -n $$found ]]; then echo "found; see fuzz/artifacts for:$$found" >&2; exit 1; fi

clean-demo: ## Takes away what the demo left
	rm -rf demo-out
