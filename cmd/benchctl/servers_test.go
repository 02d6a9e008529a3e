package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/plugins/etcd"
	"github.com/benchctl/benchctl/plugins/zookeeper"
)

// What docs/command.md says that plugins and servers have in their environment.
var (
	ofServers = []string{"HOME", "JAVA_HOME", "LC_ALL", "PATH", "TMPDIR", "TZ"}
	ofPlugins = append([]string{
		"PLUGIN_CLIENT_CERT", "PLUGIN_MAX_PORT", "PLUGIN_MIN_PORT", "PLUGIN_PROTOCOL_VERSIONS", "PLUGIN_UNIX_SOCKET_DIR", "BENCHCTL_PLUGIN",
	}, ofServers...)
)

// hostile would turn fsync off, keep servers from starting or change how they run.
var hostile = []string{
	"ETCD_UNSAFE_NO_FSYNC=true", "ETCD_NAME=somebody", "ETCD_DATA_DIR=/nowhere", "ETCD_CONFIG_FILE=/nowhere",
	"_JAVA_OPTIONS=-Dzookeeper.forceSync=no", "JAVA_TOOL_OPTIONS=-Xmx1m", "JDK_JAVA_OPTIONS=-Xmx1m", "CLASSPATH=/nowhere",
	"GOGC=off", "GOMAXPROCS=1", "GODEBUG=netdns=go", "LD_LIBRARY_PATH=/nowhere", "HTTPS_PROXY=http://127.0.0.1:1", "https_proxy=http://127.0.0.1:1",
	"PLUGIN_MULTIPLEX_GRPC=true", "PLUGIN_UNIX_SOCKET_GROUP=nobody", "LANG=C", "LC_CTYPE=C", "BENCHCTL_MEMORY_CREDENTIALS=a:b",
}

func TestServersHaveNothingOfTheCallersEnvironment(t *testing.T) {
	t.Parallel()
	for _, store := range []string{"etcd", "zookeeper", "raftembed"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			args := []string{"run", "--store", store, "--nodes", "1", "--threads", "1", "--duration", "20s", "--warmup", "100ms", "--env", "ADDED=on purpose"}
			switch store {
			case "raftembed":
				args = append(args, "--option", "raftembed.placement=processes")
			case "zookeeper":
				drivertest.Needs(t, zookeeper.Driver())
			}
			s := startIn(t, "", hostile, filepath.Join(t.TempDir(), "a.db"), args...)
			s.measuring()
			looked := 0
			for pid, name := range s.processes() {
				allowed := append([]string{"ADDED"}, ofServers...)
				switch {
				case strings.HasPrefix(name, "benchctl "):
					continue // itself
				case name == "benchctl-plugin-"+store:
					allowed = append([]string{"ADDED"}, ofPlugins...)
				}
				looked++
				environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
				if err != nil {
					t.Fatal(err)
				}
				for _, variable := range strings.Split(strings.TrimRight(string(environment), "\x00"), "\x00") {
					if variable, _, _ := strings.Cut(variable, "="); !slices.Contains(allowed, variable) {
						t.Errorf("%s has %s", name, variable)
					}
				}
			}
			if looked != 3 { // the plugin, the node, the janitor
				t.Errorf("%d processes: %v", looked, s.processes())
			}
			if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			s.wait()
			s.expect("select setup ->> '$.env.ADDED', guarantees ->> '$.durability' from runs", "on purpose,fsync")
			s.noneLeft()
		})
	}
}

