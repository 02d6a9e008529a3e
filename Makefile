# The tools that make generated code and check the source, pinned.
BUF              = github.com/bufbuild/buf/cmd/buf@v1.75.0
PROTOC_GEN_GO    = google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
PROTOC_GEN_GRPC  = google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
GOLANGCI_LINT    = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

TOOLS = $(CURDIR)/.tools
DEMO  = demo

.PHONY: build demo test stress check bench generate clean

# benchctl and all plugins, into bin/.
build:
	go build -o bin/ ./cmd/... ./plugins/...

# The question that the project began with, answered on this machine.
demo: build
	rm -rf $(DEMO) && mkdir -p $(DEMO)
	bin/benchctl run create-set-delete --store raftembed --nodes 1,3 --threads 1,10 \
		--repeat 6 --duration 1s --warmup 500ms --archive $(DEMO)/benchctl.db
	bin/benchctl plot throughput --archive $(DEMO)/benchctl.db -o $(DEMO)/throughput.svg
	bin/benchctl plot threads --archive $(DEMO)/benchctl.db -o $(DEMO)/threads.svg
	bin/benchctl plot latency --archive $(DEMO)/benchctl.db -o $(DEMO)/latency.svg

# Everything that CI runs. Most tests wait for stores more than they compute.
AT_ONCE = 3
PLAIN   = go test -p $(AT_ONCE) -parallel 4 -timeout 30m
RACE    = $(PLAIN) -race -skip 'Conformance|Passwords|TLS|EveryDamagedPage'
RACING  = ./core/driver/... ./core/protocol ./core/engine/... ./core/plugin ./core/client ./core/host ./core/node ./core/machine ./core/internal/... ./core/experiment ./core/archive ./plugins/...

test: check
	go build ./...
	$(PLAIN) ./...
	$(RACE) $(RACING)

# The same tests, ROUNDS times on a machine that is kept busy, or only those of
# PACKAGES: what fails once in a while fails here.
ROUNDS   = 10
PACKAGES =
define TESTS
$(PLAIN) -count=1 $(or $(PACKAGES),./...)
$(RACE) -count=1 $(or $(PACKAGES),$(RACING))
endef

stress: export TESTS := $(TESTS)
stress: export ROUNDS := $(ROUNDS)
stress:
	.ci/stress

# Format, vet, lint with the import rules, generated code fresh, go.mod tidy.
check: $(TOOLS)/tools
	test -z "$$(gofmt -l cmd core docs plugins migrations workloads)" || { gofmt -d cmd core docs plugins migrations workloads; exit 1; }
	go vet ./...
	$(TOOLS)/golangci-lint run ./...
	go mod tidy -diff
	$(TOOLS)/buf lint
	PATH="$(TOOLS):$$PATH" $(TOOLS)/buf generate -o $(TOOLS)/generated
	diff -r -x '*.proto' -x doc.go core/protocol/driverpb $(TOOLS)/generated/core/protocol/driverpb

# The figures of docs/performance.md; the last ones compare the load generator
# with its peers, in pairs, and take some minutes.
bench:
	go test -run '^$$' -bench . ./core/sample ./core/load ./core/engine/... ./core/archive
	go test -run '^$$' -bench Archive10k -benchtime 10x ./cmd/benchctl
	go test -run '^$$' -bench Against -benchtime 11x -timeout 40m ./cmd/benchctl

generate: $(TOOLS)/tools
	PATH="$(TOOLS):$$PATH" $(TOOLS)/buf generate

$(TOOLS)/tools: Makefile
	mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) go install $(BUF)
	GOBIN=$(TOOLS) go install $(PROTOC_GEN_GO)
	GOBIN=$(TOOLS) go install $(PROTOC_GEN_GRPC)
	GOBIN=$(TOOLS) go install $(GOLANGCI_LINT)
	touch $@

clean:
	rm -rf bin $(DEMO) $(TOOLS) stress
