package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/benchctl/benchctl/core/driver"
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

// ParsePlan reads an archived plan. archived returns the definition that was
// archived as name@version.
func ParsePlan(document []byte, archived func(ref string) (*workload.Definition, error)) (*Plan, error) {
	if bytes.HasPrefix(bytes.TrimSpace(document), []byte("[")) {
		return nil, ErrOldPlan
	}
	var read planDocument
	if err := json.Unmarshal(document, &read); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	if read.Version != planVersion {
		return nil, fmt.Errorf("read the plan: it has version %d, this benchctl knows %d: upgrade benchctl", read.Version, planVersion)
	}
	plan := &read.Plan
	if plan.Timeout <= 0 || len(plan.Runs) == 0 {
		return nil, errors.New("read the plan: it lacks its runs or their timeout")
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
	return plan, nil
}

// restore checks a run that was read from an archived plan, and gives it its
// workload again.
func (r *Run) restore(position int, find func(ref string) (*workload.Definition, error)) (err error) {
	switch {
	case r.Position != position:
		return fmt.Errorf("it is numbered %d", r.Position)
	case r.Store == "" || r.Nodes < 1 || r.Threads < 1 || r.Repeat < 0:
		return errors.New("it lacks its store, nodes or threads")
	case r.Reads != driver.Linearizable && r.Reads != driver.Sequential:
		return fmt.Errorf("reads are %q", r.Reads)
	}
	if r.definition, err = find(r.Workload); err != nil {
		return err
	}
	r.load, r.Params, err = r.definition.Bind(r.Params)
	return err
}
