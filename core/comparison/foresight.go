package comparison

import (
	"math"

	"github.com/benchctl/benchctl/core/stats"
)

// Foresight is what repeats that are planned will show, by how much like runs
// have spread.
type Foresight struct {
	Runs   int     `json:"like_runs"`
	Share  float64 `json:"shows"`  // the least difference in throughput that shows in 80 %, of the operation with the middle spread
	Worst  float64 `json:"worst"`  // of the one that spreads most
	Of     string  `json:"of"`     // which that is
	Double float64 `json:"double"` // Share with twice as many repeats
}

// Foresee looks at the series that are like planned runs, of which so many repeats
// are to come, and reports whether that says anything.
func (c *Comparison) Foresee(like func(*Run) bool, repeats int) (Foresight, bool) {
	var f Foresight
	var spreads []float64
	worst := 0.0
	for _, l := range c.Workloads {
		for _, s := range l.Series {
			if !like(s.Rows[0].Run) {
				continue
			}
			f.Runs += s.Runs
			for _, part := range l.Executed() {
				o := s.Operation(part)
				if o == nil {
					continue
				}
				values := make([]float64, len(o.Rows))
				for i, r := range o.Rows {
					values[i] = r.Throughput
				}
				// A log-ratio of two runs has the noise of both.
				spread := math.Sqrt2 * stats.Spread(values)
				if math.IsNaN(spread) {
					continue
				}
				spreads = append(spreads, spread)
				if spread > worst {
					worst, f.Of = spread, part.Name+" of "+s.Name
				}
			}
		}
	}
	if len(spreads) == 0 {
		return f, false
	}
	middle := stats.Summarize(spreads).Value
	f.Share, f.Double = stats.DetectableInBlocks(middle, repeats), stats.DetectableInBlocks(middle, 2*repeats)
	f.Worst = stats.DetectableInBlocks(worst, repeats)
	return f, !math.IsNaN(f.Share)
}
