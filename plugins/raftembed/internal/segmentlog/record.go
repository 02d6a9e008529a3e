package segmentlog

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"github.com/hashicorp/raft"
)

// A record begins with a head, all numbers little-endian:
//
//	checksum  4 bytes  CRC-32C of all that follows, begun with the segment's number
//	length    4 bytes  of the payload
//	synced    4 bytes  up to where the segment was durable when this was written
//	kind      1 byte
//	          3 bytes  zero
//
// The payload follows, padded with zeros to a multiple of eight bytes. As the
// checksum begins with the segment's number, what is left in a file from its
// earlier use is never taken for a record.
const (
	headSize  = 16
	alignment = 8
	maxRecord = 1 << 30
)

type kind byte

const (
	kindBegin  kind = iota + 1 // the first of a segment: format, where the previous segment ends
	kindEntry                  // an entry of the Raft log
	kindBounds                 // of the entries before, those outside the bounds are deleted
	kindValue                  // a key of the stable store with its value
)

type record struct {
	kind    kind
	synced  uint32
	payload []byte
}

var (
	castagnoli   = crc32.MakeTable(crc32.Castagnoli)
	errMalformed = errors.New("malformed record")
)

func checksum(segment uint32, b []byte) uint32 { return crc32.Update(segment, castagnoli, b) }

// paddedSize is the room that a record takes.
func paddedSize(payload int) int {
	return (headSize + payload + alignment - 1) &^ (alignment - 1)
}

// begin and seal build a record at the end of b; the payload is appended in between.
func begin(b []byte) []byte { return append(b, make([]byte, headSize)...) }

func seal(b []byte, start int, segment uint32, k kind, synced uint32) []byte {
	payload := len(b) - start - headSize
	for len(b)-start < paddedSize(payload) {
		b = append(b, 0)
	}
	r := b[start:]
	binary.LittleEndian.PutUint32(r[4:], uint32(payload))
	binary.LittleEndian.PutUint32(r[8:], synced)
	r[12] = byte(k)
	binary.LittleEndian.PutUint32(r, checksum(segment, r[4:]))
	return b
}

// readRecord reads the record at the beginning of b, and returns its size; ok
// is false if there is none. The payload lies in b.
func readRecord(b []byte, segment uint32) (r record, size int, ok bool) {
	if len(b) < headSize {
		return r, 0, false
	}
	length := binary.LittleEndian.Uint32(b[4:])
	r.synced = binary.LittleEndian.Uint32(b[8:])
	r.kind = kind(b[12])
	if length > maxRecord || r.kind < kindBegin || r.kind > kindValue {
		return r, 0, false
	}
	size = paddedSize(int(length))
	if size > len(b) || binary.LittleEndian.Uint32(b) != checksum(segment, b[4:size]) {
		return r, 0, false
	}
	r.payload = b[headSize : headSize+length]
	return r, size, true
}

// The payload of an entry begins with its index, term, time, length of the
// data and type; data and extensions follow.
const entryHead = 8 + 8 + 8 + 4 + 1

func entrySize(log *raft.Log) int {
	return paddedSize(entryHead + len(log.Data) + len(log.Extensions))
}

func appendEntry(b []byte, log *raft.Log) []byte {
	var at int64 // 0: no time
	if !log.AppendedAt.IsZero() {
		at = log.AppendedAt.UnixNano()
	}
	b = binary.LittleEndian.AppendUint64(b, log.Index)
	b = binary.LittleEndian.AppendUint64(b, log.Term)
	b = binary.LittleEndian.AppendUint64(b, uint64(at))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(log.Data)))
	b = append(b, byte(log.Type))
	b = append(b, log.Data...)
	return append(b, log.Extensions...)
}

// readEntry reads an entry into log; its slices lie in b.
func readEntry(b []byte, log *raft.Log) error {
	if len(b) < entryHead {
		return errMalformed
	}
	data := binary.LittleEndian.Uint32(b[24:])
	rest := b[entryHead:]
	if uint64(data) > uint64(len(rest)) {
		return errMalformed
	}
	*log = raft.Log{
		Index: binary.LittleEndian.Uint64(b),
		Term:  binary.LittleEndian.Uint64(b[8:]),
		Type:  raft.LogType(b[28]),
		Data:  rest[:data:data],
	}
	if at := int64(binary.LittleEndian.Uint64(b[16:])); at != 0 {
		log.AppendedAt = time.Unix(0, at)
	}
	if int(data) < len(rest) {
		log.Extensions = rest[data:]
	}
	return nil
}

func appendBounds(b []byte, first, last uint64) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, first), last)
}

func readBounds(b []byte) (first, last uint64, err error) {
	if len(b) != 16 {
		return 0, 0, errMalformed
	}
	return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), nil
}

func appendValue(b, key, value []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(key)))
	return append(append(b, key...), value...)
}

func readValue(b []byte) (key, value []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errMalformed
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, errMalformed
	}
	return b[4 : 4+n], b[4+n:], nil
}

const format = 1

func appendBegin(b []byte, previousEnd uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, format), previousEnd)
}

func readBegin(b []byte) (format, previousEnd uint32, err error) {
	if len(b) != 8 {
		return 0, 0, errMalformed
	}
	return binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), nil
}
