package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// create writes a file in one piece: until write has succeeded and everything is
// in place, the file that was there stays as it is. What is no file, such as a
// pipe or a terminal, is written to.
func create(path string, write func(io.Writer) error) error {
	var content bytes.Buffer
	err := write(&content)
	if err == nil {
		err = replace(path, content.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// replace puts content in the place of a file.
func replace(path string, content []byte) error {
	target, plain := plainFile(path)
	if !plain {
		return overwrite(target, content)
	}
	mode := fs.FileMode(0o666) // less what the umask takes
	old, err := os.Stat(target)
	if err == nil {
		mode = old.Mode().Perm()
	}
	beside := fmt.Sprintf("%s.%08x.tmp", target, rand.Uint32())
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	switch {
	case errors.Is(err, fs.ErrPermission) && old != nil:
		return writeOver(target, content) // a file that may be written in a folder that may not
	case err != nil:
		return unwrapped(err)
	}
	_, err = f.Write(content)
	if old != nil {
		err = errors.Join(err, f.Chmod(mode))
	}
	if err == nil { // a filesystem may find only now that it has no room
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(beside, target)
	}
	if err != nil {
		os.Remove(beside)
		return unwrapped(err)
	}
	return nil
}

// writeOver writes a file where no other can lie beside it. What was there is
// written back if the new content does not fit: its room is kept until then.
func writeOver(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return unwrapped(err)
	}
	defer f.Close()
	old, err := io.ReadAll(f)
	if err != nil {
		return unwrapped(err)
	}
	write := func(content []byte) error {
		_, err := f.WriteAt(content, 0)
		return errors.Join(err, f.Sync())
	}
	if err := write(content); err != nil {
		return unwrapped(errors.Join(err, write(old), f.Truncate(int64(len(old)))))
	}
	return unwrapped(f.Truncate(int64(len(content))))
}

// overwrite writes to what is there.
func overwrite(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return unwrapped(err)
	}
	_, err = f.Write(content)
	return unwrapped(errors.Join(err, f.Close()))
}

// unwrapped is an error without the path that it names: it may be another one
// than was asked for.
func unwrapped(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	var between *os.LinkError
	if errors.As(err, &between) {
		return between.Err
	}
	return err
}

// plainFile follows symbolic links to what is to be written, and reports whether
// it is a file, or may become one. What lies in /dev and /proc stands for
// something that is open already.
func plainFile(path string) (target string, plain bool) {
	for range 40 {
		if of, err := filepath.Abs(path); err != nil || strings.HasPrefix(of, "/dev/") || strings.HasPrefix(of, "/proc/") {
			return path, false
		}
		link, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	info, err := os.Stat(path)
	return path, err != nil || info.Mode().IsRegular()
}
