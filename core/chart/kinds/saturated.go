package kinds

import (
	"fmt"
	"slices"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
)

// keepsUp is the share of the offered arrivals that an open loop achieves unless it
// is saturated: then those that are late wait for those before them, and latency
// says how long the run was rather than how fast the store is.
const keepsUp = 0.98

// isSaturated reports whether an open loop of a series has not kept up. Of a search
// the rate that it found has.
func isSaturated(s *comparison.Series, phase string) bool {
	p := s.Phase(phase)
	return p.Offered.N > 0 && p.Searches == 0 && p.Throughput.Value < keepsUp*p.Offered.Value
}

// saturated are the parts of each series in which its open loop has not kept up.
func saturated(l *comparison.Workload, parts []comparison.Part) chart.Flags {
	flags := make(chart.Flags, len(l.Series))
	for i, s := range l.Series {
		for _, p := range parts {
			flags[i] = append(flags[i], isSaturated(s, p.Phase))
		}
	}
	return flags
}

// ringed says once what a ring around a value means, where there is one.
func ringed(f *chart.Figure, flags chart.Flags) {
	if slices.ContainsFunc(flags, func(of []bool) bool { return slices.Contains(of, true) }) {
		f.Notes = []string{fmt.Sprintf("in a ring: saturated, fewer operations succeeded than %s of the arrivals that were offered", format.Share(keepsUp))}
	}
}
