package owned

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestMain lets the test's own binary be an owner that is killed: it makes folders
// in those that it is told, says their names and waits.
func TestMain(m *testing.M) {
	if os.Getenv("OWNED_TEST_OWNER") == "" {
		os.Exit(m.Run())
	}
	for _, dir := range os.Args[1:] {
		f, err := Make(dir, "run-1")
		if err == nil {
			err = os.WriteFile(filepath.Join(f.Path, "data"), []byte("x"), 0o600)
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(f.Path)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test ends
}

// killed makes folders by a process that is killed then, and by one that lives
// until the end of the test. It returns those of the latter.
func killed(t *testing.T, dirs ...string) (alive []string) {
	t.Helper()
	for _, kill := range []bool{true, false} {
		owner := exec.Command(os.Args[0], dirs...)
		owner.Env = append(os.Environ(), "OWNED_TEST_OWNER=1")
		if _, err := owner.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		out, err := owner.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := owner.Start(); err != nil {
			t.Fatal(err)
		}
		end := func() {
			_ = owner.Process.Kill()
			_ = owner.Wait() // it was killed
		}
		lines := bufio.NewScanner(out)
		for range dirs {
			if !lines.Scan() {
				t.Error("the owner has ended")
			}
			if !kill {
				alive = append(alive, lines.Text())
			}
		}
		if kill {
			end()
		} else {
			t.Cleanup(end)
		}
	}
	return alive
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		all = append(all, filepath.Join(dir, entry.Name()))
	}
	return all
}

func TestOnlyFoldersWithoutAnOwnerAreRemoved(t *testing.T) {
	temporary, data := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	alive := killed(t, temporary, data)
	mine, err := Make(temporary, "plugin")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := Keepable(data, "run-2")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(kept.Path, "data"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old, young := filepath.Join(temporary, "benchctl-run-3-1"), filepath.Join(temporary, "benchctl-run-3-2")
	for _, dir := range []string{old, young} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, unfinished), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*making)); err != nil {
		t.Fatal(err)
	}

	Sweep(temporary)
	if left := names(t, data); len(left) != 2 || left[0] != min(alive[1], kept.Path) || left[1] != max(alive[1], kept.Path) {
		t.Errorf("left are %q, want %q and %q", left, alive[1], kept.Path)
	}
	want := map[string]bool{alive[0]: true, mine.Path: true, young: true}
	for _, left := range names(t, temporary) {
		if _, err := os.Stat(filepath.Join(left, elsewhere)); err == nil {
			continue // the note of the owner that lives
		}
		if !want[left] {
			t.Errorf("%s is left", left)
		}
		delete(want, left)
	}
	if len(want) > 0 {
		t.Errorf("removed: %v", want)
	}
	if err := mine.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(mine.Path); !os.IsNotExist(err) {
		t.Errorf("its owner has not removed it: %v", err)
	}
}

// Whoever may write to the folder of temporary files may put there what looks
// like a folder of ours.
func TestWhatOthersPutThereIsNotFollowed(t *testing.T) {
	dir, theirs := t.TempDir(), t.TempDir()
	file := filepath.Join(theirs, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, bait := range map[string]func(string) error{
		"benchctl-a": func(path string) error { return os.Symlink(theirs, path) },
		"benchctl-b": func(path string) error {
			return os.Symlink(file, filepath.Join(path, mark))
		},
		"benchctl-c": func(path string) error { return os.WriteFile(filepath.Join(path, mark, "x"), nil, 0o600) },
		"benchctl-d": func(path string) error { // a note of a folder that is none of ours
			if err := os.WriteFile(filepath.Join(path, mark), nil, 0o600); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(path, elsewhere), []byte(theirs), 0o600)
		},
	} {
		path := filepath.Join(dir, name)
		if name != "benchctl-a" {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if name == "benchctl-c" {
			if err := os.Mkdir(filepath.Join(path, mark), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := bait(path); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(dir)
	if content, err := os.ReadFile(file); string(content) != "precious" || err != nil {
		t.Errorf("%q, %v", content, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "benchctl-d")); !os.IsNotExist(err) {
		t.Error("the note is left")
	}
}
