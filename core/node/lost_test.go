package node

import (
	"context"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
)

func TestALostNodeIsFound(t *testing.T) {
	c, _, _ := one(t)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	lost := func() []string {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		return c.Lost(ctx)
	}
	if names := lost(); len(names) > 0 {
		t.Errorf("lost though they serve: %v", names)
	}
	pid := c.processes()["a"].pid
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if names := lost(); !slices.Equal(names, []string{"a"}) {
		t.Errorf("lost when it hangs: %v", names)
	}
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if names := lost(); len(names) > 0 {
		t.Errorf("lost though it serves again: %v", names)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node has ended", func() bool { return len(c.Running()) == 0 })
	if names := lost(); !slices.Equal(names, []string{"a"}) {
		t.Errorf("lost when it has ended: %v", names)
	}
}

func TestANodeInsideThePluginIsLostOnceItWasKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cluster")
	places, err := Places(dir, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCluster(dir, []driver.Node{{Name: "a"}, {Name: "b"}}, places, &insider{dir: dir}, func(Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Close(false)
	if names := c.Lost(t.Context()); len(names) > 0 {
		t.Errorf("lost: %v", names)
	}
	if err := c.KillNode(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if names := c.Lost(t.Context()); !slices.Equal(names, []string{"b"}) {
		t.Errorf("lost: %v", names)
	}
}
