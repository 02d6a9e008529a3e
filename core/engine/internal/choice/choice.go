// Package choice picks keys by their hash, so that every thread picks the same
// ones without a word to the others, and no more than there is room for: all at
// first, then every second, every fourth, and so on. What is picked is spread
// over the whole run.
package choice

import (
	"math"

	"github.com/cespare/xxhash/v2"
)

// Choice is the keys that one thread has picked.
type Choice struct {
	salt  uint64
	limit uint64 // hashes up to it are chosen
}

// New chooses all keys. Choices that are to be put together need the same salt.
func New(salt uint64) Choice { return Choice{salt, math.MaxUint64} }

// Hash returns what a key is chosen by.
func (c Choice) Hash(key []byte) uint64 { return xxhash.Sum64(key) ^ c.salt }

// Has reports whether the keys of a hash are chosen.
func (c Choice) Has(hash uint64) bool { return hash <= c.limit }

// Half returns a choice of half of the keys that are chosen.
func (c Choice) Half() Choice { return Choice{c.salt, c.limit / 2} }

// Share returns which share of all keys is chosen.
func (c Choice) Share() float64 { return float64(c.limit) / math.MaxUint64 }

// Common returns the keys that this thread and another have both chosen.
func (c Choice) Common(other Choice) Choice { return Choice{c.salt, min(c.limit, other.limit)} }
