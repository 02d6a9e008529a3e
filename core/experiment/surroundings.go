package experiment

import (
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/record"
)

// What is worth a warning of what a measured phase had to share. Phases shorter
// than disturbedLeast are too short for the kernel's ticks.
const (
	disturbedLeast = time.Second
	foreignBusy    = 0.05 // of the machine's cores, used by other processes
	stolenBusy     = 0.05 // of them, taken by the host of a virtual machine
	throttledMost  = 0.01 // of the time, in which the limit of processor time held the run up
)

// A phase lasts longer than planned if it took this much more, as a share of what
// was planned and in any case.
const (
	longerShare = 0.25
	longerLeast = time.Second
)

// around looks at the machine while a phase is on.
type around struct {
	environment record.Environment
	watch       func() func() *record.Surroundings
	external    bool // the store's nodes are not ours, and may run here

	began time.Duration
	since func() *record.Surroundings
}

func (a *around) start(at time.Duration) { a.began, a.since = at, a.watch() }

// end returns what the machine did in the phase, nil where that is not known,
// and what of it weakens the figures.
func (a *around) end(p load.Phase, at time.Duration) (s *record.Surroundings, warnings []string) {
	if a.since == nil {
		return nil, nil
	}
	s, took := a.since(), at-a.began
	if over := took - p.For; p.For > 0 && over > longerLeast && float64(over) > longerShare*float64(p.For) {
		warnings = append(warnings, fmt.Sprintf("it took %s where %s were planned: something held operations up, and the throughput counts all of that time",
			format.Duration(took), format.Duration(p.For)))
	}
	if s == nil || took < disturbedLeast {
		return s, warnings
	}
	cores, seconds := float64(a.environment.Cores), took.Seconds()
	machine := "the machine's " + count(a.environment.Cores, "core")
	if used := s.ForeignCPUSeconds / seconds; used > foreignBusy*cores {
		others := "other processes"
		if a.external {
			others += ", the store's among them if it runs here,"
		}
		warnings = append(warnings, fmt.Sprintf("%s used %s of %s while it was measured", others, format.Number(used), machine))
	}
	if taken := s.StolenCPUSeconds / seconds; taken > stolenBusy*cores {
		warnings = append(warnings, fmt.Sprintf("the host of this virtual machine kept %s of %s from it while it was measured", format.Number(taken), machine))
	}
	if s.Throttled.Seconds() > throttledMost*seconds {
		warnings = append(warnings, fmt.Sprintf("the limit of processor time%s held it up, for %s in %s, summed over processors",
			limitOf(a.environment), format.Duration(s.Throttled), format.Duration(took)))
	}
	return s, warnings
}

func limitOf(e record.Environment) string {
	if e.CPULimit == 0 {
		return ""
	}
	return ", " + format.Cores(e.CPULimit) + ","
}

// usable is how many processors a run may use at a time.
func usable(e record.Environment) float64 {
	if e.CPULimit > 0 {
		return min(float64(e.Cores), e.CPULimit)
	}
	return float64(e.Cores)
}
