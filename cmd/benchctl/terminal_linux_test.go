package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal: what is written to tty is read from screen.
func terminal(t *testing.T) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		skipHere(t, "no pseudo-terminals here: "+err.Error())
	}
	t.Cleanup(func() { screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return screen, tty
}

func TestTheStatusFitsTheTerminal(t *testing.T) {
	screen, tty := terminal(t)
	c := newConsole(newText(tty))
	shown := func(columns uint16, status string) string {
		if err := unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
			t.Fatal(err)
		}
		c.status("%s", status)
		buffer := make([]byte, 4096)
		n, err := screen.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		line, ok := bytes.CutPrefix(buffer[:n], []byte("\r\x1b[K"))
		if !ok {
			t.Errorf("%q", buffer[:n])
		}
		return string(line)
	}
	for _, step := range []struct {
		columns      uint16
		status, want string
	}{
		{80, "run 1 of 2: etcd", "run 1 of 2: etcd"},
		{10, "run 1 of 2: etcd", "run 1 of "},
		{20, "run 1 of 2: etcd", "run 1 of 2: etcd"},
		{10, "界界界界界界", "界界界界"},
		{1, "run", ""},
		{0, "run", "run"}, // a terminal that does not say
		{30, "a\x1b[2Jb\nc\rd", `a\x1b[2Jb c\rd`},
	} {
		if got := shown(step.columns, step.status); got != step.want {
			t.Errorf("%d columns: %q, want %q", step.columns, got, step.want)
		}
	}
	c.clear()
	buffer := make([]byte, 4096)
	if n, err := screen.Read(buffer); err != nil || !regexp.MustCompile("^\r\x1b\\[K$").Match(buffer[:n]) {
		t.Errorf("%q, %v", buffer[:n], err)
	}
}
