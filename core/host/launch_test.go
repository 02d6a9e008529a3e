package host_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/sample"
)

// eventually waits for what another process does.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestCallsCarryEveryField(t *testing.T) {
	p := launch(t, "scripted", host.Options{})
	ctx := t.Context()

	content, err := os.ReadFile(p.Path())
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(content); p.SHA256() != hex.EncodeToString(sum[:]) {
		t.Errorf("SHA256 %s", p.SHA256())
	}
	if gone(p.PID()) || p.PID() == os.Getpid() {
		t.Errorf("PID %d", p.PID())
	}

	description, err := p.Describe(ctx)
	if diff := cmp.Diff(protocol.Describe(scripted{}), description); diff != "" || err != nil {
		t.Errorf("Describe: %v (-want +got):\n%s", err, diff)
	}
	if !description.Can(sample.OpCreate) || !description.Has(driver.CapabilityProvision) {
		t.Errorf("Describe: %+v", description)
	}

	whole := driver.Setup{
		Nodes: 2, Reads: driver.Sequential, Options: map[string]string{"behave": ""},
		Endpoints: []string{"a:1", "b:2"}, External: true, Timeout: 3 * time.Second,
	}
	guarantees, ports, err := p.Prepare(ctx, whole)
	want := driver.Guarantees{Durability: driver.DurableFsync, Reads: driver.Sequential, Notes: []string{"a note"}}
	if diff := cmp.Diff(want, guarantees); diff != "" || ports != 4 || err != nil {
		t.Errorf("Prepare: %d ports, %v (-want +got):\n%s", ports, err, diff)
	}

	places := []driver.Place{{Dir: "/one", Ports: []int{1, 2}}, {Dir: "/two", Ports: []int{3, 4}}}
	wantNodes, _ := scripted{}.Provision(ctx, whole, places)
	nodes, err := p.Provision(ctx, whole, places)
	if diff := cmp.Diff(wantNodes, nodes); diff != "" || err != nil {
		t.Errorf("Provision: %v (-want +got):\n%s", err, diff)
	}

	for verb, call := range map[string]func(context.Context, string) error{"start": p.StartNode, "stop": p.StopNode, "kill": p.KillNode} {
		if err := call(ctx, "n0"); err != nil {
			t.Errorf("%s: %v", verb, err)
		}
		err := call(ctx, "n9")
		if want := "plugin scripted: " + verb + " node n9: cannot " + verb + " n9"; errors.Is(err, client.ErrPlugin) || err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", verb, err, want)
		}
	}
}

func TestRefusalsAndFailuresAreToldApart(t *testing.T) {
	p := launch(t, "scripted", host.Options{})
	ctx := t.Context()
	many := setup("")
	many.Nodes = 9
	var refused *client.Refused
	if _, _, err := p.Prepare(ctx, many); !errors.As(err, &refused) || err.Error() != "plugin scripted refuses: 9 nodes are too many: use at most 5" {
		t.Errorf("Prepare: %v", err)
	}
	if _, err := p.Provision(ctx, setup("fail"), nil); errors.Is(err, client.ErrPlugin) || err == nil || err.Error() != "plugin scripted: provision nodes: there is no server binary: install one" {
		t.Errorf("Provision: %v", err)
	}
	if _, err := p.Provision(ctx, setup(""), []driver.Place{}); err == nil || err.Error() != "plugin scripted provisions 0 nodes instead of 1" {
		t.Errorf("Provision: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := p.Describe(canceled); err == nil || errors.Is(err, client.ErrPlugin) {
		t.Errorf("Describe: %v", err)
	}
	if _, err := launch(t, "bare", host.Options{}).Describe(ctx); !errors.Is(err, client.ErrPlugin) || !strings.Contains(err.Error(), "plugin bare: its description cannot be read") {
		t.Errorf("Describe: %v", err)
	}
}

func TestWhatIsNoPluginIsNamed(t *testing.T) {
	const patience = 500 * time.Millisecond // with the one that will not speak
	cases := []struct{ name, script, want string }{
		{"prints something else", "echo hello, world", `PATH did not begin to speak as a plugin does (it said: "hello, world"): it is no plugin of benchctl, whose main calls plugin.Serve, or something kept it from serving`},
		{"fails", "echo no libfoo >&2; exit 1", `PATH did not begin to speak as a plugin does (it said: "no libfoo"): it is no plugin of benchctl, whose main calls plugin.Serve, or something kept it from serving`},
		{"is silent", "exit 0", `PATH did not begin to speak as a plugin does (exit status 0): it is no plugin of benchctl, whose main calls plugin.Serve, or something kept it from serving`},
		{"is killed", "kill -9 $$", `PATH did not begin to speak as a plugin does (signal: killed): it is no plugin of benchctl, whose main calls plugin.Serve, or something kept it from serving`},
		{"hangs", "exec sleep 60", `PATH said nothing on its standard output for 500ms: it is no plugin of benchctl, whose main calls plugin.Serve, or this machine is too busy to start it`},
		{"is newer", "echo '1|2|tcp|127.0.0.1:1|grpc|'; exec sleep 60", `plugin PATH speaks protocol 2, this benchctl speaks 1: upgrade benchctl`},
		{"is older", "echo '1|0|tcp|127.0.0.1:1|grpc|'; exec sleep 60", `plugin PATH speaks protocol 0, this benchctl speaks 1: rebuild the plugin with the current core/driver`},
		{"speaks net/rpc", "echo '1|1|tcp|127.0.0.1:1|netrpc|'; exec sleep 60", `PATH did not begin to speak as a plugin does (unsupported plugin protocol "netrpc". Supported: [grpc]): it is no plugin of benchctl, whose main calls plugin.Serve, or something kept it from serving`},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "benchctl-plugin-x")
			if err := os.WriteFile(path, []byte("#!/bin/sh\n"+test.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			seen := &logs{}
			options := host.Options{Log: seen.at(hclog.Info), StartTimeout: time.Minute}
			if test.name == "hangs" {
				options.StartTimeout = patience
			}
			_, err := host.Launch(t.Context(), "x", path, options)
			if want := strings.ReplaceAll(test.want, "PATH", path); !errors.Is(err, client.ErrPlugin) || err.Error() != want {
				t.Errorf("error %v\nwant  %s", err, want)
			}
			if seen.String() != "" {
				t.Errorf("logged: %s", seen)
			}
		})
	}
}

