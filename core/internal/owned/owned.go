// Package owned makes folders that are a process's while it lives, and removes
// those of processes that have ended without doing so, as after SIGKILL.
//
// In a folder lies a file that its owner holds locked. The system gives the lock
// up with the process, whatever ends it, and no other process can be taken for
// it. Folders without that file, such as those that somebody wants to keep, are
// nobody's and stay.
package owned

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	prefix     = "benchctl-"     // of the names of all folders
	mark       = ".owner"        // the file that is locked
	unfinished = ".owner.new"    // before it is
	elsewhere  = ".elsewhere"    // the file of a note: where the folder is that it is about
	making     = 1 * time.Minute // is more than making a folder takes
)

// Folder is a folder that is this process's.
type Folder struct {
	Path string
	lock int     // descriptor of the mark; 0: there is none. A file would be closed, and the lock given up, when nobody refers to it
	note *Folder // in the folder of temporary files, of a folder that is not there
}

// Make makes a folder in dir, whose name begins with benchctl- and a name.
func Make(dir, name string) (*Folder, error) {
	f, err := own(dir, name)
	if err != nil || same(dir, os.TempDir()) {
		return f, err
	}
	// A process that is started with another folder finds it by the note. Where
	// there is no room for one, only one that is started with the same finds it.
	if note, err := own(os.TempDir(), "note"); err == nil {
		f.note = note
		if err := os.WriteFile(filepath.Join(note.Path, elsewhere), []byte(f.Path), 0o600); err != nil {
			return nil, errors.Join(err, f.Remove())
		}
	}
	return f, nil
}

// Keepable makes a folder that nobody owns, and nobody removes.
func Keepable(dir, name string) (*Folder, error) {
	path, err := os.MkdirTemp(dir, prefix+name+"-*")
	return &Folder{Path: path}, err
}

func same(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// own makes a folder. Its mark has its name only when it is locked, so that no
// other process finds it without an owner.
func own(dir, name string) (*Folder, error) {
	path, err := os.MkdirTemp(dir, prefix+name+"-*")
	if err != nil {
		return nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	f := &Folder{Path: path}
	beginning := filepath.Join(path, unfinished)
	if f.lock, err = unix.Open(beginning, unix.O_CREAT|unix.O_RDWR|unix.O_EXCL|unix.O_CLOEXEC, 0o600); err == nil {
		if err = unix.Flock(f.lock, unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.ENOSYS) {
			return f, os.Remove(beginning) // a filesystem without locks: nobody else removes the folder
		}
		if err == nil {
			err = os.Rename(beginning, filepath.Join(path, mark))
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Remove())
	}
	return f, nil
}

// Paths returns the folders that Remove removes.
func (f *Folder) Paths() []string {
	if f.note == nil {
		return []string{f.Path}
	}
	return []string{f.Path, f.note.Path}
}

// Remove removes the folder with all that is in it.
func (f *Folder) Remove() error {
	err := os.RemoveAll(f.Path)
	if f.lock > 0 {
		_ = unix.Close(f.lock) // through which nothing was written
		f.lock = 0
	}
	if f.note != nil {
		err = errors.Join(err, f.note.Remove())
	}
	return err
}

// Sweep removes from dir the folders whose owners have ended, and those that they
// have left notes of. What cannot be removed stays for the next.
func Sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), prefix) {
			sweep(filepath.Join(dir, entry.Name()))
		}
	}
}

// sweep removes a folder if its owner has ended.
func sweep(folder string) {
	// Nothing is followed and nothing waited for: others may write to dir too.
	fd, err := unix.Open(filepath.Join(folder, mark), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		removeUnfinished(folder)
		return
	}
	if err != nil {
		return // another user's
	}
	defer unix.Close(fd)
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return // its owner lives
	}
	var locked, there unix.Stat_t
	if unix.Fstat(fd, &locked) != nil || unix.Lstat(filepath.Join(folder, mark), &there) != nil ||
		locked.Ino != there.Ino || locked.Dev != there.Dev || locked.Mode&unix.S_IFMT != unix.S_IFREG {
		return // it has been removed meanwhile
	}
	if about, err := os.ReadFile(filepath.Join(folder, elsewhere)); err == nil && strings.HasPrefix(filepath.Base(string(about)), prefix) {
		sweep(string(about))
	}
	_ = os.RemoveAll(folder)
}

// removeUnfinished removes a folder whose owner ended while making it: nothing is
// in it but perhaps the beginning of its mark, and it is old.
func removeUnfinished(folder string) {
	info, err := os.Lstat(folder)
	if err != nil || !info.IsDir() || time.Since(info.ModTime()) < making {
		return
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) > 1 || len(entries) == 1 && entries[0].Name() != unfinished {
		return
	}
	_ = os.Remove(filepath.Join(folder, unfinished)) // if it is there
	_ = os.Remove(folder)
}
