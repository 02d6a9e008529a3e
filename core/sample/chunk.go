package sample

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

// MaxCount is the most samples that one chunk may hold.
const MaxCount = 1 << 16

// The encodings of a chunk: its first byte.
const (
	encodingPlain = 1 // columns as they are
	encodingZstd  = 2 // columns in one zstd frame
)

// The flags of the columns.
const (
	flagIntended = 1 << iota // there is an intended column: the loop was open
	flagOverlap              // some operation began before the one before it ended
)

const (
	prefixSize = 5  // encoding and checksum
	maxSample  = 33 // bytes of a sample in the columns at worst: three varints and a run of one
	maxColumns = 1 + 2*binary.MaxVarintLen64 + MaxCount*maxSample
)

// ErrDamaged is what every failure to decode wraps.
var ErrDamaged = errors.New("damaged chunk")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encoder packs samples into chunks. It is not safe for concurrent use.
type Encoder struct {
	zstd    *zstd.Encoder
	columns []byte
}

// NewEncoder returns an encoder.
func NewEncoder() *Encoder {
	z, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false),
		zstd.WithSingleSegment(true))
	if err != nil {
		panic(err) // only for options that do not exist
	}
	return &Encoder{zstd: z}
}

// Append appends the chunk of samples to dst. There must be between one and
// MaxCount samples, in the order in which their thread executed them.
func (e *Encoder) Append(dst []byte, samples []Sample) []byte {
	if len(samples) == 0 || len(samples) > MaxCount {
		panic(fmt.Sprintf("sample: chunk of %d samples", len(samples)))
	}
	e.columns = appendColumns(e.columns[:0], samples)
	begin := len(dst)
	dst = append(dst, encodingZstd, 0, 0, 0, 0)
	dst = e.zstd.EncodeAll(e.columns, dst)
	if len(dst)-begin-prefixSize >= len(e.columns) {
		dst = append(dst[:begin], encodingPlain, 0, 0, 0, 0)
		dst = append(dst, e.columns...)
	}
	binary.LittleEndian.PutUint32(dst[begin+1:], checksum(dst[begin:]))
	return dst
}

// checksum covers a whole chunk but the checksum itself.
func checksum(chunk []byte) uint32 {
	return crc32.Update(crc32.Checksum(chunk[:1], castagnoli), castagnoli, chunk[prefixSize:])
}

func appendColumns(b []byte, samples []Sample) []byte {
	var flags byte
	end := samples[0].Start
	for i := range samples {
		s := &samples[i]
		if s.Intended != s.Start {
			flags |= flagIntended
		}
		if s.Start < end {
			flags |= flagOverlap
		}
		end = s.Start + s.Latency
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, uint64(len(samples)))
	b = binary.AppendVarint(b, samples[0].Start)

	for i := 0; i < len(samples); {
		op, status, first := samples[i].Op, samples[i].Status, i
		for i < len(samples) && samples[i].Op == op && samples[i].Status == status {
			i++
		}
		b = append(b, byte(op), byte(status))
		b = binary.AppendUvarint(b, uint64(i-first))
	}
	end = samples[0].Start
	for i := range samples {
		gap := samples[i].Start - end
		if flags&flagOverlap != 0 {
			gap = gap<<1 ^ gap>>63
		}
		b = binary.AppendUvarint(b, uint64(gap))
		end = samples[i].Start + samples[i].Latency
	}
	for i := range samples {
		b = binary.AppendUvarint(b, uint64(samples[i].Latency))
	}
	if flags&flagIntended != 0 {
		for i := range samples {
			b = binary.AppendVarint(b, samples[i].Start-samples[i].Intended)
		}
	}
	return b
}

// Decoder unpacks chunks. It is not safe for concurrent use.
type Decoder struct {
	zstd    *zstd.Decoder
	columns []byte
}

// NewDecoder returns a decoder.
func NewDecoder() *Decoder {
	z, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderMaxMemory(maxColumns))
	if err != nil {
		panic(err) // only for options that do not exist
	}
	return &Decoder{zstd: z}
}

