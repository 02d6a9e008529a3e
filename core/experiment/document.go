package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/workload"
)

// planVersion is the version of a plan's document.
const planVersion = 1

// planDocument is a plan as it is archived; docs/format/archive.md describes it.
type planDocument struct {
	Version int `json:"version"`
	Plan
}

// Document returns the form in which the plan is archived: JSON with all that
// is needed to execute its runs but the definitions of their workloads.
func (p *Plan) Document() ([]byte, error) {
	return json.Marshal(planDocument{planVersion, *p})
}

// ErrOldPlan is returned for the plan of a benchctl that did not archive plans
// whole.
var ErrOldPlan = errors.New("the plan is not archived whole")

// ErrPlan is the kind of error of an archived plan that is none.
var ErrPlan = errors.New("the archived plan cannot be read")

// ParsePlan reads an archived plan. archived returns the definition that was
// archived as name@version.
func ParsePlan(document []byte, archived func(ref string) (*workload.Definition, error)) (*Plan, error) {
	if bytes.HasPrefix(bytes.TrimSpace(document), []byte("[")) {
		return nil, ErrOldPlan
	}
	var read planDocument
	if err := json.Unmarshal(document, &read); err != nil {
		return nil, fault.Errorf(ErrPlan, "read the plan: %w", err)
	}
	if read.Version != planVersion {
		return nil, fmt.Errorf("read the plan: it has version %d, this benchctl knows %d: upgrade benchctl", read.Version, planVersion)
	}
	plan := &read.Plan
	if plan.Timeout <= 0 || len(plan.Runs) == 0 {
		return nil, fault.Errorf(ErrPlan, "read the plan: it lacks its runs or their timeout")
	}
	if plan.UntilDecided != 0 && !isMargin(plan.UntilDecided) {
		return nil, fault.Errorf(ErrPlan, "read the plan: it is to run until it is decided within a margin of %v", plan.UntilDecided)
	}
	known := map[string]*workload.Definition{}
	find := func(ref string) (_ *workload.Definition, err error) {
		if known[ref] == nil {
			known[ref], err = archived(ref)
		}
		return known[ref], err
	}
	for i := range plan.Runs {
		if err := plan.Runs[i].restore(i, find); err != nil {
			return nil, fmt.Errorf("read the plan: run at position %d: %w", i, err)
		}
	}
	plan.name()
	if err := plan.checkPairs(); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	return plan, nil
}

// storePattern is what stores are named: the name becomes part of a path.
var storePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// Outside returns what the plan itself names of the world around it: files and
// programs among the options, the environment, endpoints, the folder of the nodes' data. Who has
// the plan from somebody else should look at it first.
func (p *Plan) Outside() []string {
	seen := map[string]bool{}
	if p.DataDir != "" {
		seen["the data folder "+p.DataDir] = true
	}
	for _, run := range p.Runs {
		for _, endpoint := range run.Endpoints {
			seen[run.Store+" at "+endpoint] = true
		}
		for name, value := range run.Env {
			seen[fmt.Sprintf("%s=%s in the environment of %s", name, value, run.Store)] = true
		}
		for name, value := range run.Options {
			if strings.ContainsAny(value, `/\`) {
				seen[fmt.Sprintf("%s.%s=%s", run.Store, name, value)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// restore checks a run that was read from an archived plan, and gives it its
// workload again.
func (r *Run) restore(position int, find func(ref string) (*workload.Definition, error)) (err error) {
	switch {
	case r.Position != position:
		return fault.Errorf(ErrPlan, "it is numbered %d", r.Position)
	case !storePattern.MatchString(r.Store):
		return fault.Errorf(ErrPlan, "%.40q is no name of a store", r.Store)
	case r.Nodes < 1 || r.Threads < 1 || r.Repeat < 0:
		return fault.Errorf(ErrPlan, "it lacks its nodes or threads")
	case r.Reads != driver.Linearizable && r.Reads != driver.Sequential:
		return fault.Errorf(ErrPlan, "reads are %q", r.Reads)
	}
	if r.definition, err = find(r.Workload); err != nil {
		return err
	}
	r.load, r.Params, err = r.definition.Bind(r.Params)
	return err
}
