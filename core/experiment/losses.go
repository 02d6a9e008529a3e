package experiment

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/node"
)

// losses are the nodes that end by themselves while the load of a run is on, or do
// not answer when it has ended: hung ones, and those inside the plugin, whose end
// nobody reports. The figures are then of another cluster than was asked for.
type losses struct {
	mu     sync.Mutex
	on     bool // the load is on
	zero   time.Time
	phases []begun
	nodes  []node.Event // the first of each node
}

// begun is a phase and when it began, from the run's zero.
type begun struct {
	name string
	at   time.Duration
}

// load notes that the load is on, or that it has ended.
func (l *losses) load(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on = on
}

func (l *losses) started(zero time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.zero = zero
}

func (l *losses) phase(name string, at time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phases = append(l.phases, begun{name, at})
}

// add takes the end of a node, and returns how many have been lost. counts is
// false if that is no loss of the run, or one that is known.
func (l *losses) add(e node.Event) (n int, counts bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.on || l.known(e.Node) {
		return 0, false
	}
	l.nodes = append(l.nodes, e)
	return len(l.nodes), true
}

func (l *losses) known(name string) bool {
	return slices.ContainsFunc(l.nodes, func(e node.Event) bool { return e.Node == name })
}

// silent takes the names of nodes that did not answer when the load had ended,
// and returns how many have been lost. counts is false if all are known.
func (l *losses) silent(names []string) (n int, counts bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		if !l.known(name) {
			l.nodes, counts = append(l.nodes, node.Event{Node: name}), true
		}
	}
	return len(l.nodes), counts
}

// warnings say of each node that was lost when that was.
func (l *losses) warnings() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var warnings []string
	for _, e := range l.nodes {
		if e.Kind == "" {
			warnings = append(warnings, e.Node+" did not answer when the load had ended, and since when is not known: the figures may be of the nodes that were left")
			continue
		}
		why := ""
		if e.Detail != "" {
			why = " (" + e.Detail + ")"
		}
		warnings = append(warnings, fmt.Sprintf("%s ended by itself%s %s: what was measured from then on is of the nodes that were left", e.Node, why, l.moment(e.At)))
	}
	return warnings
}

// moment says when something happened: how far into which phase.
func (l *losses) moment(at time.Time) string {
	if l.zero.IsZero() || at.Before(l.zero) || len(l.phases) == 0 {
		return "before the load began"
	}
	since := at.Sub(l.zero)
	in := l.phases[0]
	for _, p := range l.phases {
		if p.at <= since {
			in = p
		}
	}
	return fmt.Sprintf("%s into phase %s", format.Moment(max(0, since-in.at)), in.name)
}
