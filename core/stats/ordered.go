package stats

import "math"

// ordered is many numbers of which only is known how many are not above a given
// one. Its order statistics are found without listing them: the averages of a
// thousand values are half a million.
type ordered struct {
	n         int
	low, high float64 // between which they lie
	notAbove  func(t float64) int
}

// at returns the k-th smallest, from 1: the least float64 that k of them are not
// above, found by halving.
func (o ordered) at(k int) float64 {
	low, high := position(o.low), position(o.high)
	for low < high {
		middle := low + (high-low)/2
		if o.notAbove(number(middle)) >= k {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return number(low)
}

func (o ordered) median() float64 {
	lower := o.at((o.n + 1) / 2)
	if o.n%2 == 1 {
		return lower
	}
	return lower/2 + o.at(o.n/2+1)/2
}

// position returns where a number stands among all float64, and number the one at
// a position: so they are counted like integers.
func position(v float64) uint64 {
	bits := math.Float64bits(v)
	if v < 0 {
		return ^bits
	}
	return bits | 1<<63
}

func number(position uint64) float64 {
	if position < 1<<63 {
		return math.Float64frombits(^position)
	}
	return math.Float64frombits(position &^ (1 << 63))
}

// averages returns the averages of all pairs of sorted values, each with itself
// too (Walsh 1949).
func averages(sorted []float64) ordered {
	n := len(sorted)
	return ordered{n: n * (n + 1) / 2, low: sorted[0], high: sorted[n-1], notAbove: func(t float64) int {
		count, j := 0, n-1
		for i, v := range sorted {
			for j >= i && v/2+sorted[j]/2 > t {
				j--
			}
			if j < i {
				break
			}
			count += j - i + 1
		}
		return count
	}}
}

// differences returns by how much each of the sorted b is over each of the sorted a.
func differences(a, b []float64) ordered {
	return ordered{n: len(a) * len(b), low: b[0] - a[len(a)-1], high: b[len(b)-1] - a[0], notAbove: func(t float64) int {
		count, i := 0, 0
		for _, v := range b {
			for i < len(a) && v-a[i] > t {
				i++
			}
			count += len(a) - i
		}
		return count
	}}
}

// distances returns how far apart any two sorted values of the same group are.
func distances(groups ...[]float64) ordered {
	pairs, widest := 0, 0.0
	for _, g := range groups {
		if len(g) > 1 {
			pairs += len(g) * (len(g) - 1) / 2
			widest = max(widest, g[len(g)-1]-g[0])
		}
	}
	return ordered{n: pairs, high: widest, notAbove: func(t float64) int {
		count := 0
		for _, g := range groups {
			i := 0
			for j, v := range g {
				for v-g[i] > t {
					i++
				}
				count += j - i
			}
		}
		return count
	}}
}
