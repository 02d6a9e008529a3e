package host_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/protocol"
)

func TestAPluginDiesWithItsController(t *testing.T) {
	for _, state := range []string{"running", "stopped"} {
		t.Run(state, func(t *testing.T) {
			controller := exec.Command(binary(t, "controller"), binary(t, protocol.BinaryPrefix+"scripted"))
			temporary := t.TempDir()
			controller.Env = append(os.Environ(), "TMPDIR="+temporary)
			out, err := controller.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := controller.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Error(err)
			}
			pid := atoi(t, strings.TrimSpace(line))
			if state == "stopped" { // it cannot see that its parent has gone: the kernel has to
				if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
					t.Error(err)
				}
			}
			if err := controller.Process.Kill(); err != nil {
				t.Error(err)
			}
			_ = controller.Wait() // it was killed
			eventually(t, "the plugin has ended", func() bool { return ended(pid) })
			if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
				t.Errorf("left in the temporary folder: %v, %v", left, err)
			}
		})
	}
}

// ended reports whether a process has ended, also if nobody has reaped it: who
// does that for an orphan is the machine's business.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z")
}

// The kernel kills a plugin with the thread that started it, not with the
// process, so the thread has to outlive whoever called Launch.
func TestAPluginOutlivesTheThreadThatLaunchedIt(t *testing.T) {
	launched := make(chan *host.Plugin)
	thread := make(chan int, 1)
	path := binary(t, protocol.BinaryPrefix+"scripted")
	go func() {
		runtime.LockOSThread() // and ends with the thread
		thread <- syscall.Gettid()
		p, err := host.Launch(context.Background(), "scripted", path, host.Options{})
		if err != nil {
			t.Error(err)
		}
		launched <- p
	}()
	p := <-launched
	if p == nil {
		return
	}
	defer p.Close()
	task := fmt.Sprintf("/proc/self/task/%d", <-thread)
	eventually(t, "the thread has ended", func() bool { _, err := os.Stat(task); return err != nil })
	if _, err := p.Describe(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAPluginHasItsOwnProcessGroup(t *testing.T) {
	p := launch(t, "scripted", host.Options{})
	if group, err := syscall.Getpgid(p.PID()); err != nil || group != p.PID() {
		t.Errorf("group %d of process %d: %v", group, p.PID(), err)
	}
}
