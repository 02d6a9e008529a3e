package archive

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// tmpfs mounts a small filesystem and returns its folder.
func tmpfs(t *testing.T, options string) string {
	t.Helper()
	folder := t.TempDir()
	mount(t, "tmpfs", folder, "tmpfs", 0, options)
	t.Cleanup(func() {
		if err := unix.Unmount(folder, 0); err != nil {
			t.Error("unmount:", err)
		}
	})
	return folder
}

func mount(t *testing.T, source, target, kind string, flags uintptr, options string) {
	t.Helper()
	err := unix.Mount(source, target, kind, flags, options)
	if errors.Is(err, unix.EPERM) && os.Getenv("CI") == "" { // in CI it fails
		t.Skip("mounting a filesystem needs root:", err)
	}
	if err != nil {
		t.Fatalf("mount %s: %v", target, err)
	}
}

func setReadOnly(t *testing.T, folder string) {
	t.Helper()
	mount(t, "tmpfs", folder, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, "")
}

// close closes an archive before its test ends.
func closeNow(t *testing.T, a *Archive) {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Fatal("close:", err)
	}
}

type opener func(context.Context, string) (*Archive, error)

func TestOpenRefuses(t *testing.T) {
	write := func(t *testing.T, content string) string {
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	changed := func(t *testing.T, change string) string {
		path := filepath.Join(t.TempDir(), "x.db")
		closeNow(t, openAt(t, path))
		db, err := connect(path, "mode=rw", 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(change); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cases := []struct {
		name string
		path func(t *testing.T) string
		open opener
		kind error
		want string
	}{
		{"no database", func(t *testing.T) string { return write(t, strings.Repeat("hello\n", 1000)) }, Open, ErrNotArchive,
			"PATH is not a benchctl archive: it is no SQLite database; name another file"},
		{"no database, to read", func(t *testing.T) string { return write(t, "hello") }, OpenReadOnly, ErrNotArchive,
			"PATH is not a benchctl archive: it is no SQLite database; name another file"},
		{"another program's", func(t *testing.T) string { return changed(t, "pragma application_id = 17") }, Open, ErrNotArchive,
			"PATH is not a benchctl archive: it is the database of another program; name another file"},
		{"another program's, to read", func(t *testing.T) string { return changed(t, "pragma application_id = 0") }, OpenReadOnly, ErrNotArchive,
			"PATH is not a benchctl archive: it is the database of another program; name another file"},
		{"folder", func(t *testing.T) string { return t.TempDir() }, Open, ErrNotArchive,
			"PATH is not a benchctl archive: it is a folder; name a file"},
		{"folder, to read", func(t *testing.T) string { return t.TempDir() }, OpenReadOnly, ErrNotArchive,
			"PATH is not a benchctl archive: it is a folder; name a file"},
		{"newer", func(t *testing.T) string {
			return changed(t, "insert into goose_db_version (version_id, is_applied) values (7, 1)")
		}, Open, ErrTooNew, "archive PATH was written by a newer benchctl (schema 7, this one knows SCHEMA); upgrade benchctl to use it"},
		{"newer, to read", func(t *testing.T) string {
			return changed(t, "insert into goose_db_version (version_id, is_applied) values (7, 1)")
		}, OpenReadOnly, ErrTooNew, "archive PATH was written by a newer benchctl (schema 7, this one knows SCHEMA); upgrade benchctl to use it"},
		{"missing folder", func(t *testing.T) string { return filepath.Join(t.TempDir(), "no", "x.db") }, Open, ErrMissing,
			"no folder DIR for the archive; make it or name an archive elsewhere"},
		{"missing, to read", func(t *testing.T) string { return filepath.Join(t.TempDir(), "x.db") }, OpenReadOnly, ErrMissing,
			"no archive at PATH; run `benchctl run` first or name one"},
		{"empty file, to read", func(t *testing.T) string { return write(t, "") }, OpenReadOnly, ErrMissing,
			"no archive at PATH, only an empty file; run `benchctl run` first or name one"},
		{"file as folder", func(t *testing.T) string { return filepath.Join(write(t, "x"), "x.db") }, Open, ErrMissing,
			"DIR is not a folder, so there can be no archive in it; name one elsewhere"},
		{"read-only folder", func(t *testing.T) string {
			folder := tmpfs(t, "size=4m")
			setReadOnly(t, folder)
			return filepath.Join(folder, "x.db")
		}, Open, ErrReadOnly, "folder DIR is read-only, and benchctl writes beside archive x.db as well; make it writable or name an archive elsewhere"},
		{"read-only file", func(t *testing.T) string {
			path := changed(t, "select 1")
			mount(t, path, path, "", unix.MS_BIND, "")
			t.Cleanup(func() {
				if err := unix.Unmount(path, 0); err != nil {
					t.Error("unmount:", err)
				}
			})
			mount(t, "", path, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
			return path
		}, Open, ErrReadOnly, "archive PATH is read-only; make it writable or name another"},
		{"full disk", func(t *testing.T) string { return filepath.Join(tmpfs(t, "size=64k"), "x.db") }, Open, ErrFull,
			"open: the disk that holds archive PATH is full; what was committed is kept: free some space and run again"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := c.path(t)
			a, err := c.open(t.Context(), path)
			if err == nil {
				a.Close()
				t.Fatal("no error")
			}
			want := strings.NewReplacer("PATH", path, "DIR", filepath.Dir(path), "SCHEMA", fmt.Sprint(Schema)).Replace(c.want)
			if !errors.Is(err, c.kind) || !errors.Is(err, ErrArchive) || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
}

func TestDamagedPageIsReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	a := openAt(t, path)
	run, _ := finished(t, a, 2, 20, 1000)
	closeNow(t, a)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 40 * 4096; i < len(data)-8*4096; i += 4096 {
		copy(data[i:], strings.Repeat("\xff", 64))
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err = OpenReadOnly(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	err = a.Samples(t.Context(), run, func(sample.Header, []sample.Sample) error { return nil })
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("samples: %v", err)
	}
	v, err := a.Verify(t.Context(), nil)
	if err != nil || !errors.Is(v.Err(path), ErrDamaged) {
		t.Errorf("verify: %v, %v", v, err)
	}
}

func TestArchiveOnReadOnlyMediaCanBeRead(t *testing.T) {
	for _, state := range []string{"closed", "killed"} {
		t.Run(state, func(t *testing.T) {
			folder := tmpfs(t, "size=32m")
			path := filepath.Join(folder, "x.db")
			a := openAt(t, path)
			run, _ := finished(t, a, 2, 2, 1000)
			closeNow(t, a)
			if state == "killed" {
				c := startChild(t, "endless", path)
				c.says(t, "committed")
				c.Process.Kill()
				c.Wait()
			}
			setReadOnly(t, folder)
			b, err := OpenReadOnly(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			checkSums(t, b, run)
			sound(t, b)
			if state == "killed" {
				killed, err := b.Run(t.Context(), run+1)
				if err != nil || killed.State != record.Interrupted {
					t.Errorf("the killed run is %s (%v)", killed.State, err)
				}
				if n := one[int64](t, b, "select count(*) from samples where run_id = ?", run+1); n < 2000 {
					t.Errorf("%d samples of the killed run", n)
				}
			}
		})
	}
}

func TestAnOldArchiveOnReadOnlyMediaCanBeRead(t *testing.T) {
	folder := tmpfs(t, "size=32m")
	data, err := os.ReadFile(ofSchema(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "x.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	setReadOnly(t, folder)
	a := openReadOnly(t, path)
	sound(t, a)
	if run, err := a.Run(t.Context(), 19); err != nil || run.State != record.Interrupted {
		t.Errorf("the killed run is %s (%v)", run.State, err)
	}
}

// fill writes chunks that barely compress until the archive takes no more.
func fill(t *testing.T, w *RunWriter) error {
	t.Helper()
	encoder, rng := sample.NewEncoder(), rand.New(rand.NewPCG(1, 1))
	samples := make([]sample.Sample, 4096)
	for i, at := int64(0), int64(0); i < 10_000; i++ {
		for j := range samples {
			start := at + rng.Int64N(1<<10)
			samples[j] = sample.Sample{Intended: start - rng.Int64N(1<<50), Start: start, Latency: rng.Int64N(1 << 20), Op: sample.OpGet}
			at = samples[j].End()
		}
		if err := w.Chunk(sample.Header{First: i * 4096, Count: 4096}, encoder.Append(nil, samples)); err != nil {
			return err
		}
	}
	t.Fatal("the disk never became full")
	return nil
}

func TestFullDisk(t *testing.T) {
	for _, c := range []struct {
		name            string
		freed, hopeless bool
		want            record.State
	}{
		// What the failed transaction took in the log is mostly, but not always,
		// enough for the one that ends the run.
		{"stays full", false, false, record.Failed},
		{"space is freed", true, false, record.Failed},
		{"cannot be finished", false, true, record.Running},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := tmpfs(t, "size=32m")
			path := filepath.Join(folder, "x.db")
			ballast := filepath.Join(folder, "ballast")
			if err := os.WriteFile(ballast, make([]byte, 20<<20), 0o600); err != nil {
				t.Fatal(err)
			}
			a := openAt(t, path)
			before, _ := finished(t, a, 1, 2, 1000)
			w, err := begin(t.Context(), a, 1, testPhases)
			if err != nil {
				t.Fatal(err)
			}
			full := fill(t, w)
			want := "archive run 2: the disk that holds archive " + path + " is full; what was committed is kept: free some space and run again"
			if !errors.Is(full, ErrFull) || full.Error() != want {
				t.Errorf("%v\nwant %s", full, want)
			}
			if c.freed {
				if err := os.Remove(ballast); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			const unfinished = " (run 2 could not be finished: it will be shown as interrupted)"
			if c.hopeless {
				cancel()
				want += unfinished
			}
			ended := w.Finish(ctx, record.Failed, full.Error())
			if !c.freed && !c.hopeless && ended != nil && strings.HasSuffix(ended.Error(), unfinished) {
				want, c.want = want+unfinished, record.Running
			}
			lost := regexp.MustCompile("; [0-9]+ samples that were measured are lost")
			if !errors.Is(ended, ErrFull) || lost.ReplaceAllString(ended.Error(), "") != want {
				t.Errorf("finish: %v\nwant %s", ended, want)
			}
			run, err := a.Run(t.Context(), w.ID())
			if err != nil || run.State != c.want {
				t.Errorf("the run is %s, want %s (%v)", run.State, c.want, err)
			}
			if run.State == record.Failed {
				checkSums(t, a, w.ID())
			}
			if n := one[int64](t, a, "select sum(count) from chunks where run_id = 2"); n < 50_000 {
				t.Errorf("%d samples are left", n)
			}
			checkSums(t, a, before)
			sound(t, a)
		})
	}
}

func TestFullDiskCanBeRead(t *testing.T) {
	folder := tmpfs(t, "size=32m")
	path := filepath.Join(folder, "x.db")
	c := startChild(t, "endless", path)
	c.says(t, "committed")
	c.Process.Kill()
	c.Wait()
	ballast := filepath.Join(folder, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 64<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	if a, err := Open(t.Context(), path); !errors.Is(err, ErrFull) {
		t.Errorf("open: %v", err)
		a.Close()
	}
	b, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if run, err := b.Run(t.Context(), 1); err != nil || run.State != record.Interrupted {
		t.Error(run.State, err)
	}
	if n := one[int64](t, b, "select count(*) from samples"); n < 2000 {
		t.Errorf("%d samples are left", n)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	a := openAt(t, path)
	checkSums(t, a, 1)
	sound(t, a)
}
