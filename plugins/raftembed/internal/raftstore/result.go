package raftstore

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
)

// result is what a command came to.
type result struct {
	class   Class
	version int64 // of the key; of a new session its number
	value   []byte
	keys    []string
	detail  string // with Timeout, Unavailable and Malformed, why
}

func appendResult(b []byte, r *result) []byte {
	b = append(b, byte(r.class))
	b = binary.AppendUvarint(b, uint64(r.version))
	b = appendBytes(b, r.value)
	b = binary.AppendUvarint(b, uint64(len(r.keys)))
	for _, key := range r.keys {
		b = binary.AppendUvarint(b, uint64(len(key)))
		b = append(b, key...)
	}
	b = binary.AppendUvarint(b, uint64(len(r.detail)))
	return append(b, r.detail...)
}

// readResult reads a result; its value lies in b.
func readResult(b []byte) (r result, err error) {
	if len(b) == 0 {
		return r, errCommand
	}
	r.class = Class(b[0])
	version, b, err := readNumber(b[1:])
	if err != nil {
		return r, err
	}
	r.version = int64(version)
	if r.value, b, err = readBytes(b); err != nil {
		return r, err
	}
	keys, b, err := readNumber(b)
	if err != nil || keys > uint64(len(b)) {
		return r, errCommand
	}
	for range keys {
		var key []byte
		if key, b, err = readBytes(b); err != nil {
			return r, err
		}
		r.keys = append(r.keys, string(key))
	}
	detail, _, err := readBytes(b)
	r.detail = string(detail)
	return r, err
}

// resultOf makes of changes what a watch is sent.
func resultOf(changes []change, missed int) result {
	r := result{detail: strconv.Itoa(missed)}
	for _, c := range changes {
		r.version = c.revision
		r.keys = append(r.keys, string(c.kind)+" "+c.key)
		r.value = appendBytes(r.value, c.value)
	}
	return r
}

// changesOf is the inverse of resultOf. The changes have memory of their own.
func changesOf(r result) (changes []change, missed int) {
	missed, _ = strconv.Atoi(r.detail)
	values := bytes.Clone(r.value)
	for _, text := range r.keys {
		kind, key, _ := strings.Cut(text, " ")
		value, rest, err := readBytes(values)
		if err != nil {
			return changes, missed
		}
		values = rest
		changes = append(changes, change{revision: r.version, kind: ChangeKind(kind), key: key, value: value})
	}
	return changes, missed
}
