//go:build unix && !linux

package host

import (
	"os/exec"
	"syscall"
)

// detach gives the process a group of its own, so that Ctrl-C at the terminal
// reaches benchctl alone.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// kill ends the process and its group at once.
func kill(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended by itself
	}
}
