package node

import "syscall"

// attributes give a process a group of its own, and let the kernel kill it
// when benchctl is killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
