package load

import "fmt"

// Stage is what is executed, and archived, as one: a phase, or a rate that a
// phase tries which searches.
type Stage struct {
	Phase
	Of  int // the phase's position in the load
	Try int // of a search, from 1; 0: the phase itself
}

// Stages returns the stages of a run in their order. A phase that searches has
// its tries first, which are warm-up; then it is itself executed at the highest
// rate that kept its bound. Their rates are not known before.
func (l *Load) Stages() []Stage {
	var stages []Stage
	for i, phase := range l.Phases {
		if phase.Until != nil {
			for try := 1; try <= phase.Steps; try++ {
				one := phase
				one.Name, one.Warmup = fmt.Sprintf("%s-try-%02d", phase.Name, try), true
				stages = append(stages, Stage{Phase: one, Of: i, Try: try})
			}
		}
		stages = append(stages, Stage{Phase: phase, Of: i})
	}
	return stages
}
