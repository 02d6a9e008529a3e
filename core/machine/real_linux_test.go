package machine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/benchctl/benchctl/core/machine"
	"github.com/benchctl/benchctl/core/record"
)

// TestMain can be another process: one in a place of its own, that says what it
// takes the machine for.
func TestMain(m *testing.M) {
	dir := os.Getenv("MACHINE_TEST_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	if os.Getenv("MACHINE_TEST_MOUNT") != "" {
		exit(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		exit(unix.Mount("tmpfs", dir, "tmpfs", 0, ""))
	}
	for _, group := range filepath.SplitList(os.Getenv("MACHINE_TEST_GROUP")) {
		exit(set(filepath.Join(group, "cgroup.procs"), strconv.Itoa(os.Getpid())))
	}
	e, err := machine.Read(context.Background(), dir)
	exit(err)
	exit(json.NewEncoder(os.Stdout).Encode(e))
}

// set writes into a file that is there.
func set(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// readElsewhere returns the environment as another process sees it.
func readElsewhere(t *testing.T, dir string, attributes *syscall.SysProcAttr, env ...string) (e record.Environment) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "MACHINE_TEST_DIR="+dir), env...)
	cmd.SysProcAttr, cmd.Stderr = attributes, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		skipHere(t, "needs root")
	}
}

// skipHere skips a test of what this machine does not have. In CI it fails.
func skipHere(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func TestAFilesystemThatOnlyThisProcessSees(t *testing.T) {
	needsRoot(t)
	dir := t.TempDir()
	e := readElsewhere(t, dir, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}, "MACHINE_TEST_MOUNT=1")
	if e.Filesystem != "tmpfs" {
		t.Errorf("in a mount namespace of its own: %q", e.Filesystem)
	}
	if outside, err := machine.Read(t.Context(), dir); err != nil || outside.Filesystem == "tmpfs" {
		t.Errorf("outside of it: %q, %v", outside.Filesystem, err)
	}
}

// TestALimitOfARealGroup makes groups where this machine has room for them, of
// either version.
func TestALimitOfARealGroup(t *testing.T) {
	needsRoot(t)
	made := func(parent string) string {
		dir, err := os.MkdirTemp(parent, "benchctl-test-*")
		if err != nil {
			return ""
		}
		t.Cleanup(func() {
			for range 100 { // until the kernel has let go of who was in it
				if os.Remove(dir) == nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("%s is left", dir)
		})
		return dir
	}
	try := func(files map[string]string, parents ...string) (groups []string) {
		for _, parent := range parents {
			if dir := made(parent); dir != "" {
				groups = append(groups, dir)
			}
		}
		for name, text := range files {
			written := false
			for _, dir := range groups {
				written = written || set(filepath.Join(dir, name), text) == nil
			}
			if !written {
				return nil
			}
		}
		return groups
	}
	const root = "/sys/fs/cgroup"
	groups := try(map[string]string{"cpu.max": "50000 100000", "memory.max": "268435456"}, root)
	if groups == nil {
		groups = try(map[string]string{"cpu.cfs_quota_us": "50000", "memory.limit_in_bytes": "268435456"}, root+"/cpu", root+"/memory")
	}
	if groups == nil {
		skipHere(t, "control groups cannot be made here")
	}
	e := readElsewhere(t, t.TempDir(), nil, "MACHINE_TEST_GROUP="+strings.Join(groups, string(filepath.ListSeparator)))
	if e.CPULimit != 0.5 || e.MemoryLimitBytes != 256<<20 {
		t.Errorf("%v cores and %d bytes in %v", e.CPULimit, e.MemoryLimitBytes, groups)
	}
}

// TestAnotherProcessIsForeign lets a process work that nobody here has started any
// more.

func TestAnotherProcessIsForeign(t *testing.T) {
	if machine.Watch()() == nil {
		skipHere(t, "this system does not tell")
	}
	const work = "i=0; while [ $i -lt 1500000 ]; do i=$((i+1)); done; "
	ended := filepath.Join(t.TempDir(), "ended")
	since := machine.Watch()
	// Its parent ends at once, and its session is another.
	foreign := exec.Command("/bin/sh", "-c", `setsid /bin/sh -c "$0" & exit`, work+"times > "+ended+".new; mv "+ended+".new "+ended)
	if err := foreign.Run(); err != nil {
		t.Fatal(err)
	}
	var times []byte
	for deadline := time.Now().Add(time.Minute); len(times) == 0; time.Sleep(10 * time.Millisecond) {
		times, _ = os.ReadFile(ended)
		if time.Now().After(deadline) {
			t.Fatal("it has not ended")
		}
	}
	fields := strings.Fields(string(times)) // such as 0m1.230s, of itself
	user, err := time.ParseDuration(fields[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := since(); got == nil || got.ForeignCPUSeconds < user.Seconds()/2 {
		t.Errorf("another process has used %v; seen %+v", user, got)
	}
}
