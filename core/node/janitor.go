package node

import (
	"io"
	"os/exec"
	"sync"

	"github.com/benchctl/benchctl/core/internal/variables"
)

// janitor is a process that removes folders when benchctl has ended without
// doing so, as after SIGKILL: its standard input then ends. What is still
// written there by nodes that are just dying is removed by a later try.
type janitor struct {
	stdin io.WriteCloser
	cmd   *exec.Cmd
	once  sync.Once
}

const janitorScript = `read -r _ && exit
for try in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$@"; sleep 0.1; done`

// hire starts a janitor for folders.
func hire(folders []string) (*janitor, error) {
	cmd := exec.Command("/bin/sh", append([]string{"-c", janitorScript, "janitor"}, folders...)...)
	cmd.Dir = "/"
	cmd.Env = variables.Make(nil)
	cmd.SysProcAttr = survivor()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &janitor{stdin: stdin, cmd: cmd}, nil
}

// dismiss ends the janitor, who then removes nothing.
func (j *janitor) dismiss() {
	j.once.Do(func() {
		_, _ = io.WriteString(j.stdin, "\n") // it may have been killed
		_ = j.stdin.Close()
		_ = j.cmd.Wait()
	})
}