// Decode appends the chunk's samples to dst. On error, which wraps ErrDamaged,
// it returns dst as it was.
func (d *Decoder) Decode(dst []Sample, chunk []byte) ([]Sample, error) {
	if len(chunk) < prefixSize {
		return dst, fmt.Errorf("%w: %d bytes are too few", ErrDamaged, len(chunk))
	}
	if want, got := binary.LittleEndian.Uint32(chunk[1:]), checksum(chunk); want != got {
		return dst, fmt.Errorf("%w: checksum is %08x, should be %08x", ErrDamaged, got, want)
	}
	columns := chunk[prefixSize:]
	switch chunk[0] {
	case encodingPlain:
	case encodingZstd:
		var err error
		if d.columns, err = d.zstd.DecodeAll(columns, d.columns[:0]); err != nil {
			return dst, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		columns = d.columns
	default:
		return dst, fmt.Errorf("%w: encoding %d is unknown; a newer benchctl may know it", ErrDamaged, chunk[0])
	}
	return decodeColumns(dst, columns)
}

func decodeColumns(dst []Sample, columns []byte) ([]Sample, error) {
	r := reader{data: columns}
	flags := r.byte()
	count := r.uvarint()
	start := r.varint()
	if r.failed || count == 0 || count > MaxCount || flags&^(flagIntended|flagOverlap) != 0 {
		return dst, fmt.Errorf("%w: bad head", ErrDamaged)
	}
	kept := dst
	first := len(dst)
	dst = grow(dst, int(count))
	samples := dst[first:]

	for i := 0; i < len(samples); {
		op, status, run := Op(r.byte()), Status(r.byte()), r.uvarint()
		if r.failed || run == 0 || run > uint64(len(samples)-i) {
			return kept, fmt.Errorf("%w: bad run of operations", ErrDamaged)
		}
		for last := i + int(run); i < last; i++ {
			samples[i].Op, samples[i].Status = op, status
		}
	}
	// Start holds the gap until the latencies are known.
	for i := range samples {
		samples[i].Start = int64(r.uvarint())
	}
	overlap := flags&flagOverlap != 0
	end := start
	for i := range samples {
		s := &samples[i]
		gap := s.Start
		if overlap {
			gap = int64(uint64(gap)>>1) ^ -(gap & 1)
		}
		s.Latency = int64(r.uvarint())
		s.Start = end + gap
		s.Intended = s.Start
		end = s.Start + s.Latency
	}
	if flags&flagIntended != 0 {
		for i := range samples {
			samples[i].Intended = samples[i].Start - r.varint()
		}
	}
	if r.failed || r.at != len(columns) {
		return kept, fmt.Errorf("%w: columns end at byte %d of %d", ErrDamaged, r.at, len(columns))
	}
	return dst, nil
}

// grow lengthens s by n samples whose contents the caller will set.
func grow(s []Sample, n int) []Sample {
	if cap(s)-len(s) < n {
		s = append(make([]Sample, 0, 2*len(s)+n), s...)
	}
	return s[:len(s)+n]
}

// reader reads the columns and keeps the first failure.
type reader struct {
	data   []byte
	at     int
	failed bool
}

func (r *reader) byte() byte {
	if r.at >= len(r.data) {
		r.failed = true
		return 0
	}
	b := r.data[r.at]
	r.at++
	return b
}

// uvarint has its own copies of the commonest lengths, because the library's
// loop took half of the decoding time.
func (r *reader) uvarint() uint64 {
	if r.at+4 <= len(r.data) {
		w := binary.LittleEndian.Uint32(r.data[r.at:])
		switch {
		case w&0x80 == 0:
			r.at++
			return uint64(w & 0x7f)
		case w&0x8000 == 0:
			r.at += 2
			return uint64(w&0x7f | w>>1&0x3f80)
		case w&0x800000 == 0:
			r.at += 3
			return uint64(w&0x7f | w>>1&0x3f80 | w>>2&0x1fc000)
		}
	}
	v, n := binary.Uvarint(r.data[min(r.at, len(r.data)):])
	if n <= 0 {
		r.failed = true
		return 0
	}
	r.at += n
	return v
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}
