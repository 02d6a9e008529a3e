package load

import (
	"encoding/binary"
	"math"
	"math/bits"
)

const (
	stampBytes = 8
	writeBits  = 40 // of a stamp; the others number the thread
	// piece is how many bytes of a value have their part of what a compressor
	// can take away, so that a store which compresses pages finds it in each.
	piece = 1024
)

// contents makes values. A value follows from the seed, the thread and the
// number of the write alone, so that it can be made again to verify what was
// read.
type contents struct {
	seed       uint64
	values     Values
	thresholds []uint64 // of the sizes of a histogram
}

func newContents(v Values, seed uint64) contents {
	c := contents{seed: seed, values: v}
	sum := 0.0
	for _, s := range v.Sizes {
		sum += s.Weight
		c.thresholds = appendThreshold(c.thresholds, sum)
	}
	return c
}

// buffer has room for any value.
func (c *contents) buffer() []byte { return make([]byte, (c.values.Largest()+7)/8*8) }

// fill makes a value in a buffer and returns it.
func (c *contents) fill(buffer []byte, thread int, write int64) []byte {
	stamp := uint64(thread)<<writeBits | uint64(write)&(1<<writeBits-1)
	r := stream(scramble(c.seed + scramble(stamp+golden)))
	value := buffer[:c.size(r.next())]
	if c.values.Compressible == 0 {
		r.fill(buffer, len(value))
	} else {
		c.pieces(&r, buffer, len(value))
	}
	if len(value) >= stampBytes {
		binary.BigEndian.PutUint64(value, stamp)
	}
	return value
}

// pieces fills each piece of a value with random bytes and then zeros.
func (c *contents) pieces(r *stream, buffer []byte, size int) {
	random := 1 - c.values.Compressible/100
	for begin := 0; begin < size; begin += piece {
		end := min(begin+piece, size)
		turn := begin + int(math.Round(random*float64(end))) - int(math.Round(random*float64(begin)))
		r.fill(buffer[begin:], turn-begin)
		clear(buffer[turn:end])
	}
}

func (c *contents) size(random uint64) int {
	if v := c.values; v.SizeTo > v.Size {
		beyond, _ := bits.Mul64(random, uint64(v.SizeTo-v.Size+1))
		return v.Size + int(beyond)
	}
	if len(c.thresholds) == 0 {
		return c.values.Size
	}
	return c.values.Sizes[lot(c.thresholds, random)].Size
}

// ReadStamp returns which write made a value: the thread's number (24 bits,
// the first three bytes) and that of the write among all values which the
// thread made in the run, from 0 (40 bits, the next five; big-endian). A value
// of less than 8 bytes has no stamp.
func ReadStamp(value []byte) (thread int, write int64, ok bool) {
	if len(value) < stampBytes {
		return 0, 0, false
	}
	stamp := binary.BigEndian.Uint64(value)
	return int(stamp >> writeBits), int64(stamp & (1<<writeBits - 1)), true
}

// stream is a sequence of random numbers that can begin anywhere at once:
// SplitMix64 of G. L. Steele, D. Lea and C. H. Flood, "Fast splittable
// pseudorandom number generators", OOPSLA 2014.
type stream uint64

const golden = 0x9e3779b97f4a7c15 // the golden ratio's fraction, odd

func (r *stream) next() uint64 {
	*r += golden
	return scramble(uint64(*r))
}

// fill writes n random bytes, and up to seven more where there is room for
// whole words.
func (r *stream) fill(buffer []byte, n int) {
	i := 0
	for ; i < n && i+8 <= len(buffer); i += 8 {
		binary.LittleEndian.PutUint64(buffer[i:], r.next())
	}
	if i < n {
		for word := r.next(); i < n; i++ {
			buffer[i] = byte(word)
			word >>= 8
		}
	}
}

func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
