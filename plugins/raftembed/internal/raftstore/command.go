package raftstore

import (
	"encoding/binary"
	"errors"
)

// kind is what a request asks for. Those up to lastWrite change the state and
// go through the log; the numbers are stored there.
type kind byte

const (
	kindCreate kind = iota + 1
	kindSet
	kindPut
	kindDelete
	kindCreateEphemeral
	kindCreateSequential
	kindCompareAndSet
	kindOpenSession
	kindCloseSession
	kindCreateEphemeralSequential
	kindSetAll

	kindGet
	kindList
	kindSync
	kindKeepAlive
	kindWatch
	kindAwaitPresent
	kindAwaitAbsent

	lastWrite = kindSetAll
	lastKind  = kindAwaitAbsent
)

func (k kind) writes() bool { return k <= lastWrite }

func (k kind) awaits() bool { return k == kindAwaitPresent || k == kindAwaitAbsent }

// command is a request as it stands in the log and on the wire.
type command struct {
	kind    kind
	key     []byte
	value   []byte // set all: the keys and values, see appendPairs
	version int64  // compare-and-set: the one that the key must have; watch and waits: after which to begin
	session uint64 // owner of ephemeral keys
}

var errCommand = errors.New("malformed command")

// appendCommand appends the command's encoding: the kind, then lengths and
// numbers as uvarints.
func appendCommand(b []byte, c *command) []byte {
	b = append(b, byte(c.kind))
	b = appendBytes(b, c.key)
	b = appendBytes(b, c.value)
	b = binary.AppendUvarint(b, uint64(c.version))
	return binary.AppendUvarint(b, c.session)
}

// readCommand reads one command and returns what follows it. The command's
// slices lie in b.
func readCommand(b []byte) (c command, rest []byte, err error) {
	if len(b) == 0 || kind(b[0]) < kindCreate || kind(b[0]) > lastKind {
		return c, nil, errCommand
	}
	c.kind, rest = kind(b[0]), b[1:]
	if c.key, rest, err = readBytes(rest); err != nil {
		return c, nil, err
	}
	if c.value, rest, err = readBytes(rest); err != nil {
		return c, nil, err
	}
	version, rest, err := readNumber(rest)
	if err != nil {
		return c, nil, err
	}
	c.version = int64(version)
	c.session, rest, err = readNumber(rest)
	return c, rest, err
}

func appendBytes(b, value []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(value))), value...)
}

// appendPairs appends keys and values in turn.
func appendPairs(b []byte, keys, values [][]byte) []byte {
	for i, key := range keys {
		b = appendBytes(appendBytes(b, key), values[i])
	}
	return b
}

// pair is a key and its new value.
type pair struct{ key, value []byte }

// readPairs is the inverse of appendPairs. The pairs lie in b.
func readPairs(b []byte) (pairs []pair, err error) {
	for len(b) > 0 {
		var p pair
		if p.key, b, err = readBytes(b); err != nil {
			return nil, err
		}
		if p.value, b, err = readBytes(b); err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

func readNumber(b []byte) (uint64, []byte, error) {
	n, size := binary.Uvarint(b)
	if size <= 0 {
		return 0, nil, errCommand
	}
	return n, b[size:], nil
}

func readBytes(b []byte) (value, rest []byte, err error) {
	n, rest, err := readNumber(b)
	if err != nil || n > uint64(len(rest)) {
		return nil, nil, errCommand
	}
	return rest[:n:n], rest[n:], nil
}