func TestWhatNobodyOwnsIsRemoved(t *testing.T) {
	t.Parallel()
	archive, data := filepath.Join(t.TempDir(), "a.db"), t.TempDir()
	s := start(t, archive, "run", "--option", "raftembed.placement=processes", "--nodes", "3", "--threads", "2", "--duration", "20s", "--warmup", "100ms", "--data-dir", data)
	s.measuring()
	// All at once, as at the end of a container: stopped first, so that none acts.
	killed := s.processes()
	for _, signal := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGKILL} {
		for pid := range killed {
			_ = syscall.Kill(pid, signal)
		}
	}
	s.wait()
	if left, err := os.ReadDir(data); err != nil || len(left) != 1 {
		t.Fatalf("left of the run: %v, %v", left, err)
	}
	kept := filepath.Join(data, "benchctl-run-7-1")
	if err := os.Mkdir(kept, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(kept, "data"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// Another, which knows the folder of temporary files alone.
	next := startIn(t, "", []string{"TMPDIR=" + s.temporary}, archive, "run", "--store", "memory", "--nodes", "1", "--threads", "1", "--duration", "100ms", "--warmup", "100ms")
	if code := next.wait(); code != exitDone {
		t.Errorf("exit code %d:\n%s", code, next.stderr.String())
	}
	if left, err := os.ReadDir(data); err != nil || len(left) != 1 || left[0].Name() != filepath.Base(kept) {
		t.Errorf("left in the data folder: %v, %v", left, err)
	}
	s.noneLeft()
}

// A relative path means the same file wherever it is used.
func TestPathsOfOptionsAreAbsolute(t *testing.T) {
	t.Parallel()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	here, onPath := t.TempDir(), t.TempDir()
	for dir, says := range map[string]string{here: "here", onPath: "on PATH"} {
		text := fmt.Sprintf("#!/bin/sh\necho %s >>'%s/started'\nexec '%s/benchctl-plugin-etcd' server \"$@\"\n", says, here, bin)
		if err := os.WriteFile(filepath.Join(dir, "etcd"), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for given, want := range map[string]string{"./etcd": here, "etcd": onPath, "../" + filepath.Base(here) + "/etcd": here} {
		s := startIn(t, here, []string{"PATH=" + onPath + ":" + os.Getenv("PATH")}, filepath.Join(t.TempDir(), "a.db"),
			"run", "--store", "etcd", "--nodes", "3", "--threads", "1", "--duration", "100ms", "--warmup", "100ms", "--option", "etcd.binary="+given)
		if code := s.wait(); code != exitDone {
			t.Fatalf("exit code %d:\n%s", code, s.stderr.String())
		}
		s.expect("select setup ->> '$.options.binary', plan ->> '$.runs[0].options.binary' from runs join experiments on experiments.id = experiment",
			filepath.Join(want, "etcd")+","+filepath.Join(want, "etcd"))
		started, err := os.ReadFile(filepath.Join(here, "started"))
		if err != nil {
			t.Fatal(err)
		}
		says := map[string]string{here: "here", onPath: "on PATH"}[want]
		if got := strings.Count(string(started), says+"\n"); got != strings.Count(string(started), "\n") || got < 3 {
			t.Errorf("%s ran:\n%s", given, started)
		}
		if err := os.Remove(filepath.Join(here, "started")); err != nil {
			t.Fatal(err)
		}
	}
}

// outward is an address of this machine other than loopback.
func outward(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && ip.IP.To4() != nil {
			return ip.IP.String()
		}
	}
	skipHere(t, "this machine has no address but loopback's")
	return ""
}

// The endpoints that do not serve are named, and no proxy stands between the load
// and those that do.
func TestEachEndpointIsAskedByItself(t *testing.T) {
	t.Parallel()
	address := outward(t)
	reachable := drivertest.Provisioned{Driver: etcd.Driver(), By: func(ctx context.Context, own driver.Provisioner, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
		nodes, err := own.Provision(ctx, setup, places)
		for i := range nodes {
			at := slices.Index(nodes[i].Command, "--listen-client-urls") + 1
			nodes[i].Command[at] += fmt.Sprintf(",http://%s:%d", address, places[i].Ports[0])
		}
		return nodes, err
	}}
	deployed := drivertest.Deploy(t, reachable, driver.Setup{})
	_, port, err := net.SplitHostPort(deployed.Endpoints()[0])
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	serves := net.JoinHostPort(address, port)
	closed := "http://127.0.0.1:1"
	s := startIn(t, "", []string{"HTTPS_PROXY=" + closed}, filepath.Join(t.TempDir(), "a.db"),
		"run", "--store", "etcd", "--endpoints", serves+",127.0.0.1:1,"+silent.Addr().String(), "--threads", "1", "--duration", "100ms", "--warmup", "100ms",
		"--env", "HTTPS_PROXY", "--env", "HTTP_PROXY="+closed, "--env", "ALL_PROXY="+closed, "--env", "all_proxy="+closed, "--env", "https_proxy="+closed, "--env", "http_proxy="+closed)
	if code := s.wait(); code != exitDone {
		t.Fatalf("exit code %d:\n%s", code, s.stderr.String())
	}
	warnings := s.ask("select value from runs, json_each(warnings) where value like '%did not serve%'")
	for _, want := range []string{"2 of 3 endpoints did not serve", "127.0.0.1:1 (", "connection refused", silent.Addr().String() + " ("} {
		if !strings.Contains(warnings, want) {
			t.Errorf("the warning %q lacks %q", warnings, want)
		}
	}
	if strings.Contains(warnings, serves+" (") {
		t.Errorf("the warning %q names one that serves", warnings)
	}
}
