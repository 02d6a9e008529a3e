package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/plugins/etcd"
	"github.com/benchctl/benchctl/plugins/zookeeper"
)

// onTakenPorts is a driver for whose nodes another process takes a port: early,
// before they are started, or late, so that a server meets it. $TAKE_PORT says
// which; without it the driver is as it was.
func onTakenPorts(d driver.Driver) driver.Driver {
	when := os.Getenv("TAKE_PORT")
	if when == "" {
		return d
	}
	return drivertest.Provisioned{Driver: d, By: func(ctx context.Context, own driver.Provisioner, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
		port := 0 // any
		if when == "early" {
			port = places[0].Ports[0]
		}
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return nil, err
		}
		places = slices.Clone(places)
		places[0].Ports = slices.Clone(places[0].Ports)
		places[0].Ports[0] = listener.Addr().(*net.TCPAddr).Port
		return own.Provision(ctx, setup, places)
	}}
}

// subject is a store that is done harm to: it is quick to notice, and seen from
// outside of benchctl.
type subject struct {
	driver  driver.Driver
	options map[string]string
	node    string                                    // what processes calls its nodes
	leads   func(dir string, arguments []string) bool // where and how a node was started
}

func (s subject) name() string { return s.driver.Info().Name }

// flags gives options to a command.
func (s subject) flags(options map[string]string) []string {
	var flags []string
	for key, value := range options {
		flags = append(flags, "--option", s.name()+"."+key+"="+value)
	}
	return flags
}

var etcdSubject = subject{
	driver:  etcd.Driver(),
	options: map[string]string{"election": "500ms"},
	node:    "benchctl-plugin-etcd server",
	leads: func(_ string, arguments []string) bool {
		url := arguments[slices.Index(arguments, "--listen-client-urls")+1]
		response, err := http.Get(url + "/metrics")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		page, _ := io.ReadAll(response.Body)
		return bytes.Contains(page, []byte("\netcd_server_is_leader 1\n"))
	},
}

var zookeeperSubject = subject{
	driver:  zookeeper.Driver(),
	options: map[string]string{"tick-time": "500ms", "session-timeout": "4s", "heap": "128m"},
	node:    "java -Xms128m",
	leads: func(dir string, arguments []string) bool {
		configuration, _ := os.ReadFile(filepath.Join(dir, arguments[len(arguments)-1]))
		_, rest, _ := strings.Cut(string(configuration), "\nclientPort=")
		port, _, _ := strings.Cut(rest, "\n")
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return false
		}
		defer conn.Close()
		fmt.Fprint(conn, "srvr")
		answer, _ := io.ReadAll(conn)
		return strings.Contains(string(answer), "\nMode: leader\n")
	},
}

// underLoad starts a run on three nodes whose threads create keys, and waits
// until it measures.
func underLoad(t *testing.T, store subject, duration string) *started {
	t.Helper()
	drivertest.Needs(t, store.driver)
	load := filepath.Join(t.TempDir(), "load.yaml")
	err := os.WriteFile(load, []byte(`
name: load
version: 1
summary: Every thread creates keys
source: this test
params: {duration: {default: 1s, help: how long}}
keys: {space: thread}
values: {size: 10}
phases:
  - {name: warm-up, warmup: true, mix: {create: 1}, for: 100ms}
  - {name: create, mix: {create: 1}, for: $duration}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"run", load, "--store", store.name(), "--nodes", "3", "--threads", "3", "--duration", duration, "--timeout", "500ms"}
	s := start(t, filepath.Join(t.TempDir(), "a.db"), append(args, store.flags(store.options)...)...)
	s.measuring()
	return s
}

// nodes returns the processes of the store's nodes.
func (s *started) nodes(store subject) []int {
	var pids []int
	for pid, name := range s.processes() {
		if name == store.node {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestTheLeaderIsKilledMidRun(t *testing.T) {
	for _, store := range []subject{etcdSubject, zookeeperSubject} {
		t.Run(store.name(), func(t *testing.T) {
			t.Parallel()
			s := underLoad(t, store, "10s")
			leader := 0
			eventually(t, "a node leads", func() bool {
				for _, pid := range s.nodes(store) {
					if store.leads(fmt.Sprintf("/proc/%d/cwd", pid), arguments(pid)) {
						leader = pid
					}
				}
				return leader != 0
			})
			before := time.Now()
			if err := syscall.Kill(leader, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if code := s.wait(); code != exitDone {
				t.Errorf("exit code %d:\n%s", code, s.stderr.String())
			}
			s.expect("select state from runs", "complete")
			s.expect(fmt.Sprintf("select ended.detail, ended.node = started.node from events ended, events started where ended.kind = 'node-exited' and started.detail = 'process %d'", leader), "signal: killed,1")
			moment, err := strconv.ParseInt(s.ask("select zero_unix_ns + at_ns from runs join events on run_id = runs.id where kind = 'node-exited'"), 10, 64)
			if late := time.Unix(0, moment).Sub(before); err != nil || late < 0 || late > 10*time.Second {
				t.Errorf("the event is %v after the kill, %v", late, err)
			}
			s.expect("select count(*) > 0, sum(status not in ('timeout', 'unavailable')), count(*) = (select sum(errors) from summaries) from samples where status <> 'ok'", "1,0,1")
			s.expect("select count(*) > 0 from samples where status = 'ok' and start_ns > (select at_ns from events where kind = 'node-exited')", "1")
			s.expectSums()
			s.verify()
			s.noneLeft()
		})
	}
}

func TestAllNodesAreKilledMidRun(t *testing.T) {
	for _, store := range []subject{etcdSubject, zookeeperSubject} {
		t.Run(store.name(), func(t *testing.T) {
			t.Parallel()
			s := underLoad(t, store, "20s")
			for _, pid := range s.nodes(store) {
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Error(err)
				}
			}
			if code := s.wait(); code != exitFailed {
				t.Errorf("exit code %d, want %d", code, exitFailed)
			}
			want := "benchctl: 1 of 1 runs failed; the first: all nodes have ended during the run: what they said last is in their logs, which `benchctl show 1` prints\n"
			if !strings.HasSuffix(s.stderr.String(), want) {
				t.Errorf("standard error:\n%s\nwant\n%s", s.stderr.String(), want)
			}
			s.expect("select state, error like 'all nodes have ended%' from runs", "failed,1")
			s.expect("select count(*) from events where kind = 'node-exited' and detail = 'signal: killed'", "3")
			s.expect("select count(distinct node) > 0 from events where kind = 'node-log'", "1")
			s.expect("select sum(ops) > 0, sum(errors) > 0 from summaries where not warmup", "1,1")
			s.expect("select sum(status not in ('timeout', 'unavailable')) from samples where status <> 'ok'", "0")
			s.expectSums()
			s.verify()
			s.noneLeft()
		})
	}
}
