package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

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
	putLasts      = 3 * time.Second // long enough for whole seconds of processor time
	callsLast     = 2 * time.Second // each of create, set and delete
	peerKeys      = 10_000
	peerValue     = 100
)

// carried is the etcd driver with servers that the built plugin runs.
type carried struct {
	driver.Driver
	binary string
}

func (c carried) Ports(setup driver.Setup) int { return c.Driver.(driver.Provisioner).Ports(setup) }

func (c carried) Provision(setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	nodes, err := c.Driver.(driver.Provisioner).Provision(setup, places)
	for i := range nodes {
		nodes[i].Command[0] = c.binary
	}
	return nodes, err
}

// rate is what one side of a pair reached with one operation.
type rate struct {
	ops float64 // a second
	cpu float64 // the load generator's, in seconds an operation; 0: not measured
}

// pairs runs two sides in turn, now the one first and now the other, b.N
// times, and reports for each operation the medians and those of the ratios
// within the pairs.
func pairs(b *testing.B, ops []string, ours, theirs func() map[string]rate) {
	ours() // nobody is measured on a cold server
	var mine, other []map[string]rate
	for i := range b.N {
		sides := []func(){func() { mine = append(mine, ours()) }, func() { other = append(other, theirs()) }}
		if i%2 == 1 {
			slices.Reverse(sides)
		}
		for _, side := range sides {
			side()
		}
	}
	report := func(name, unit string, figure func(of map[string]rate) float64) {
		var a, o, ratios []float64
		for i := range mine {
			a, o = append(a, figure(mine[i])), append(o, figure(other[i]))
			ratios = append(ratios, a[i]/o[i])
		}
		slices.Sort(a)
		slices.Sort(o)
		slices.Sort(ratios)
		b.Logf("%s: %.4g %s, the peer %.4g; ratio %.3f, in %d pairs from %.3f to %.3f",
			name, median(a), unit, median(o), median(ratios), len(ratios), ratios[0], ratios[len(ratios)-1])
		b.ReportMetric(median(ratios), name+"-ratio")
	}
	for _, op := range ops {
		report(op, "a second", func(of map[string]rate) float64 { return of[op].ops })
		if other[0][op].cpu > 0 {
			report(op+"-cpu", "µs of the load generator's processor each", func(of map[string]rate) float64 { return of[op].cpu * 1e6 })
		}
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
				rates := runOurs(b, definition, "etcd", endpoint, clients, putLasts, "put")
				last = rates["put"].ops
				return rates
			}
			theirs := func() map[string]rate {
				total := int(last * putLasts.Seconds())
				ops, cpu := runPeer(b, peer, endpoint, clients, total)
				_, idle := runPeer(b, peer, endpoint, clients, clients) // what starting and connecting takes
				return map[string]rate{"put": {ops: ops, cpu: (cpu - idle).Seconds() / float64(total)}}
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

// runOurs runs benchctl once, and returns the rate of each operation of a
// measured phase. The processor time is that of the plugin in the whole
// seconds that lie within the phases, for the operations that ended in them.
func runOurs(b *testing.B, definition, store, endpoint string, threads int, lasts time.Duration, ops ...string) map[string]rate {
	b.Helper()
	bin, err := built()
	if err != nil {
		b.Fatal(err)
	}
	archive := filepath.Join(b.TempDir(), "a.db")
	args := []string{"run", definition, "--store", store, "--endpoints", endpoint, "--threads", strconv.Itoa(threads),
		"--duration", lasts.String(), "--archive", archive}
	if out, err := exec.Command(filepath.Join(bin, "benchctl"), args...).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	rates := map[string]rate{}
	for _, op := range ops {
		rates[op] = rate{
			ops: number(b, bin, archive, "select throughput from summaries where not warmup and op = '"+op+"' and errors = 0"),
			cpu: number(b, bin, archive, `
				with counted as (select second, sum(ops) as ops from thread_seconds group by 1),
				     spent as (select second, cpu_seconds from node_seconds where node = 'client')
				select sum(cpu_seconds) / sum(ops) from counted join spent using (second)
				where second > 0 and second < (select max(second) from counted)`),
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
			loop := newBareLoop(b, endpoint, threads)
			pairs(b, ops, func() map[string]rate {
				return runOurs(b, "create-set-delete", "zookeeper", endpoint, threads, callsLast, ops...)
			}, loop.run)
		})
	}
}

// bareLoop is connections of go-zookeeper, each with a folder of its own.
type bareLoop struct {
	b       *testing.B
	conns   []*zk.Conn
	folders []string
	value   []byte
}

func newBareLoop(b *testing.B, endpoint string, threads int) *bareLoop {
	b.Helper()
	l := &bareLoop{b: b, value: make([]byte, peerValue)}
	acl := zk.WorldACL(zk.PermAll)
	for thread := range threads {
		conn, _, err := zk.Connect([]string{endpoint}, 10*time.Second, zk.WithLogInfo(false))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(conn.Close)
		folder := ""
		for _, name := range []string{"benchctl", fmt.Sprintf("0-%08d", threads), fmt.Sprintf("t%03d", thread)} { // as ours
			folder += "/" + name
			if _, err := conn.Create(folder, nil, zk.FlagPersistent, acl); err != nil && !errors.Is(err, zk.ErrNodeExists) {
				b.Fatal(err)
			}
		}
		l.conns, l.folders = append(l.conns, conn), append(l.folders, folder)
	}
	return l
}

// run creates for a time, sets what was created for as long, and deletes it.
func (l *bareLoop) run() map[string]rate {
	acl := zk.WorldACL(zk.PermAll)
	created := make([]int, len(l.conns))
	rates := map[string]rate{}
	rates["create"] = l.phase(func(thread, i int) (bool, error) {
		_, err := l.conns[thread].Create(l.key(thread, i), l.value, zk.FlagPersistent, acl)
		created[thread] = i + 1
		return true, err
	})
	rates["set"] = l.phase(func(thread, i int) (bool, error) {
		_, err := l.conns[thread].Set(l.key(thread, i%created[thread]), l.value, -1)
		return true, err
	})
	deleted := make([]int, len(l.conns))
	rates["delete"] = l.phase(func(thread, i int) (bool, error) {
		if i == created[thread] {
			return false, nil
		}
		deleted[thread] = i + 1
		return true, l.conns[thread].Delete(l.key(thread, i), -1)
	})
	for thread, conn := range l.conns { // what was left when the first thread was through
		for i := deleted[thread]; i < created[thread]; i++ {
			if err := conn.Delete(l.key(thread, i), -1); err != nil {
				l.b.Fatal(err)
			}
		}
	}
	return rates
}

func (l *bareLoop) key(thread, i int) string { return fmt.Sprintf("%s/%08d", l.folders[thread], i) }

// phase calls from all threads until the time is over or one of them has
// nothing left to do.
func (l *bareLoop) phase(call func(thread, i int) (bool, error)) rate {
	var calls atomic.Int64
	var over atomic.Bool
	var group sync.WaitGroup
	began := time.Now()
	for thread := range l.conns {
		group.Go(func() {
			for i := 0; !over.Load() && time.Since(began) < callsLast; i++ {
				did, err := call(thread, i)
				if err != nil {
					l.b.Error(err)
				}
				if !did || err != nil {
					over.Store(true)
					return
				}
				calls.Add(1)
			}
		})
	}
	group.Wait()
	return rate{ops: float64(calls.Load()) / time.Since(began).Seconds()}
}
