package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/plugins/etcd"
	"github.com/benchctl/benchctl/plugins/zookeeper"
)

// The peers that the load generator is measured against, on the same cluster
// and in turn: etcd's own benchmark command, and a loop round go-zookeeper.
// Each iteration of a benchmark is one pair.
const (
	etcdBenchmark = "go.etcd.io/etcd/v3/tools/benchmark@v3.6.8"
	phaseLasts    = 3 * time.Second // long enough for whole seconds of processor time
	peerKeys      = 10_000
	peerValue     = 100
)

// carried is the etcd driver with servers that the built plugin runs.
type carried struct {
	driver.Driver
	binary string
}

func (c carried) Ports(ctx context.Context, setup driver.Setup) (int, error) {
	return c.Driver.(driver.Provisioner).Ports(ctx, setup)
}

func (c carried) Provision(ctx context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	nodes, err := c.Driver.(driver.Provisioner).Provision(ctx, setup, places)
	for i := range nodes {
		nodes[i].Command[0] = c.binary
	}
	return nodes, err
}

// rate is what one side of a pair reached with one operation.
type rate struct {
	Ops float64 // a second
	CPU float64 // the load generator's, in seconds an operation; 0: in no whole second
}

// pairs runs two sides in turn, now the one first and now the other, and
// reports for each operation the medians and those of the ratios within the
// pairs.
func pairs(b *testing.B, ops []string, ours, theirs func() map[string]rate) {
	ours() // nobody is measured on a cold server
	var mine, other []map[string]rate
	sides := []func(){func() { mine = append(mine, ours()) }, func() { other = append(other, theirs()) }}
	for b.Loop() {
		slices.Reverse(sides)
		for _, side := range sides {
			side()
		}
	}
	report := func(name, unit string, figure func(of map[string]rate) float64) {
		var a, o, ratios []float64
		for i := range mine {
			if x, y := figure(mine[i]), figure(other[i]); x > 0 && y > 0 {
				a, o, ratios = append(a, x), append(o, y), append(ratios, x/y)
			}
		}
		if len(ratios) == 0 {
			return
		}
		slices.Sort(a)
		slices.Sort(o)
		slices.Sort(ratios)
		b.Logf("%s: %.4g %s, the peer %.4g; ratio %.3f, in %d pairs from %.3f to %.3f",
			name, median(a), unit, median(o), median(ratios), len(ratios), ratios[0], ratios[len(ratios)-1])
		b.ReportMetric(median(ratios), name+"-ratio")
	}
	for _, op := range ops {
		report(op, "a second", func(of map[string]rate) float64 { return of[op].Ops })
		report(op+"-cpu", "µs of the load generator's processor each", func(of map[string]rate) float64 { return of[op].CPU * 1e6 })
	}
	b.ReportMetric(0, "ns/op") // of a pair, which says nothing
}

func median(sorted []float64) float64 {
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// BenchmarkPutAgainstEtcdBenchmark puts 100 bytes under 10,000 shared keys,
// with as many connections as clients.
func BenchmarkPutAgainstEtcdBenchmark(b *testing.B) {
	bin, err := built()
	if err != nil {
		b.Fatal(err)
	}
	peer := buildPeer(b, etcdBenchmark)
	deployed := drivertest.Deploy(b, carried{etcd.Driver(), filepath.Join(bin, "benchctl-plugin-etcd")}, driver.Setup{})
	endpoint := deployed.Endpoints()[0]
	definition := filepath.Join(b.TempDir(), "put.yaml")
	writeFile(b, definition, fmt.Sprintf(`
name: put
version: 1
summary: Puts only
source: the put command of etcd's benchmark
params: {duration: {default: 3s, help: how long}}
keys: {space: shared, choose: uniform, count: %d}
values: {size: %d}
phases: [{name: put, mix: {put: 1}, for: $duration}]
`, peerKeys, peerValue))
	for _, clients := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			last := 0.0
			ours := func() map[string]rate {
				rates := runOurs(b, definition, "etcd", endpoint, clients, "put")
				last = rates["put"].Ops
				return rates
			}
			theirs := func() map[string]rate {
				total := int(last * phaseLasts.Seconds())
				ops, cpu := runPeer(b, peer, endpoint, clients, total)
				_, idle := runPeer(b, peer, endpoint, clients, clients) // what starting and connecting takes
				return map[string]rate{"put": {Ops: ops, CPU: (cpu - idle).Seconds() / float64(total)}}
			}
			pairs(b, []string{"put"}, ours, theirs)
		})
	}
}

