package stats

import "math/bits"

// Within an octave of a histogram all values are counted in so many steps of one
// width, and smaller values exactly. So a value is known to 1/128 of itself.
const (
	stepBits = 7
	steps    = 1 << stepBits
	octaves  = 64 - stepBits // of what an int64 holds that is not negative
)

// Histogram counts values that are not negative. Its memory grows with the octaves
// that they reach over, and not with their number; counting takes about as long as
// reading a value. Its zero value is empty. It is not safe for concurrent use.
type Histogram struct {
	counts [octaves]*[steps]int64
	n      int64
	most   int64
}

// stepOf is where a value is counted.
func stepOf(v int64) (octave, step int) {
	if v < steps {
		return 0, int(max(v, 0))
	}
	shift := bits.Len64(uint64(v)) - stepBits - 1
	return shift + 1, int(v>>shift) - steps
}

// edge is the least value that is counted in a step of an octave; that of the step
// behind the last is the octave's end.
func edge(octave, step int) int64 {
	if octave == 0 {
		return int64(step)
	}
	return int64(steps+step) << (octave - 1)
}

// Counted returns the least value that a histogram counts together with a value.
func Counted(v int64) int64 { return edge(stepOf(v)) }

// Add counts a value. One below 0 is counted as 0.
func (h *Histogram) Add(v int64) {
	octave, step := stepOf(v)
	counts := h.counts[octave]
	if counts == nil {
		counts = new([steps]int64)
		h.counts[octave] = counts
	}
	counts[step]++
	h.n++
	h.most = max(h.most, v)
}

// Merge adds what another histogram has counted.
func (h *Histogram) Merge(other *Histogram) {
	for octave, counts := range other.counts {
		if counts == nil {
			continue
		}
		if h.counts[octave] == nil {
			h.counts[octave] = new([steps]int64)
		}
		for step, n := range counts {
			h.counts[octave][step] += n
		}
	}
	h.n += other.n
	h.most = max(h.most, other.most)
}

// N returns how many values were counted.
func (h *Histogram) N() int64 { return h.n }

// Most returns the greatest value, exactly.
func (h *Histogram) Most() int64 { return h.most }

// Percentile returns the greatest value that may be at a percentile, by the nearest
// rank: it is at most 1/128 above the true one. Of no values it is 0.
func (h *Histogram) Percentile(percent float64) int64 {
	rank := max(int64(percent/100*float64(h.n)+0.5), 1)
	for octave, counts := range h.counts {
		if counts == nil {
			continue
		}
		for step, n := range counts {
			if rank -= n; n > 0 && rank <= 0 {
				return min(edge(octave, step+1)-1, h.most)
			}
		}
	}
	return h.most
}

// Each hands how many values lie in each step that has any, in ascending order, with
// the least and the greatest value of the step.
func (h *Histogram) Each(take func(low, high, n int64)) {
	for octave, counts := range h.counts {
		if counts == nil {
			continue
		}
		for step, n := range counts {
			if n > 0 {
				take(edge(octave, step), edge(octave, step+1)-1, n)
			}
		}
	}
}
