package node

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestNodesDieWithTheirController(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	controller := exec.Command(self)
	controller.Env = append(os.Environ(), "NODE_TEST_CONTROLLER="+dir)
	out, err := controller.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := controller.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || ended(pid) {
		t.Errorf("the controller said %q", line)
	}
	if err := controller.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = controller.Wait() // it was killed
	if pid > 0 {
		eventually(t, "the node has ended", func() bool { return ended(pid) })
		eventually(t, "its folder is gone", func() bool { left, err := os.ReadDir(dir); return err == nil && len(left) == 0 })
	}
}

// The kernel kills a node with the thread that started it, not with the
// process, so the thread has to outlive whoever called StartNode.
func TestANodeOutlivesTheThreadThatStartedIt(t *testing.T) {
	c, _, _ := one(t)
	thread := make(chan string)
	var onThread func()
	onThread = func() {
		runtime.LockOSThread() // and ends with the thread
		if syscall.Gettid() == os.Getpid() {
			onAnother := make(chan struct{}) // as the first thread of a process does not end
			go func() { defer close(onAnother); onThread() }()
			<-onAnother
			return
		}
		if err := c.Start(context.Background()); err != nil {
			t.Error(err)
		}
		thread <- fmt.Sprintf("/proc/self/task/%d", syscall.Gettid())
	}
	go onThread()
	task := <-thread
	eventually(t, "the thread has ended", func() bool { _, err := os.Stat(task); return err != nil })
	if err := c.StopNode(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}
