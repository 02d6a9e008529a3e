package segmentlog

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	suffix    = ".segment"
	spareName = "spare"
)

// segment is a file of the log.
type segment struct {
	number uint32
	file   *os.File
}

func segmentName(number uint32) string { return fmt.Sprintf("%010d%s", number, suffix) }

// segmentNumbers returns the numbers of the segments in a folder, in order.
func segmentNumbers(dir string) ([]uint32, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint32
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok {
			continue
		}
		number, err := strconv.ParseUint(name, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%s is no segment", filepath.Join(dir, e.Name()))
		}
		numbers = append(numbers, uint32(number))
	}
	slices.Sort(numbers)
	for i, number := range numbers {
		if number != numbers[0]+uint32(i) {
			return nil, damaged(dir, segmentName(numbers[0]+uint32(i)), "is missing")
		}
	}
	return numbers, nil
}

// damaged is an error that only its reader can mend.
func damaged(dir, name, what string) error {
	return fmt.Errorf("%s %s: entries that this node has acknowledged are lost; "+
		"restore the folder from a copy, or remove the node from the cluster and add it with an empty folder",
		filepath.Join(dir, name), what)
}

func (l *Log) active() *segment { return l.segments[len(l.segments)-1] }

// beginSegment begins a segment, with the values of the stable store.
func (l *Log) beginSegment(number uint32) error {
	b := seal(appendBegin(begin(nil), l.end), 0, number, kindBegin, 0)
	for _, key := range slices.Sorted(maps.Keys(l.values)) {
		start := len(b)
		b = seal(appendValue(begin(b), []byte(key), l.values[key]), start, number, kindValue, 0)
	}
	s, err := l.takeSpare(number, b)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments = append(l.segments, s)
	l.moveEnd(uint32(len(b)))
	l.settle(l.mark())
	return nil
}

// dropSegments retires the segments before the first entry.
func (l *Log) dropSegments() error {
	needed := l.active().number
	if len(l.positions) > 0 {
		needed = l.positions[0].segment
	}
	l.mu.Lock()
	n := int(needed - l.segments[0].number)
	dropped := slices.Clone(l.segments[:n])
	l.segments = slices.Delete(l.segments, 0, n)
	l.mu.Unlock()
	l.busy.Lock() // one of them may still be synced
	defer l.busy.Unlock()
	for _, s := range dropped {
		if err := l.retire(s); err != nil {
			return err
		}
	}
	return nil
}

// ensureSpare makes a file ready to become the next segment. Its blocks are
// written, not just reserved: the first write to a reserved block changes the
// file system's metadata, and each sync would wait for its journal.
func (l *Log) ensureSpare() error {
	l.spareMu.Lock()
	defer l.spareMu.Unlock()
	if l.spare {
		return nil
	}
	file, err := os.OpenFile(l.path(spareName), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(zero(file, 0, l.options.SegmentBytes), file.Sync(), file.Close()); err != nil {
		return err
	}
	l.spare = true
	return nil
}

// takeSpare makes the spare file the segment with a number, durably.
func (l *Log) takeSpare(number uint32, content []byte) (*segment, error) {
	if err := l.ensureSpare(); err != nil {
		return nil, err
	}
	l.spareMu.Lock()
	defer l.spareMu.Unlock()
	file, err := os.OpenFile(l.path(spareName), os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err = file.WriteAt(content, 0); err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(l.path(spareName), l.path(segmentName(number)))
	}
	if err == nil {
		l.spare = false
		err = l.dir.Sync()
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &segment{number, file}, nil
}

// retire removes a segment, or keeps its file as the spare one: its blocks are
// written already.
func (l *Log) retire(s *segment) error {
	l.spareMu.Lock()
	defer l.spareMu.Unlock()
	info, err := s.file.Stat()
	if err = errors.Join(err, s.file.Close()); err != nil {
		return err
	}
	if l.spare || info.Size() != l.options.SegmentBytes {
		return os.Remove(l.path(segmentName(s.number)))
	}
	if err := os.Rename(l.path(segmentName(s.number)), l.path(spareName)); err != nil {
		return err
	}
	l.spare = true
	return l.dir.Sync() // before anything is written to it
}

func zero(f *os.File, from, to int64) error {
	zeros := make([]byte, min(1<<20, max(to-from, 0)))
	for from < to {
		n, err := f.WriteAt(zeros[:min(int64(len(zeros)), to-from)], from)
		if err != nil {
			return err
		}
		from += int64(n)
	}
	return nil
}
