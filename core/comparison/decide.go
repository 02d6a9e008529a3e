package comparison

import (
	"cmp"
	"slices"

	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// Deciding is what an experiment that runs until it is decided compares.
type Deciding struct {
	Pairs  []Pair
	Sides  []int // of each run of the plan, by its position
	Looks  stats.Looks
	Margin float64 // within which two sides count as equal, as a share
}

// Pair is two sides of such an experiment. B is compared with A.
type Pair struct {
	A, B             int // of Deciding.Sides
	NameOfA, NameOfB string
	Both             string // what they have in common
}

// Decided is what the looks at a pair have come to.
type Decided struct {
	A       string `json:"a"`
	B       string `json:"b"` // what is compared with a
	Both    string `json:"both,omitempty"`
	Decided bool   `json:"decided"` // all of the parts are
	Parts   []Look `json:"parts,omitempty"`
}

// Look is what the looks at one operation or phase of a pair have come to.
type Look struct {
	Metric     string            `json:"metric"`
	Phase      string            `json:"phase"`
	Op         string            `json:"op,omitempty"`
	Name       string            `json:"-"`      // of the operation or the phase
	Blocks     int               `json:"blocks"` // that both sides have
	Decision   Decision          `json:"decision"`
	Difference *stats.Difference `json:"difference,omitempty"` // at the look that has decided, else at the last one; nil: there was none
}

// Decision is what a look has come to.
type Decision string

// The decisions.
const (
	DecidedDifferent Decision = "different"
	DecidedEqual     Decision = "equal"
	Undecided        Decision = "undecided"
)

// inBlock is one value of a side.
type inBlock struct {
	run    int64
	repeat int
	value  float64
}

// Of looks at every pair as often as the blocks that it has by now were looked at
// while they were added, so that it says the same however often it is asked. A
// block is there when both of its runs are complete; they count in the order in
// which they came to be so.
func (d Deciding) Of(c *Comparison) []Decided {
	decided := make([]Decided, len(d.Pairs))
	for i, p := range d.Pairs {
		decided[i] = Decided{A: p.NameOfA, B: p.NameOfB, Both: p.Both}
	}
	for _, l := range c.Workloads {
		m := deciding(l)
		for _, part := range m.Parts(l) {
			answers := func(p Part) bool {
				return p.Phase == part.Phase && (m.phase || p.Op == part.Op) && l.Answers.Of(p.Phase, p.Op)
			}
			if !slices.ContainsFunc(l.Parts, answers) {
				continue
			}
			values := d.valuesOf(l, m, part)
			for i, p := range d.Pairs {
				if len(values[p.A])+len(values[p.B]) > 0 {
					look := Look{Metric: m.Name, Phase: part.Phase, Op: part.Op, Name: part.Name}
					look.at(values[p.A], values[p.B], d)
					decided[i].Parts = append(decided[i].Parts, look)
				}
			}
		}
	}
	for i := range decided {
		undecided := func(look Look) bool { return look.Decision == Undecided }
		decided[i].Decided = len(decided[i].Parts) > 0 && !slices.ContainsFunc(decided[i].Parts, undecided)
	}
	return decided
}

// valuesOf returns what each side came to in one part of a workload.
func (d Deciding) valuesOf(l *Workload, m Metric, part Part) map[int][]inBlock {
	values, seen := map[int][]inBlock{}, map[*Run]bool{}
	for _, r := range l.Rows {
		planned := r.Position >= 0 && r.Position < len(d.Sides)
		if !planned || r.Phase != part.Phase || !m.phase && r.Op != part.Op || seen[r.Run] {
			continue
		}
		seen[r.Run] = true
		if value, is := m.of(r); is {
			side := d.Sides[r.Position]
			values[side] = append(values[side], inBlock{r.ID, r.Repeat, value})
		}
	}
	return values
}

// at looks at two sides at each planned number of blocks, until one decides.
func (k *Look) at(a, b []inBlock, d Deciding) {
	k.Decision = Undecided
	var valuesOfA, valuesOfB []stats.Value
	for _, block := range common(a, b) {
		valuesOfA = append(valuesOfA, stats.Value{Block: block[0].repeat, Value: block[0].value})
		valuesOfB = append(valuesOfB, stats.Value{Block: block[0].repeat, Value: block[1].value})
	}
	k.Blocks = len(valuesOfA)
	for _, n := range d.Looks.At {
		if n > k.Blocks {
			return
		}
		difference, decision := d.Looks.Decide(valuesOfA[:n], valuesOfB[:n], d.Margin)
		k.Difference = &difference
		switch decision {
		case stats.Different:
			k.Decision = DecidedDifferent
			return
		case stats.Equal:
			k.Decision = DecidedEqual
			return
		}
	}
}

// common returns the blocks that both sides have, in the order in which the later
// of the two runs came.
func common(a, b []inBlock) [][2]inBlock {
	byRepeat := map[int]inBlock{}
	for _, value := range a {
		byRepeat[value.repeat] = value
	}
	var both [][2]inBlock
	for _, value := range b {
		if other, is := byRepeat[value.repeat]; is {
			both = append(both, [2]inBlock{other, value})
		}
	}
	slices.SortFunc(both, func(x, y [2]inBlock) int {
		return cmp.Compare(max(x[0].run, x[1].run), max(y[0].run, y[1].run))
	})
	return both
}

// deciding is the metric that pairs are decided by: the first figure that answers
// the question of the workload. Where arrivals are given, what was offered and what
// became of it are alike on all sides that keep up, so that latency is meant.
func deciding(l *Workload) Metric {
	figures := l.Answers.Figures
	if l.Answers.Has(workload.FigureOffered) {
		if i := slices.IndexFunc(figures, workload.Figure.OfLatency); i >= 0 {
			return metricOf(figures[i])
		}
		return metricOf(workload.FigureThroughput)
	}
	return metricOf(figures[0])
}

// metricOf is the metric that a figure is compared by. As many threads run on both
// sides, so that what one does differs by what all do.
func metricOf(f workload.Figure) Metric {
	if f == workload.FigurePerThread {
		f = workload.FigureThroughput
	}
	return metrics[slices.IndexFunc(metrics, func(m Metric) bool { return m.Name == string(f) })]
}
