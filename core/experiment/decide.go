package experiment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
)

// MostBlocks is how many blocks an experiment that runs until it is decided has
// at most, where nothing else is said.
const MostBlocks = 40

// Decider looks at an experiment that runs until it is decided.
type Decider interface {
	// Undecided returns the pairs of the plan that are not decided by what is
	// archived of an experiment.
	Undecided(ctx context.Context, experiment int64) ([]Pair, error)
}

// Pair is two combinations of a plan that are compared, B with A.
type Pair struct {
	A, B             Run    // in the first block
	NameOfA, NameOfB string // by what tells them apart
	Both             string // what they have in common
}

var marginPattern = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?%$`)

// ParseMargin reads the percentage within which two sides count as equal, as a
// share.
func ParseMargin(text string) (float64, error) {
	if m := marginPattern.FindStringSubmatch(text); m != nil {
		if percent, err := strconv.ParseFloat(m[1], 64); err == nil && isMargin(percent/100) {
			return percent / 100, nil
		}
	}
	return 0, fmt.Errorf("%q is no percentage above 0 and below 100, such as 5%%", text)
}

func isMargin(share float64) bool { return share > 0 && share < 1 }

// DecideWithin lets the experiment end as soon as each pair is decided, within a
// margin. What was to be run once may then be run MostBlocks times.
func (s *Spec) DecideWithin(margin float64) {
	s.UntilDecided = margin
	if s.Repeat == 1 {
		s.Repeat = MostBlocks
	}
}

// checkDecided refuses what cannot be looked at while it goes on.
func (s Spec) checkDecided() error {
	if s.UntilDecided == 0 {
		return nil
	}
	if _, err := stats.PlanLooks(s.Repeat); err != nil {
		return fault.Errorf(ErrNumber, "repeat is the most blocks of an experiment that runs until it is decided: %w", err)
	}
	return nil
}

// ErrNoPair is the kind of error of a plan that has nothing to decide.
var ErrNoPair = errors.New("no pair")

// maxPairs are as many as a look at them takes no time of which one would know.
const maxPairs = 1000

func (p *Plan) checkPairs() error {
	if p.UntilDecided == 0 {
		return nil
	}
	n := 0
	groups, _ := p.compared()
	for _, group := range groups {
		n += len(group) * (len(group) - 1) / 2
	}
	switch {
	case n == 0:
		return fault.Errorf(ErrNoPair, "there is nothing to decide: stores and setups are compared that have the same workload, parameters, threads and nodes, and this experiment has no two of them; name two stores or two setups")
	case n > maxPairs:
		return fmt.Errorf("these are %d pairs to decide, more than an experiment may have (%d): shorten its lists or make several of it", n, maxPairs)
	}
	return nil
}

// Looks returns when the pairs of the plan are looked at.
func (p *Plan) Looks() (stats.Looks, error) {
	most := 0
	for _, run := range p.Runs {
		most = max(most, run.Repeat+1)
	}
	return stats.PlanLooks(most)
}

// compared returns the combinations of the plan, together those that have the same
// workload, parameters, threads and nodes, and the keys that tell all of them apart.
func (p *Plan) compared() (groups [][]planned, keys []string) {
	var first []planned
	for _, run := range p.Runs {
		if run.Repeat == 0 {
			first = append(first, run.planned(p.Labels))
		}
	}
	keys = selection.Series(first)
	at := map[string]int{}
	for _, named := range selection.GroupBy(first, keys...) {
		slices.SortFunc(named.Rows, func(a, b planned) int { return cmp.Compare(a.combination(), b.combination()) })
		for _, row := range named.Rows {
			alike := fmt.Sprintf("%q %q %d %d", row.Workload, row.Params, row.Threads, row.Nodes)
			i, known := at[alike]
			if !known {
				i = len(groups)
				at[alike] = i
				groups = append(groups, nil)
			}
			groups[i] = append(groups[i], row)
		}
	}
	return groups, keys
}

// Pairs returns what a plan compares while it is executed: each two combinations
// that have the same workload, parameters, threads and nodes.
func (p *Plan) Pairs() []Pair {
	var pairs []Pair
	groups, keys := p.compared()
	for _, group := range groups {
		for i, a := range group {
			for _, b := range group[i+1:] {
				pairs = append(pairs, pairOf(a, b, keys))
			}
		}
	}
	return pairs
}

// Sides returns for each position in the plan that of the same combination in the
// first block.
func (p *Plan) Sides() []int {
	sides, first := make([]int, len(p.Runs)), map[string]int{}
	for i, run := range p.Runs {
		id := run.combination()
		if _, known := first[id]; !known {
			first[id] = i
		}
		sides[i] = first[id]
	}
	return sides
}

// pairOf names what tells two combinations apart, and what they have in common.
func pairOf(a, b planned, keys []string) Pair {
	pair := Pair{A: a.Run, B: b.Run}
	var apart, alike, valuesOfA, valuesOfB, values []string
	for _, key := range keys {
		if ofA, ofB := a.Value(key), b.Value(key); ofA != ofB {
			apart, valuesOfA, valuesOfB = append(apart, key), append(valuesOfA, ofA), append(valuesOfB, ofB)
		} else {
			alike, values = append(alike, key), append(values, ofA)
		}
	}
	pair.NameOfA, pair.NameOfB = a.nameAmong(apart, valuesOfA), b.nameAmong(apart, valuesOfB)
	pair.Both = selection.Name(alike, values)
	return pair
}

// nameAmong names a combination by what others have otherwise, or not at all.
func (p planned) nameAmong(keys, values []string) string {
	switch name := selection.Name(keys, values); {
	case name != "":
		return name
	case len(p.Endpoints) > 0:
		return "at " + strings.Join(p.Endpoints, " ")
	}
	return "default"
}

// Needed returns those of some runs that a pair needs.
func (p *Plan) Needed(runs []Run, pairs []Pair) []Run {
	wanted := map[string]bool{}
	for _, pair := range pairs {
		wanted[pair.A.combination()], wanted[pair.B.combination()] = true, true
	}
	var needed []Run
	for _, run := range runs {
		if wanted[run.combination()] {
			needed = append(needed, run)
		}
	}
	return needed
}

// remaining are the runs of an experiment that are not complete.
type remaining struct {
	runs   []Run // to be executed, in the plan's order
	failed []Run
}

// look asks which pairs are undecided, and spares the runs that none of them needs.
func (e *execution) look(ctx context.Context, outcome *Outcome, left *remaining) error {
	undecided, err := e.executor.Decider.Undecided(ctx, outcome.Experiment)
	if err != nil {
		return err
	}
	before := len(left.runs) + len(left.failed)
	left.runs, left.failed = e.plan.Needed(left.runs, undecided), e.plan.Needed(left.failed, undecided)
	outcome.Spared += before - len(left.runs) - len(left.failed)
	return e.deployments.keepFor(left.runs)
}
