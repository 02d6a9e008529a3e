package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// content returns what a file holds, and that nothing lies beside it.
func content(t *testing.T, path string, others int) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1+others {
		t.Errorf("beside %s: %v, %v", path, entries, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

func TestAFileStaysAsItWasUntilTheNewOneIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.svg")
	if err := create(path, text("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := create(path, func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return broken })
	if got := content(t, path, 0); !errors.Is(err, broken) || got != "old" {
		t.Errorf("%v, and the file holds %q", err, got)
	}
	if err := create(path, text("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, path, 0); got != "new" || info.Mode().Perm() != 0o640 {
		t.Errorf("%q, mode %v", got, info.Mode())
	}
}

func TestALinkToAFileStays(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target.svg"), filepath.Join(dir, "link.svg")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target.svg", link); err != nil {
		t.Fatal(err)
	}
	if err := create(link, text("new")); err != nil {
		t.Fatal(err)
	}
	if of, err := os.Readlink(link); err != nil || of != "target.svg" || content(t, target, 1) != "new" {
		t.Errorf("%q, %v", of, err)
	}
}

func TestPipesAndDevicesAreWrittenTo(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.svg")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		data, err := os.ReadFile(pipe)
		if err != nil {
			t.Error(err)
		}
		read <- string(data)
	}()
	if err := create(pipe, text("picture")); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "picture" {
		t.Errorf("the pipe brought %q", got)
	}
	device := filepath.Join(dir, "device.svg")
	if err := os.Symlink(os.DevNull, device); err != nil {
		t.Fatal(err)
	}
	if err := create(device, text("picture")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(device); err != nil || info.Mode().IsRegular() {
		t.Errorf("the device is %v, %v", info, err)
	}
	if err := os.Remove(device); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", device); err != nil {
		t.Fatal(err)
	}
	if err := create(device, text("picture")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a device that is full: %v", err)
	}
}

func TestAFullDiskLeavesTheFileAsItWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.svg")
	old := strings.Repeat("old", 100)
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	small := limit
	small.Cur = 1000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Error(err)
		}
	}()
	large := make([]byte, 5000)
	err := create(path, func(w io.Writer) error { _, err := w.Write(large); return err })
	if got := content(t, path, 0); err == nil || got != old {
		t.Errorf("%v, and the file holds %q", err, got)
	}
	// the same in a folder that lets no file lie beside it
	err = writeOver(path, large)
	if got := content(t, path, 0); err == nil || got != old {
		t.Errorf("%v, and the file that was written over holds %q", err, got)
	}
	if err := writeOver(path, []byte("new")); err != nil || content(t, path, 0) != "new" {
		t.Errorf("%v, and the file holds %q", err, content(t, path, 0))
	}
}
