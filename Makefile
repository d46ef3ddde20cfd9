# Run `make` for the list of targets. Every target works offline once the modules are there (`go mod download`).

GO      ?= go
BIN     ?= bin
# What to pass to the server, to the tests and to the benchmarks: make run ARGS=--secure-port=7443, make test PKG=./handlers/...
ARGS    ?=
PKG     ?= ./...
BENCH   ?= .

MODULE  := github.com/gatehouse-dev/gatehouse
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null)
# The date of the commit and not of the build: equal sources give equal binaries.
DATE    := $(shell TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd 2>/dev/null)
STATE   := $(shell test -z "$$(git status --porcelain 2>/dev/null)" && echo clean || echo dirty)
LDFLAGS := -s -w $(if $(COMMIT),-X $(MODULE)/handlers/docs.Commit=$(COMMIT) -X $(MODULE)/handlers/docs.TreeState=$(STATE) -X $(MODULE)/handlers/docs.BuildDate=$(DATE))

.DEFAULT_GOAL := help
.PHONY: help gen lint-openapi verify verify-gen verify-source specdiff build test race fuzz run bench kubectl browser h2spec

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

gen: ## write gen/ from openapi/
	$(GO) run ./cmd/specgen

lint-openapi: ## say what is wrong in openapi/, with file and line; writes nothing
	$(GO) run ./cmd/specgen -lint

verify: verify-source verify-gen ## fail unless gen/, go.mod, formatting and vet are as they should be

verify-source:
	$(GO) mod tidy -diff
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	$(GO) vet ./...

# The committed state is generated anew in a worktree without gen/: what was not committed, or is not generated any more,
# shows as a difference, and so does a generator that depends on its own output.
verify-gen:
	@tree=$$(mktemp -d) && trap 'git worktree remove --force "$$tree"' EXIT && \
	git worktree add --quiet --detach "$$tree" HEAD && \
	rm -rf "$$tree/gen" && (cd "$$tree" && $(GO) run ./cmd/specgen) && \
	changes=$$(git -C "$$tree" status --porcelain --untracked-files=all) && \
	if test -n "$$changes"; then \
		echo "the committed gen/ is not what openapi/ and cmd/specgen make of it; run make gen and commit:"; echo "$$changes"; \
		git -C "$$tree" --no-pager diff --stat; exit 1; \
	fi

specdiff: ## compare our OpenAPI documents with another server's: make specdiff ARGS='-server https://... -token ...'
	$(GO) run ./cmd/specdiff $(ARGS)

build: ## build bin/kube-apiserver
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/kube-apiserver ./cmd/kube-apiserver

# Not from the cache: tests that start the server build it themselves, so go does not see that they depend on it.
test: ## run all tests
	$(GO) test -count=1 $(PKG)

# The packages in which goroutines share something.
RACE ?= ./handlers ./handlers/admission/... ./handlers/authn/... ./handlers/authz/... ./handlers/h1 ./handlers/h2 ./handlers/metrics ./handlers/pipeline ./handlers/resource/... ./handlers/storage/... ./handlers/strategy/... ./handlers/verb/...

race: ## run the tests of the concurrent packages under the race detector
	$(GO) test -race -short $(RACE)

FUZZTIME ?= 3s

fuzz: ## run every fuzzer for a short time: make fuzz FUZZTIME=1m
	@set -e; for pkg in $$($(GO) list ./...); do \
		for name in $$($(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz' || true); do \
			echo "$$pkg $$name"; $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) $$pkg >/tmp/fuzz.$$$$ 2>&1 || { cat /tmp/fuzz.$$$$; exit 1; }; \
		done; \
	done; rm -f /tmp/fuzz.$$$$

browser: ## install the Chromium that the browser test drives, where there is none
	@command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable || \
	{ apt-get update && apt-get install -y --no-install-recommends chromium; }

run: build ## start a server with its data in ./gatehouse-data
	$(BIN)/kube-apiserver $(ARGS)

kubectl: ## say where the kubectl of the tests is; builds it from its module where none of its release is installed
	@$(GO) run ./test/harness/findkubectl

h2spec: ## install h2spec, which checks the server's HTTP/2 where a test finds it
	$(GO) install github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible

# The whole of test/bench takes longer than go test allows by default.
bench: ## run the benchmarks; REF_BIN=folder of the original compares with it (PKG=./test/bench)
	$(GO) test -timeout 2h -run '^$$' -bench '$(BENCH)' -benchmem $(PKG)
