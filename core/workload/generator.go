package workload

import (
	"fmt"
	"math/rand/v2"

	"github.com/benchctl/benchctl/core/sample"
)

const (
	// valueWindow is how many bytes beyond one value a thread's random bytes
	// hold; values begin at different places in it.
	valueWindow = 8 << 10
	valueStep   = 61 // bytes between the beginnings of two values in a row
	keyDigits   = 8  // at least
)

// Generator chooses the operations of one thread, with their keys and values.
// The same seed gives the same sequence whatever the store answers and however
// fast it is. Between two operations it allocates nothing. It is not safe for
// concurrent use.
type Generator struct {
	workload *Workload
	seed     uint64
	thread   int64
	threads  int64

	source *rand.PCG
	random *rand.Rand
	bytes  []byte // random
	at     int    // where the last value began

	// The phase: ops[i] is drawn for numbers below thresholds[i].
	ops        []sample.Op
	thresholds []uint64
	creates    bool
	fill       bool
	filled     int64

	keys           *keySpace
	warmup, steady keySpace
}

// keySpace is the keys that a thread may touch: numbers in [head, next) of its
// own, and with shared > 0 those that all threads share.
type keySpace struct {
	key        []byte // the folder, then room for a number
	folder     int    // length of the folder
	shared     int64
	head, next int64
	cursor     int64
}

// NewGenerator returns the generator of one of several threads. Every key
// begins with prefix.
func NewGenerator(w *Workload, seed uint64, thread, threads int, prefix string) *Generator {
	g := &Generator{workload: w, seed: seed, thread: int64(thread), threads: int64(threads)}
	g.source = rand.NewPCG(seed, uint64(thread))
	g.random = rand.New(g.source)
	g.bytes = make([]byte, w.Values.Size+valueWindow)
	for i := range g.bytes {
		g.bytes[i] = byte(g.source.Uint64())
	}
	if w.Keys.Space == SpaceShared {
		g.steady = newKeySpace(prefix+"/k/", int64(w.Keys.Count))
		return g
	}
	g.steady = newKeySpace(fmt.Sprintf("%s/t%03d/", prefix, thread), 0)
	g.warmup = newKeySpace(fmt.Sprintf("%s/w%03d/", prefix, thread), 0)
	return g
}

func newKeySpace(folder string, shared int64) keySpace {
	return keySpace{key: append(make([]byte, 0, len(folder)+20), folder...), folder: len(folder), shared: shared}
}

// StartPhase turns to a phase of the workload.
func (g *Generator) StartPhase(index int) {
	phase := g.workload.Phases[index]
	g.source.Seed(g.seed, uint64(g.thread)<<16|uint64(index+1))
	g.ops, g.thresholds, g.creates = g.ops[:0], g.thresholds[:0], false
	sum := 0.0
	for _, share := range phase.Mix {
		sum += share.Weight
		g.ops = append(g.ops, share.Op)
		g.thresholds = append(g.thresholds, uint64(sum*(1<<53)))
		g.creates = g.creates || creates(share.Op)
	}
	g.thresholds[len(g.thresholds)-1] = 1 << 53 // whatever rounding has left
	g.fill, g.filled = phase.Fill, g.thread
	g.keys = &g.steady
	if phase.Warmup && g.workload.Keys.Space == SpaceThread {
		g.keys = &g.warmup
	}
	g.keys.cursor = g.keys.head
	if shared := g.keys.shared; shared > 0 { // threads that go round do not go in step
		g.keys.cursor = g.thread * shared / g.threads
	}
}

func creates(op sample.Op) bool { return op == sample.OpCreate || op == sample.OpCreateEphemeral }

// Next chooses the next operation. It returns false when the phase has no key
// left for this thread.
func (g *Generator) Next() (sample.Op, bool) {
	if g.fill {
		if g.filled >= g.keys.shared {
			return 0, false
		}
		g.keys.name(g.filled)
		g.filled += g.threads
		return sample.OpCreate, true
	}
	op := g.ops[0]
	if len(g.ops) > 1 {
		drawn := g.source.Uint64() >> 11
		for i, threshold := range g.thresholds {
			if drawn < threshold {
				op = g.ops[i]
				break
			}
		}
	}
	switch op {
	case sample.OpCreate, sample.OpCreateEphemeral:
		g.add()
	case sample.OpPut:
		if g.keys.shared > 0 {
			g.pick()
		} else {
			g.add()
		}
	case sample.OpSet, sample.OpGet:
		if !g.pick() {
			return g.createInstead()
		}
	case sample.OpDelete:
		if g.keys.head == g.keys.next {
			return g.createInstead()
		}
		g.keys.name(g.own(g.keys.head))
		g.keys.head++
	case sample.OpList:
		g.keys.key = g.keys.key[:g.keys.folder]
	case sample.OpCreateSequential:
		g.keys.key = append(g.keys.key[:g.keys.folder], "s-"...)
	}
	return op, true
}

// createInstead serves an operation that needs a key when there is none.
func (g *Generator) createInstead() (sample.Op, bool) {
	if !g.creates {
		return 0, false
	}
	g.add()
	return sample.OpCreate, true
}

// add takes the next key that only this thread will ever create.
func (g *Generator) add() {
	g.keys.name(g.own(g.keys.next))
	g.keys.next++
}

// own returns the number of the thread's i-th own key.
func (g *Generator) own(i int64) int64 {
	if g.keys.shared == 0 {
		return i
	}
	return g.keys.shared + g.thread + i*g.threads
}

// pick chooses among the keys that exist: in a shared space those that all
// share, else the thread's own.
func (g *Generator) pick() bool {
	k := g.keys
	first, beyond := k.head, k.next
	if k.shared > 0 {
		first, beyond = 0, k.shared
	}
	if first == beyond {
		return false
	}
	if g.workload.Keys.Choose == ChooseUniform {
		k.name(first + g.random.Int64N(beyond-first))
		return true
	}
	if k.cursor < first || k.cursor >= beyond {
		k.cursor = first
	}
	k.name(k.cursor)
	k.cursor++
	return true
}

// name makes key the name of the key with a number.
func (k *keySpace) name(number int64) {
	var digits [20]byte
	i := len(digits)
	for n := uint64(number); n > 0 || i > len(digits)-keyDigits; n /= 10 {
		i--
		digits[i] = byte('0' + n%10)
	}
	k.key = append(k.key[:k.folder], digits[i:]...)
}

// Key returns the key of the operation that Next chose: for a list the folder
// with its slash, for create-sequential the prefix. It is valid until the next
// call of Next.
func (g *Generator) Key() []byte { return g.keys.key }

// Value returns a value to write. It is valid until the next call of Next.
func (g *Generator) Value() []byte {
	if g.at += valueStep; g.at >= valueWindow {
		g.at -= valueWindow
	}
	return g.bytes[g.at : g.at+g.workload.Values.Size]
}
