package workload

import (
	"slices"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// Answers are the figures that answer the question which a workload asks. They
// change nothing of what is executed, so they are no part of its identity.
type Answers struct {
	Figures []Figure    `json:"figures"`          // in the order in which they are shown
	Phases  []string    `json:"phases,omitempty"` // whose; none: all that are measured
	Ops     []sample.Op `json:"ops,omitempty"`    // whose; none: all of these phases
}

// Figure is a figure that may be an answer.
type Figure string

// The figures. Percentiles are of the latency of successful operations.
const (
	FigureRate       Figure = "rate"    // arrivals a second that a search has found
	FigureOffered    Figure = "offered" // arrivals a second
	FigureThroughput Figure = "throughput"
	FigurePerThread  Figure = "throughput-per-thread"
	FigureP50        Figure = "p50"
	FigureP90        Figure = "p90"
	FigureP99        Figure = "p99"
	FigureP999       Figure = "p999"
	FigureMax        Figure = "max"
)

// Figures are all of them.
var Figures = load.Words[Figure]{
	FigureRate, FigureOffered, FigureThroughput, FigurePerThread, FigureP50, FigureP90, FigureP99, FigureP999, FigureMax,
}

// OfLatency reports whether the figure is of the latency of an operation.
func (f Figure) OfLatency() bool {
	return slices.Contains([]Figure{FigureP50, FigureP90, FigureP99, FigureP999, FigureMax}, f)
}

// OfPhase reports whether the figure is of all operations of a phase together.
func (f Figure) OfPhase() bool { return f == FigureRate || f == FigureOffered || f == FigureThroughput }

// Better says which is better of two values of the figure: higher, lower, or
// neither, which is empty.
func (f Figure) Better() string {
	switch {
	case f.OfLatency():
		return "lower"
	case f == FigureOffered:
		return ""
	}
	return "higher"
}

// Has reports whether a figure is among the answers.
func (a Answers) Has(f Figure) bool { return slices.Contains(a.Figures, f) }

// Of reports whether an operation of a phase is among those that the answers are
// of.
func (a Answers) Of(phase, op string) bool {
	return (len(a.Phases) == 0 || slices.Contains(a.Phases, phase)) &&
		(len(a.Ops) == 0 || slices.ContainsFunc(a.Ops, func(o sample.Op) bool { return o.String() == op }))
}

// Answers returns what the definition declares to answer its question, or what
// does for a load like its own if it declares nothing: how long watchers wait,
// the rate that a search has found, what became of the rate of an open loop, how
// long a dead client is not noticed, and else what one thread does in a second.
func (d *Definition) Answers() Answers {
	if len(d.answers.Figures) > 0 {
		return d.answers
	}
	measured := slices.DeleteFunc(slices.Clone(d.phases), func(p phaseDefinition) bool { return p.warmup })
	having := func(has func(phaseDefinition) bool) (names []string) {
		for _, p := range measured {
			if has(p) {
				names = append(names, p.name)
			}
		}
		return names
	}
	given := func(field string) func(phaseDefinition) bool {
		return func(p phaseDefinition) bool { return p.fields[field].given }
	}
	latency := []Figure{FigureP50, FigureP99, FigureP999}
	if phases := having(given("until")); len(phases) > 0 {
		return Answers{Figures: append([]Figure{FigureRate}, latency...), Phases: phases}
	}
	if phases := having(given("watchers")); len(phases) > 0 {
		return Answers{Figures: []Figure{FigureP50, FigureP99, FigureMax}, Phases: phases, Ops: []sample.Op{sample.OpWatch}}
	}
	if phases := having(given("rate")); len(phases) == len(measured) {
		return Answers{Figures: append([]Figure{FigureOffered, FigureThroughput}, latency...)}
	}
	expires := func(p phaseDefinition) bool {
		return slices.ContainsFunc(p.mix, func(s shareDefinition) bool { return s.op == sample.OpExpire })
	}
	if phases := having(expires); len(phases) > 0 {
		return Answers{Figures: []Figure{FigureP50, FigureMax}, Phases: phases, Ops: []sample.Op{sample.OpExpire}}
	}
	return Answers{Figures: []Figure{FigurePerThread}}
}

// readAnswers reads a mapping of lists of words.
func (p *reading) readAnswers(e yamlfile.Entry) {
	entries := p.Fields(e.Value, "answers", "figures", "phases", "ops")
	if _, ok := entries["figures"]; !ok {
		p.Fail(e.At, "answers lacks figures, such as [p50, p99]")
	}
	p.eachWord(entries, "figures", func(at place, word string) {
		if !slices.Contains(Figures, Figure(word)) {
			p.Fail(at, "answers: %q is none of %s", word, Figures)
		}
		p.answers.Figures = append(p.answers.Figures, Figure(word))
	})
	p.eachWord(entries, "phases", func(at place, word string) {
		if !slices.ContainsFunc(p.phases, func(phase phaseDefinition) bool { return phase.name == word && !phase.warmup }) {
			p.Fail(at, "answers: there is no measured phase %q", word)
		}
		p.answers.Phases = append(p.answers.Phases, word)
	})
	p.eachWord(entries, "ops", func(at place, word string) {
		op, err := sample.ParseOp(word)
		if err != nil {
			p.Fail(at, "answers: %v", err)
		}
		p.answers.Ops = append(p.answers.Ops, op)
	})
	searched := func(phase phaseDefinition) bool { return phase.fields["until"].given }
	if p.answers.Has(FigureRate) && !slices.ContainsFunc(p.phases, searched) {
		p.Fail(e.At, "answers: rate is what a search finds, and no phase has until")
	}
}

// eachWord hands the words of a list, each once.
func (p *reading) eachWord(entries map[string]yamlfile.Entry, name string, take func(at place, word string)) {
	e, ok := entries[name]
	if !ok {
		return
	}
	seen := map[string]bool{}
	for _, item := range p.Items(e) {
		word := p.TextOf(item)
		if seen[word] {
			p.Fail(p.At(item.Value), "answers: %s has %q twice", name, word)
		}
		seen[word] = true
		take(p.At(item.Value), word)
	}
}
