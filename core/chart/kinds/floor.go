package kinds

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// ErrFloor is the kind of error of runs whose floor was not measured.
var ErrFloor = errors.New("floor")

// withFloor draws the machine's fsync into panels of latency, and says how many times
// of it the median of each series is. What is on the disk of a majority when it is
// acknowledged took one fsync at least, and with several nodes a round trip between
// them: that is not measured.
func withFloor(f chart.Figure, l *comparison.Workload, parts []comparison.Part) (chart.Figure, error) {
	fsync := fsyncOf(l.Runs)
	if fsync == 0 {
		return f, fault.Errorf(ErrFloor, "no floor was measured: nodes of the selected runs kept no data on this machine, so no fsync was timed")
	}
	for i := range f.Panels {
		f.Panels[i].Marks = append(f.Panels[i].Marks, chart.Rules{Y: []chart.Rule{{At: float64(fsync), Label: "fsync"}}})
	}
	f.Notes = append(f.Notes, fmt.Sprintf("fsync: the median of a small write and fsync in the data folder before each run, %s; the round trip between nodes is not measured", format.Duration(fsync)))
	times := false
	for i, s := range l.Series {
		runs := runsOf(s.Rows)
		own := fsyncOf(runs)
		if own == 0 || !slices.ContainsFunc(runs, func(r *comparison.Run) bool { return r.Guarantees.Durability == driver.DurableFsync }) {
			continue
		}
		var said []string
		for _, part := range parts {
			if median := s.Answer(workload.FigureP50, part); median.N > 0 {
				said = append(said, part.Name+" "+format.Number(median.Value/float64(own)))
			}
		}
		if len(said) > 0 {
			times = true
			f.Notes = append(f.Notes, "p50 in fsyncs: "+f.Series[i].Name()+": "+strings.Join(said, ", "))
		}
	}
	if !times {
		f.Notes = append(f.Notes, "no series promises that a write is on a disk when it is acknowledged, so none has to wait for an fsync")
	}
	return f, nil
}

// fsyncOf is the median of what fsync took before runs, or 0.
func fsyncOf(runs []*comparison.Run) time.Duration {
	var times []float64
	for _, r := range runs {
		if r.Fsync > 0 {
			times = append(times, float64(r.Fsync))
		}
	}
	return time.Duration(stats.Summarize(times).Value)
}

// runsOf are the runs of rows, each once.
func runsOf(rows []*comparison.Row) []*comparison.Run {
	var runs []*comparison.Run
	for _, r := range rows {
		if !slices.Contains(runs, r.Run) {
			runs = append(runs, r.Run)
		}
	}
	return runs
}
