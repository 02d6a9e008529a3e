package node

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/benchctl/benchctl/core/internal/variables"
)

// logFile is the name of a node's log in its folder.
const logFile = "node.log"

// process is a server process that we started.
type process struct {
	cmd   *exec.Cmd
	dir   string
	at    time.Time     // when it was started
	from  int64         // where its output begins in the log, which earlier starts began
	told  atomic.Bool   // to end
	ended chan struct{} // closed when the process has been reaped
}

// startProcess starts a command in a folder, with its output in the folder's
// log. The process is started from a thread that lives as long as it does,
// because on Linux the kernel kills it together with that thread.
func startProcess(command, env []string, dir string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(dir, logFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(variables.Make(nil), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	p := &process{cmd: cmd, dir: dir, at: time.Now(), from: from, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // how it ended stands in ProcessState
		// What it started and left behind goes with it.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		close(p.ended)
	}()
	return p, <-started
}

// survivor gives a process a session of its own, so that neither Ctrl-C nor the
// end of the terminal reaches it.
func survivor() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func (p *process) pid() int { return p.cmd.Process.Pid }

// how says how the process ended.
func (p *process) how() string { return p.cmd.ProcessState.String() }

// kill ends the process and whatever it started, and waits until it is gone.
func (p *process) kill() {
	p.told.Store(true)
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// stop asks the process to end, and kills it when it has not after grace.
func (p *process) stop(grace time.Duration) {
	p.told.Store(true)
	p.signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(grace):
		p.kill()
	}
}

// signal reaches the process and its group. One that has been reaped is left
// alone: its number may belong to another by now.
func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.ended:
	default:
		_ = syscall.Kill(-p.pid(), s)
	}
}

// lastLines returns the end of what the process has written into its log.
func (p *process) lastLines(n int) ([]string, error) {
	text, err := readEnd(filepath.Join(p.dir, logFile), p.from)
	if err != nil || text == "" {
		return nil, err
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-n):], nil
}

// readEnd returns the end of a log that begins at an offset of a file.
func readEnd(path string, from int64) (string, error) {
	const most = 32 << 10
	log, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer log.Close()
	size, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	buffer := make([]byte, min(size-from, most))
	if _, err := log.ReadAt(buffer, size-int64(len(buffer))); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return strings.ToValidUTF8(strings.TrimSpace(string(buffer)), "?"), nil
}
