package archive

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// childTasks are what this binary does when it is started as another process
// that uses the archive at path.
var childTasks = map[string]func(ctx context.Context, path string) error{
	"runs":    writeRuns,
	"endless": writeEndlessly,
	"hold":    holdRun,
	"idle":    holdBriefly,
}

const (
	childRuns    = 4
	childThreads = 3
	childChunks  = 25
)

// writeRuns archives a few whole runs.
func writeRuns(ctx context.Context, path string) error {
	a, err := Open(ctx, path)
	if err != nil {
		return err
	}
	defer a.Close()
	for range childRuns {
		w, err := begin(ctx, a, childThreads, testPhases)
		if err != nil {
			return err
		}
		if _, err := load(w, childThreads, len(testPhases), childChunks, 500); err != nil {
			return err
		}
		if err := w.Finish(ctx, record.Complete, ""); err != nil {
			return err
		}
	}
	return a.Close()
}

// writeEndlessly says "committed" once its first chunks are in the file, and
// writes on until it is killed.
func writeEndlessly(ctx context.Context, path string) error {
	a, err := Open(ctx, path)
	if err != nil {
		return err
	}
	w, err := begin(ctx, a, 1, testPhases)
	if err != nil {
		return err
	}
	if err := w.Started(time.Now(), ""); err != nil {
		return err
	}
	encoder, rng := sample.NewEncoder(), rand.New(rand.NewPCG(1, 1))
	said := false
	for i, at := int64(0), int64(0); ; i++ {
		samples := likely(rng, at, 100, 1e5)
		at = samples[99].End()
		if err := w.Chunk(sample.Header{First: i * 100, Count: 100}, encoder.Append(nil, samples)); err != nil {
			return err
		}
		if said {
			continue
		}
		var n int
		if err := a.reader.QueryRowContext(ctx, "select count(*) from chunks where run_id = ?", w.ID()).Scan(&n); err != nil {
			return err
		}
		if n >= 20 {
			fmt.Println("committed")
			said = true
		}
	}
}

// holdRun has a run under way until its input ends.
func holdRun(ctx context.Context, path string) error {
	a, err := Open(ctx, path)
	if err != nil {
		return err
	}
	defer a.Close()
	w, err := begin(ctx, a, 1, testPhases)
	if err != nil {
		return err
	}
	fmt.Println("running")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	if _, err := load(w, 1, len(testPhases), 2, 10); err != nil {
		return err
	}
	return w.Finish(ctx, record.Complete, "")
}

// holdBriefly leaves without closing the archive or finishing its run.
func holdBriefly(ctx context.Context, path string) error {
	a, err := Open(ctx, path)
	if err != nil {
		return err
	}
	_, err = begin(ctx, a, 1, testPhases)
	return err
}

type child struct {
	*exec.Cmd
	out    *bufio.Reader
	in     io.Closer
	stderr strings.Builder
}

func startChild(t *testing.T, task, path string) *child {
	t.Helper()
	c := &child{Cmd: exec.Command(os.Args[0])}
	c.Env = append(os.Environ(), "ARCHIVE_TEST_TASK="+task, "ARCHIVE_TEST_PATH="+path)
	c.Stderr = &c.stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.in, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewReader(out)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.ProcessState == nil {
			c.Process.Kill()
			c.Wait()
		}
	})
	return c
}

// says waits until the child prints a line.
func (c *child) says(t *testing.T, want string) {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if strings.TrimSpace(line) != want {
		c.Wait()
		t.Fatalf("child says %q, want %q (%v): %s", line, want, err, c.stderr.String())
	}
}

func (c *child) wait(t *testing.T) {
	t.Helper()
	if err := c.Wait(); err != nil {
		t.Errorf("child: %v: %s", err, c.stderr.String())
	}
}

func TestSeveralProcessesWriteOneArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var children []*child
	for range 3 { // all of them find no archive
		children = append(children, startChild(t, "runs", path))
	}
	for _, c := range children {
		c.wait(t)
	}
	a := openAt(t, path)
	runs, err := a.Runs(t.Context())
	if err != nil || len(runs) != 3*childRuns {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	for _, run := range runs {
		if run.State != record.Complete {
			t.Errorf("run %d is %s: %s", run.ID, run.State, run.Error)
		}
		if got, want := checkSums(t, a, run.ID), int64(childThreads*len(testPhases)*childChunks*500); got != want {
			t.Errorf("run %d has %d samples, want %d", run.ID, got, want)
		}
	}
	sound(t, a)
}

func TestKilledRunIsInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	c := startChild(t, "endless", path)
	c.says(t, "committed")
	if err := c.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	// To read shows what became of it, and leaves the file as it is.
	before := files(t, path)
	r, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	run, err := r.Run(t.Context(), 1)
	if err != nil || run.State != record.Interrupted || run.Error != orphaned {
		t.Errorf("run is %s: %s (%v)", run.State, run.Error, err)
	}
	if state := one[string](t, r, "select state from runs"); state != "running" {
		t.Errorf("SQL shows the run as %s", state)
	}
	sound(t, r)
	closeNow(t, r)
	if diff := cmp.Diff(before, files(t, path)); diff != "" {
		t.Error("reading changed the files:", diff)
	}

	a := openAt(t, path)
	if diff := cmp.Diff(Changes{From: Schema, Settled: []int64{1}}, a.Changes()); diff != "" {
		t.Error(diff)
	}
	run, err = a.Run(t.Context(), 1)
	if err != nil || run.State != record.Interrupted || run.Error != orphaned || run.EndedAt.Before(run.StartedAt) {
		t.Errorf("run is %s: %s, ended %v (%v)", run.State, run.Error, run.EndedAt, err)
	}
	if state := one[string](t, a, "select state from runs"); state != "interrupted" {
		t.Errorf("SQL shows the run as %s", state)
	}
	if n := checkSums(t, a, 1); n < 2000 {
		t.Errorf("%d samples are left, want at least the 2000 that were committed", n)
	}
	sound(t, a)
}

func TestZombieAndLeftRunAreInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	c := startChild(t, "idle", path)
	// Once its output has ended it is a zombie, for nobody waits for it yet.
	if _, err := io.Copy(io.Discard, c.out); err != nil {
		t.Fatal(err)
	}
	for dead := false; !dead; {
		_, alive, err := processStart(t.Context(), c.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		dead = !alive
	}
	a := openAt(t, path)
	if run, err := a.Run(t.Context(), 1); err != nil || run.State != record.Interrupted || !run.EndedAt.Equal(run.StartedAt) {
		t.Error(run, err)
	}
	c.wait(t)
	sound(t, a)
}

func TestRunOfALivingProcessIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	c := startChild(t, "hold", path)
	c.says(t, "running")
	a := openAt(t, path)
	if run, err := a.Run(t.Context(), 1); err != nil || run.State != record.Running {
		t.Error(run.State, err)
	}
	c.in.Close()
	c.wait(t)
	if run, err := a.Run(t.Context(), 1); err != nil || run.State != record.Complete {
		t.Error(run.State, err)
	}
	sound(t, a)
}

// A process in another container cannot be seen. Should it live after all, what
// it does later still counts.
func TestRunThatWasTakenForDeadCanFinish(t *testing.T) {
	a := open(t)
	w, err := begin(t.Context(), a, 2, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := load(w, 2, 1, 2, 2000); err != nil {
		t.Fatal(err)
	}
	err = a.commit(t.Context(), "hide the owner", func(tx *sql.Tx) error {
		_, err := tx.Exec("update runs set owner = json_set(owner, '$.boot', 'elsewhere')")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b := openAt(t, a.Path())
	if run, err := b.Run(t.Context(), w.ID()); err != nil || run.State != record.Interrupted {
		t.Fatal(run.State, err)
	}
	if _, err := loadPhases(w, 2, 1, 3, 2, 2000); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), record.Complete, ""); err != nil {
		t.Fatal(err)
	}
	if run, err := b.Run(t.Context(), w.ID()); err != nil || run.State != record.Complete || run.Error != "" {
		t.Error(run.State, run.Error, err)
	}
	checkSums(t, b, w.ID())
	sound(t, b)
}

func TestSelfIsAlive(t *testing.T) {
	me, _, err := self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*owner)
		want   bool
	}{
		"self":          {func(*owner) {}, false},
		"other boot":    {func(o *owner) { o.Boot += "x" }, true},
		"other start":   {func(o *owner) { o.Started-- }, true},
		"no such pid":   {func(o *owner) { o.PID = 1 << 30 }, true},
		"other process": {func(o *owner) { o.PID = os.Getppid() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := me
			c.change(&o)
			document, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := gone(t.Context(), document); err != nil || got != c.want {
				t.Error(got, err)
			}
		})
	}
}

func TestRunIsVisibleWhileItRuns(t *testing.T) {
	a := open(t)
	w, err := begin(t.Context(), a, 1, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenReadOnly(t.Context(), a.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if run, err := b.Run(t.Context(), w.ID()); err != nil || run.State != record.Running || !run.EndedAt.IsZero() {
		t.Error(run.State, err)
	}
	if err := w.Finish(t.Context(), record.Complete, ""); err == nil {
		t.Error("complete without its phases")
	}
}
