package raftstore

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// A frame is its length in four bytes, little-endian, and that many bytes. A
// request is a frame with one byte of flags, eight bytes of timeout
// (nanoseconds, little-endian) and a command; its answer is a frame with a
// result. docs/format/raft-protocol.md says which frames follow which.
const (
	maxFrame      = 64 << 20
	frameHead     = 4 // length
	requestHead   = 9 // flags and timeout
	flagForwarded = 1 // by a node that takes the receiver for the leader
)

// readFrame reads a frame into b, which grows as needed.
func readFrame(r *bufio.Reader, b []byte) ([]byte, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return b, err
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size > maxFrame {
		return b, fmt.Errorf("frame of %d bytes", size)
	}
	if uint32(cap(b)) < size {
		b = make([]byte, size)
	}
	b = b[:size]
	_, err := io.ReadFull(r, b)
	return b, err
}

// beginFrame and endFrame build a frame in b.
func beginFrame(b []byte) []byte { return append(b[:0], 0, 0, 0, 0) }

func endFrame(b []byte) []byte {
	binary.LittleEndian.PutUint32(b, uint32(len(b)-frameHead))
	return b
}

// appendRequest builds the frame of a request in b.
func appendRequest(b []byte, c *command, flags byte, timeout time.Duration) []byte {
	b = append(beginFrame(b), flags)
	b = binary.LittleEndian.AppendUint64(b, uint64(timeout))
	return endFrame(appendCommand(b, c))
}

// readRequest reads what a frame has of a request. The command lies in b.
func readRequest(b []byte) (c command, flags byte, timeout time.Duration, err error) {
	if len(b) < requestHead {
		return c, 0, 0, errCommand
	}
	c, _, err = readCommand(b[requestHead:])
	return c, b[0], time.Duration(binary.LittleEndian.Uint64(b[1:])), err
}

// appendAnswer builds the frame of a result in b.
func appendAnswer(b []byte, r *result) []byte { return endFrame(appendResult(beginFrame(b), r)) }