func TestWhatCannotBeRunIsNamed(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "benchctl-plugin-x")
	if err := os.WriteFile(binary, []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), "benchctl-plugin-y")
	if err := os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	orphaned := filepath.Join(t.TempDir(), "benchctl-plugin-z")
	if err := os.WriteFile(orphaned, []byte("#!/nowhere/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		binary:          binary + " is no program for this machine: build the plugin with `go build`",
		plain:           "plugin " + plain + " may not be executed: fork/exec " + plain + ": permission denied",
		orphaned:        "plugin " + orphaned + " cannot be started: fork/exec " + orphaned + ": no such file or directory: the file is there, so the program that it needs to run is missing, such as its interpreter or its dynamic loader",
		"/nowhere/at-x": "read plugin /nowhere/at-x: open /nowhere/at-x: no such file or directory",
	} {
		if _, err := host.Launch(t.Context(), "x", path, host.Options{}); !errors.Is(err, client.ErrPlugin) || err.Error() != want {
			t.Errorf("error %v\nwant  %s", err, want)
		}
	}
}

func TestALaunchCanBeGivenUp(t *testing.T) {
	t.Parallel()
	pidFile := filepath.Join(t.TempDir(), "pid")
	path := filepath.Join(t.TempDir(), "benchctl-plugin-x")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho $$ >"+pidFile+".new && mv "+pidFile+".new "+pidFile+"\nexec sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(pidFile); err == nil {
				cancel()
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	_, err := host.Launch(ctx, "x", path, host.Options{StartTimeout: 10 * time.Second})
	if !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrPlugin) {
		t.Errorf("error %v", err)
	}
	pid := readPID(t, pidFile)
	eventually(t, "the process has ended", func() bool { return gone(pid) })
}

func TestLogsAreRoutedByLevel(t *testing.T) {
	seen := &logs{}
	p := launch(t, "scripted", host.Options{Log: seen.at(hclog.Warn)})
	if _, _, err := p.Prepare(t.Context(), setup("log")); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"[WARN]  plugin.scripted: disk is slow: ms=12\n",
		"[ERROR] plugin.scripted: store: no leader\n",
		"[WARN]  plugin.scripted: from an early logger\n",
		"[ERROR] plugin.scripted: from an early logger in text form\n",
	}
	for _, line := range want {
		eventually(t, "the line "+line, func() bool { return strings.Contains(seen.String(), line) })
	}
	if text := seen.String(); strings.Contains(text, "a bare line") || strings.Contains(text, "a detail") || strings.Count(text, "\n") != len(want) {
		t.Errorf("logged:\n%s", text)
	}

	all := &logs{}
	p = launch(t, "scripted", host.Options{Log: all.at(hclog.Debug)})
	if _, _, err := p.Prepare(t.Context(), setup("log")); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"[DEBUG] plugin.scripted: a bare line\n",
		"[DEBUG] plugin.scripted: to standard output\n",
		"[DEBUG] plugin.scripted: a detail\n",
		"[DEBUG] plugin: starting plugin",
	} {
		eventually(t, "the line "+line, func() bool { return strings.Contains(all.String(), line) })
	}
}

func TestClose(t *testing.T) {
	cases := []struct {
		name, store string
		stopped     bool // the process gets no processor time any more
	}{
		{name: "in order", store: "scripted"},
		{name: "a plugin that does not end", store: "lingering"},
		{name: "a plugin that hangs", store: "scripted", stopped: true},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			seen := &logs{}
			p := launch(t, test.store, host.Options{Log: seen.at(hclog.Info)})
			if test.stopped {
				if err := syscall.Kill(p.PID(), syscall.SIGSTOP); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if !gone(p.PID()) {
				t.Error("the process lives after Close")
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if seen.String() != "" {
				t.Errorf("logged: %s", seen)
			}
		})
	}
}

func readPID(t *testing.T, path string) int {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return atoi(t, strings.TrimSpace(string(content)))
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
