package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	moremath "github.com/aclements/go-moremath/stats"
)

// Alarms says how often comparisons of one thing with itself report a difference.
type Alarms struct {
	Interleaved Rate `json:"interleaved"` // in blocks, as an experiment compares
	Apart       Rate `json:"apart"`       // a stretch of time with the next, as two experiments compare
}

// Rate is how often something happened.
type Rate struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Share float64 `json:"share"`
	Low   float64 `json:"low"` // its 95 % interval (Wilson 1927); from 0 to 1 of none
	High  float64 `json:"high"`
}

// FalseAlarms splits the repeats of one thing, in the order of their blocks, and
// counts the splits whose sides differ at 0.05.
//
// Interleaved are so many splits of all neighbours, of which chance puts one on each
// side. Comparisons by blocks hold 5 % whatever the machine does, and this shows
// it. Apart are six repeats against the next six, wherever they begin: as often as a
// machine that changes in the meantime is taken for a difference. These overlap,
// so that their interval counts only as many as do not.
//
// Each takes at least 12 repeats, and has none of fewer.
func FalseAlarms(repeats []Value, splits int) Alarms {
	values := measured(repeats)
	slices.SortStableFunc(values, func(a, b Value) int { return cmp.Compare(a.Block, b.Block) })
	if len(values) < 2*FewestBlocks {
		splits = 0
	}
	return Alarms{interleaved(values, splits), apart(values)}
}

func interleaved(values []Value, splits int) Rate {
	sides := rand.New(rand.NewPCG(1927, 1945))
	count := 0
	for range splits {
		var a, b []Value
		for i := 0; i+1 < len(values); i += 2 {
			first := sides.IntN(2)
			a = append(a, Value{i, values[i+first].Value})
			b = append(b, Value{i, values[i+1-first].Value})
		}
		if Compare(a, b).P <= 1-Confidence {
			count++
		}
	}
	return rate(count, splits, float64(splits))
}

func apart(values []Value) Rate {
	const stretch = FewestBlocks
	count, of := 0, max(0, len(values)-2*stretch+1)
	for from := range of {
		middle := from + stretch
		if rankSum(numbers(values[from:middle]), numbers(values[middle:middle+stretch])) <= 1-Confidence {
			count++
		}
	}
	return rate(count, of, float64(len(values)/(2*stretch)))
}

// rate returns a share with the interval of so many independent trials.
func rate(count, of int, independent float64) Rate {
	r := Rate{Count: count, Of: of, High: 1}
	if of == 0 {
		return r
	}
	r.Share = float64(count) / float64(of)
	z := moremath.StdNormal.InvCDF((1 + Confidence) / 2)
	widened := 1 + z*z/independent
	middle := (r.Share + z*z/(2*independent)) / widened
	half := z / widened * math.Sqrt(r.Share*(1-r.Share)/independent+z*z/(4*independent*independent))
	r.Low, r.High = max(0, middle-half), min(1, middle+half)
	return r
}
