package load

import (
	"cmp"
	"math"
)

// Values describes the values that are written: all of one size, of sizes
// between two bounds, or of sizes that are drawn by their weights.
type Values struct {
	Size   int         `json:"size"`              // bytes
	SizeTo int         `json:"size_to,omitempty"` // with it sizes are uniform from Size to SizeTo, both included
	Sizes  []SizeShare `json:"sizes,omitempty"`   // instead of Size, in ascending order
	// Compressible is the percent of a value's bytes that a compressor can
	// take away; the others are random.
	Compressible float64 `json:"compressible,omitempty"`
}

// SizeShare is a size's part in a histogram of sizes.
type SizeShare struct {
	Size   int     `json:"size"`   // bytes
	Weight float64 `json:"weight"` // share of the values, all shares sum to 1
}

// Largest returns the bytes of the largest value that may be written.
func (v Values) Largest() int {
	if n := len(v.Sizes); n > 0 {
		return v.Sizes[n-1].Size
	}
	return max(v.Size, v.SizeTo)
}

// Breach returns the first rule that the values do not keep, if there is one.
func (v Values) Breach() *Breach {
	broken := cmp.Or(
		within("size", v.Size, Limits.Size),
		within("size-to", v.SizeTo, Limits.Size),
		within("compressible", v.Compressible, Limits.Compressible),
		rule(v.SizeTo == 0 || v.SizeTo >= v.Size, "size-to", "size-to: %d is less than size, which is %d", v.SizeTo, v.Size),
		rule(v.Sizes == nil || v.Size == 0 && v.SizeTo == 0, "sizes", "values has size and sizes: one thing can say how large they are"),
		rule(len(v.Sizes) <= MaxSizes, "sizes", "sizes lists %d sizes: there should be 1 to %d", len(v.Sizes), MaxSizes),
	)
	if broken != nil || v.Sizes == nil {
		return broken
	}
	sum, before := 0.0, -1
	for _, s := range v.Sizes {
		problem := Limits.Size.Refuse(int64(s.Size))
		if broken := cmp.Or(
			rule(problem == "", "sizes", "sizes: %s", problem),
			rule(s.Size > before, "sizes", "sizes should ascend, and %d comes after %d", s.Size, before),
			rule(s.Weight > 0, "sizes", "sizes gives %d the share %v", s.Size, s.Weight),
		); broken != nil {
			return broken
		}
		before = s.Size
		sum += s.Weight
	}
	return rule(math.Abs(sum-1) <= 1e-6, "sizes", "the shares of sizes sum to %v, not 1", sum)
}
