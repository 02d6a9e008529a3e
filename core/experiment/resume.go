package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/record"
)

// Earlier is what there is already of an experiment that is resumed. The zero
// value is that of a new one: nothing.
type Earlier struct {
	Experiment int64
	Complete   []Completed
	// AllowChangedPlugin lets a plugin's binary be another than the complete
	// runs of its store used: each run has a warning then.
	AllowChangedPlugin bool
}

// Completed is a run that is not executed again.
type Completed struct {
	Position    int // in the plan
	Store       string
	SHA256      string // of the plugin's binary
	Environment record.Environment
}

// Missing returns the runs of a plan that are not complete, in their order.
func (e Earlier) Missing(plan *Plan) []Run {
	complete := map[int]bool{}
	for _, c := range e.Complete {
		complete[c.Position] = true
	}
	var missing []Run
	for _, run := range plan.Runs {
		if !complete[run.Position] {
			missing = append(missing, run)
		}
	}
	return missing
}

// ErrChangedPlugin is the kind of error of a plugin that is not the binary that
// complete runs used.
var ErrChangedPlugin = errors.New("changed plugin")

// CheckPlugin compares a plugin's binary with those that the complete runs of
// its store used. If it is another one it is refused, or warned of where that
// is allowed.
func (e Earlier) CheckPlugin(store string, identity Identity) (warning string, err error) {
	var others []string
	for _, c := range e.Complete {
		if c.Store == store && c.SHA256 != identity.SHA256 && !slices.Contains(others, short(c.SHA256)) {
			others = append(others, short(c.SHA256))
		}
	}
	switch {
	case len(others) == 0:
		return "", nil
	case e.AllowChangedPlugin:
		return fmt.Sprintf("the experiment was resumed with another binary of plugin %s (sha256 %s) than earlier runs of it used (%s)",
			store, short(identity.SHA256), strings.Join(others, ", ")), nil
	}
	refused := &Refused{fmt.Sprintf(
		"plugin %s (sha256 %s) is not the binary that complete runs of experiment %d used (%s): put that one back, or allow another, and the runs are marked by a warning",
		store, short(identity.SHA256), e.Experiment, strings.Join(others, ", "))}
	return "", fault.Errorf(ErrChangedPlugin, "%w", refused)
}

func short(sha256 string) string { return fmt.Sprintf("%.12s…", sha256) }

// machineWarning says that complete runs were executed on another machine.
func (e Earlier) machineWarning(now record.Environment) string {
	for _, c := range e.Complete {
		if describe(c.Environment) != describe(now) {
			return fmt.Sprintf("the experiment was resumed on another machine (%s) than earlier runs of it were executed on (%s)",
				describe(now), describe(c.Environment))
		}
	}
	return ""
}

// describe says what of a machine must not change within an experiment. Memory
// is given in GiB because a new kernel may keep some of it for itself.
func describe(e record.Environment) string {
	machine := fmt.Sprintf("%s, %s, %d GiB of memory", e.CPU, count(e.Cores, "core"), (e.MemoryBytes+1<<29)>>30)
	if limits := format.Limits(e.CPULimit, e.MemoryLimitBytes); limits != "" {
		machine += ", " + limits
	}
	return machine
}
