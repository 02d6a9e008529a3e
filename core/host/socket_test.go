package host_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/host"
)

// script writes a plugin that is a shell script.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "benchctl-plugin-x")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestASocketElsewhereIsRefusedAndStays(t *testing.T) {
	precious := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(precious, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "socket") // that somebody else serves
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for name, line := range map[string]string{
		"a file":                 "echo '1|1|unix|" + precious + "|grpc|'",
		"another's socket":       "echo '1|1|unix|" + socket + "|grpc|'",
		"a way out":              `echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/../../..` + precious + `|grpc|"`,
		"a link":                 "ln -s " + precious + ` $PLUGIN_UNIX_SOCKET_DIR/s; echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/s|grpc|"`,
		"a folder that is ours":  `echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR|grpc|"`,
		"the folder as a link":   "rmdir $PLUGIN_UNIX_SOCKET_DIR 2>/dev/null; mv $PLUGIN_UNIX_SOCKET_DIR $PLUGIN_UNIX_SOCKET_DIR-x; ln -s " + filepath.Dir(precious) + ` $PLUGIN_UNIX_SOCKET_DIR; echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/precious|grpc|"`,
		"one that is not listed": `echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/none|grpc|"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			_, err := host.Launch(t.Context(), "x", script(t, line+"\nexec sleep 60"), host.Options{})
			if !errors.Is(err, client.ErrPlugin) || !strings.Contains(err.Error(), "it names the socket") {
				t.Errorf("error %v", err)
			}
			if content, err := os.ReadFile(precious); string(content) != "content" || err != nil {
				t.Errorf("%q, %v", content, err)
			}
			if _, err := os.Lstat(socket); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAFolderForTheSocket(t *testing.T) {
	t.Run("a path too long", func(t *testing.T) {
		long := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
		if err := os.Mkdir(long, 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("TMPDIR", long)
		launch(t, "scripted", host.Options{})
		if left, err := os.ReadDir(long); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	})
	t.Run("none", func(t *testing.T) {
		path := script(t, "exit 0")
		t.Setenv("TMPDIR", "/nowhere")
		_, err := host.Launch(t.Context(), "x", path, host.Options{})
		if !errors.Is(err, client.ErrPlugin) || !strings.Contains(err.Error(), "/nowhere") || !strings.HasSuffix(err.Error(), "set TMPDIR to a folder that is there and can be written to") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("of a benchctl that was killed", func(t *testing.T) {
		temporary := t.TempDir()
		t.Setenv("TMPDIR", temporary)
		// As it leaves it: the mark is there, and nobody holds it.
		left := filepath.Join(temporary, "benchctl-plugin-1")
		if err := os.Mkdir(left, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(left, ".owner"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		launch(t, "scripted", host.Options{})
		if entries, err := os.ReadDir(temporary); err != nil || len(entries) > 0 {
			t.Errorf("left: %v, %v", entries, err)
		}
	})
}

// What the caller's environment holds reaches no plugin, but for what is listed.
func TestAPluginsEnvironment(t *testing.T) {
	for _, name := range []string{"PLUGIN_MULTIPLEX_GRPC", "PLUGIN_UNIX_SOCKET_GROUP", "PLUGIN_MIN_PORT", "GOGC", "GODEBUG", "LD_LIBRARY_PATH", "HTTPS_PROXY", "BENCHCTL_OTHER_CREDENTIALS", "OTHER_HOME"} {
		t.Setenv(name, "inherited")
	}
	t.Setenv("BENCHCTL_X_CREDENTIALS", "user:password")
	t.Setenv("X_HOME", "relative")
	out := filepath.Join(t.TempDir(), "environment")
	path := script(t, "env -0 >"+out)
	if _, err := host.Launch(t.Context(), "x", path, host.Options{Env: map[string]string{"GOGC": "50", "ADDED": "a=b c"}}); err == nil {
		t.Error("it was launched")
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"GOGC": "50", "ADDED": "a=b c", "BENCHCTL_X_CREDENTIALS": "user:password", "X_HOME": filepath.Join(here, "relative"),
		"BENCHCTL_PLUGIN": "driver", "PLUGIN_MIN_PORT": "10000", "LC_ALL": "C.UTF-8",
	}
	mayBe := map[string]bool{
		"HOME": true, "JAVA_HOME": true, "PATH": true, "TMPDIR": true, "TZ": true, "PWD": true, // the shell's own
		"PLUGIN_MAX_PORT": true, "PLUGIN_PROTOCOL_VERSIONS": true, "PLUGIN_CLIENT_CERT": true, "PLUGIN_UNIX_SOCKET_DIR": true,
	}
	for _, variable := range strings.Split(strings.TrimRight(string(content), "\x00"), "\x00") {
		name, value, _ := strings.Cut(variable, "=")
		wanted, listed := want[name]
		if listed && wanted != value || !listed && !mayBe[name] {
			t.Errorf("%s=%s", name, value)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
