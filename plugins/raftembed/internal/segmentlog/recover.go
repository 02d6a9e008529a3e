package segmentlog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"

	"github.com/hashicorp/raft"
	"golang.org/x/sys/unix"
)

func (l *Log) open() error {
	if err := os.MkdirAll(l.folder, 0o700); err != nil {
		return err
	}
	var err error
	if l.dir, err = os.Open(l.folder); err != nil {
		return err
	}
	if err := unix.Flock(int(l.dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("%s is in use: %w", l.folder, err)
	}
	if info, err := os.Stat(l.path(spareName)); err == nil {
		l.spare = info.Size() == l.options.SegmentBytes
	}
	numbers, err := segmentNumbers(l.folder)
	if err != nil {
		return err
	}
	if len(numbers) == 0 {
		return l.beginSegment(1)
	}
	for _, number := range numbers {
		if err := l.load(number, number == numbers[len(numbers)-1]); err != nil {
			return err
		}
	}
	return l.dropSegments()
}

// load replays a segment.
func (l *Log) load(number uint32, last bool) error {
	name := segmentName(number)
	file, err := os.OpenFile(l.path(name), os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	l.segments = append(l.segments, &segment{number, file})
	content, err := os.ReadFile(l.path(name))
	if err != nil {
		return err
	}
	end, err := l.replay(content, number)
	if err != nil {
		return err
	}
	l.moveEnd(uint32(end))
	if !last {
		return nil
	}
	if damage(content, end, number) {
		return damaged(l.folder, name, fmt.Sprintf("is damaged at byte %d", end))
	}
	// What follows was written by nobody who got an answer. It must not turn
	// up again behind the next, perhaps shorter, record.
	if len(bytes.TrimLeft(content[end:], "\x00")) > 0 {
		if err := zero(file, int64(end), int64(len(content))); err != nil {
			return err
		}
	}
	// What a killed process has written may still be on its way to the disk.
	return l.flush()
}

// replay takes the records of a segment and returns where they end.
func (l *Log) replay(content []byte, number uint32) (end int, err error) {
	for {
		r, size, ok := readRecord(content[end:], number)
		if !ok && end == 0 {
			return 0, damaged(l.folder, segmentName(number), "has no beginning")
		}
		if !ok {
			return end, nil
		}
		if (end == 0) != (r.kind == kindBegin) {
			return 0, errMalformed
		}
		if err := l.take(r, position{number, uint32(end), uint32(size)}); err != nil {
			return 0, err
		}
		end += size
	}
}

// take replays one record.
func (l *Log) take(r record, p position) error {
	switch r.kind {
	case kindBegin:
		version, previousEnd, err := readBegin(r.payload)
		if err != nil {
			return err
		}
		if version != format {
			return fmt.Errorf("%s has format %d, this program knows %d", l.path(segmentName(p.segment)), version, format)
		}
		if len(l.segments) > 1 && previousEnd != l.end {
			return damaged(l.folder, segmentName(p.segment-1), fmt.Sprintf("is damaged at byte %d", l.end))
		}
	case kindEntry:
		var log raft.Log
		if err := readEntry(r.payload, &log); err != nil {
			return err
		}
		if len(l.positions) > 0 && log.Index != l.last()+1 {
			return damaged(l.folder, segmentName(p.segment), fmt.Sprintf("has entry %d after %d", log.Index, l.last()))
		}
		l.add(log.Index, p)
	case kindBounds:
		first, last, err := readBounds(r.payload)
		if err != nil {
			return err
		}
		l.keep(first, last)
	case kindValue:
		key, value, err := readValue(r.payload)
		if err != nil {
			return err
		}
		l.values[string(key)] = bytes.Clone(value)
	}
	return nil
}

// damage tells damage from a write that was cut off: behind damage there is a
// record that was written when the place was already durable. Of a write that
// was cut off any part may be missing, not just the end.
func damage(content []byte, end int, number uint32) bool {
	for at := end + alignment; at+headSize <= len(content); at += alignment {
		synced := int64(binary.LittleEndian.Uint32(content[at+8:]))
		if synced <= int64(end) || synced > int64(at) {
			continue
		}
		if _, _, ok := readRecord(content[at:], number); ok {
			return true
		}
	}
	return false
}