// buildPeer builds a command of another module, outside of ours.
func buildPeer(b *testing.B, command string) string {
	b.Helper()
	dir := b.TempDir()
	writeFile(b, filepath.Join(dir, "go.mod"), "module peer\n")
	path, _, _ := strings.Cut(command, "@")
	for _, args := range [][]string{{"get", command}, {"build", "-o", "peer", path}} {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return filepath.Join(dir, "peer")
}

var requestsPerSecond = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

// runPeer returns the peer's own figure, and the processor time of its whole
// process. Its keys are as long as ours.
func runPeer(b *testing.B, peer, endpoint string, clients, total int) (ops float64, cpu time.Duration) {
	b.Helper()
	cmd := exec.Command(peer, "put", "--endpoints", endpoint, "--clients", strconv.Itoa(clients), "--conns", strconv.Itoa(clients),
		"--total", strconv.Itoa(total), "--key-space-size", strconv.Itoa(peerKeys), "--key-size", strconv.Itoa(len("/benchctl/1-69000000/k/00000000")),
		"--val-size", strconv.Itoa(peerValue))
	out, err := cmd.CombinedOutput()
	found := requestsPerSecond.FindSubmatch(out)
	if err != nil || found == nil {
		b.Fatalf("%v\n%s", err, out)
	}
	if ops, err = strconv.ParseFloat(string(found[1]), 64); err != nil {
		b.Fatal(err)
	}
	return ops, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// runOurs runs benchctl once, and returns the rate of each operation in the
// phase that is named after it. The processor time is that of the plugin in the
// whole seconds of the phase, for the operations that ended in them.
func runOurs(b *testing.B, definition, store, endpoint string, threads int, ops ...string) map[string]rate {
	b.Helper()
	bin, err := built()
	if err != nil {
		b.Fatal(err)
	}
	archive := filepath.Join(b.TempDir(), "a.db")
	args := []string{"run", definition, "--store", store, "--endpoints", endpoint, "--threads", strconv.Itoa(threads),
		"--duration", phaseLasts.String(), "--archive", archive}
	if out, err := exec.Command(filepath.Join(bin, "benchctl"), args...).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	rates := map[string]rate{}
	for _, op := range ops {
		rates[op] = rate{
			Ops: number(b, bin, archive, "select throughput from summaries where phase = '"+op+"' and errors = 0"),
			CPU: number(b, bin, archive, `
				with counted as (select phase, second, sum(ops) as ops from thread_seconds group by 1, 2)
				select coalesce(sum(cpu_seconds) / sum(ops), 0) from phases
				join counted on counted.phase = phases.name
				join node_seconds using (second)
				where name = '`+op+`' and node = 'client' and second * 1e9 >= started_ns and (second + 1) * 1e9 <= ended_ns`),
		}
	}
	return rates
}

func number(b *testing.B, bin, archive, query string) float64 {
	b.Helper()
	out, err := exec.Command(filepath.Join(bin, "benchctl"), "sql", "--format", "csv", "--archive", archive, query).Output()
	if err != nil {
		b.Fatal(err)
	}
	_, value, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	x, err := strconv.ParseFloat(value, 64)
	if err != nil {
		b.Fatalf("%s: %v", query, err)
	}
	return x
}

func writeFile(b *testing.B, name, text string) {
	b.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkAgainstABareZooKeeperLoop runs create-set-delete, and the same calls
// of go-zookeeper in a loop that does nothing else.
func BenchmarkAgainstABareZooKeeperLoop(b *testing.B) {
	// No snapshot falls into a phase of the one and not of the other.
	deployed := drivertest.Deploy(b, zookeeper.Driver(), driver.Setup{Options: map[string]string{"snap-count": "1000000000"}})
	endpoint := deployed.Endpoints()[0]
	ops := []string{"create", "set", "delete"}
	for _, threads := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			ours := func() map[string]rate {
				return runOurs(b, "create-set-delete", "zookeeper", endpoint, threads, ops...)
			}
			theirs := func() map[string]rate { return runBareLoop(b, endpoint, threads) }
			pairs(b, ops, ours, theirs)
		})
	}
}

// runBareLoop runs the loop in a process of its own, as benchctl's plugin is.
func runBareLoop(b *testing.B, endpoint string, threads int) map[string]rate {
	b.Helper()
	out, err := exec.Command(bareLoopCommand, endpoint, strconv.Itoa(threads)).CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	rates := map[string]rate{}
	if err := json.Unmarshal(out, &rates); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return rates
}
