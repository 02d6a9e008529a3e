package load

import (
	"fmt"
	"math/rand/v2"

	"github.com/benchctl/benchctl/core/sample"
)

// Generator chooses the operations of one thread, with their keys and values.
// The same seed gives the same sequence whatever the store answers and however
// fast it is. Between two operations it allocates nothing. It is not safe for
// concurrent use.
type Generator struct {
	load    *Load
	seed    uint64
	thread  int64
	threads int64

	source *rand.PCG

	// The phase: ops[i] is drawn for lots below thresholds[i].
	ops        []sample.Op
	thresholds []uint64
	creates    bool
	fill       bool
	filled     int64

	keys           *keySpace
	warmup, steady keySpace
	key            []byte
	adds           bool

	prefix  string
	phase   int
	expires int64 // keys that clients die with
	rounds  int64 // of the phase's barrier

	contents contents
	buffer   []byte
	value    []byte
	writes   int64
	again    []byte // the buffer of ValueOf

	transaction transaction
}

// NewGenerator returns the generator of one of several threads. Every key
// begins with prefix.
func NewGenerator(l *Load, seed uint64, thread, threads int, prefix string) *Generator {
	g := &Generator{load: l, seed: seed, thread: int64(thread), threads: int64(threads), prefix: prefix}
	g.source = rand.NewPCG(seed, uint64(thread))
	g.contents = newContents(l.Values, seed)
	g.buffer = g.contents.buffer()
	random := rand.New(g.source)
	space := func(folder string) keySpace {
		return newKeySpace(prefix+folder, l.Keys, g.thread, g.threads, random)
	}
	if l.Keys.Space == SpaceShared {
		g.steady = space("/k/")
	} else {
		g.steady = space(fmt.Sprintf("/t%03d/", thread))
		g.warmup = space(fmt.Sprintf("/w%03d/", thread))
	}
	g.key = make([]byte, 0, max(g.steady.room(), len(prefix)+outsideRoom))
	g.transaction = newTransaction(l, &g.steady, &g.contents)
	return g
}

// StartPhase turns to a phase of the load.
func (g *Generator) StartPhase(index int) {
	phase := g.load.Phases[index]
	g.source.Seed(g.seed, uint64(g.thread)<<16|uint64(index+1))
	g.ops, g.thresholds, g.creates = g.ops[:0], g.thresholds[:0], false
	sum := 0.0
	for _, share := range phase.Mix {
		sum += share.Weight
		g.ops = append(g.ops, share.Op)
		g.thresholds = appendThreshold(g.thresholds, sum)
		g.creates = g.creates || share.Op.Target() == sample.TargetNewKey
	}
	g.fill, g.filled = phase.Fill, g.thread
	g.keys = &g.steady
	if phase.Warmup && g.load.Keys.Space == SpaceThread {
		g.keys = &g.warmup
	}
	g.keys.rewind()
	g.phase, g.rounds = index, 0
	g.transaction.keys = g.transaction.keys[:phase.KeysPerTransaction]
}

// Next chooses the next operation. It returns false when the phase has no key
// left for this thread.
func (g *Generator) Next() (sample.Op, bool) {
	op, ok := g.next()
	g.value = nil
	switch {
	case !ok || !op.TakesValue():
	case op.Several():
		for i := range g.transaction.keys {
			g.transaction.values[i] = g.write(g.transaction.buffers[i])
		}
	default:
		g.value = g.write(g.buffer)
	}
	return op, ok
}

// write makes the thread's next value.
func (g *Generator) write(buffer []byte) []byte {
	value := g.contents.fill(buffer, int(g.thread), g.writes)
	g.writes++
	return value
}

// next chooses the operation and its key.
func (g *Generator) next() (sample.Op, bool) {
	g.adds = false
	if g.fill {
		return sample.OpCreate, g.nextToFill()
	}
	op := g.ops[0]
	if len(g.ops) > 1 {
		op = g.ops[lot(g.thresholds, g.source.Uint64())]
	}
	found := true
	switch op.Target() {
	case sample.TargetNewKey:
		g.add()
	case sample.TargetKey:
		found = g.pick()
	case sample.TargetAnyKey:
		if g.keys.shared > 0 {
			found = g.pick()
		} else {
			g.add()
		}
	case sample.TargetOldestKey:
		found = g.remove()
	case sample.TargetSeveralKeys:
		g.key = g.key[:0]
		found = g.transaction.pick(g.keys)
	case sample.TargetFolder:
		found = g.folder()
	case sample.TargetPrefix:
		g.key = append(append(g.key[:0], g.keys.folder...), "s-"...)
	default:
		g.nameOutside(op.Target())
	}
	if found {
		return op, true
	}
	if !g.creates {
		return 0, false
	}
	g.add()
	return sample.OpCreate, true
}

func (g *Generator) nextToFill() bool {
	if g.filled >= g.keys.shared {
		return false
	}
	g.name(g.filled)
	g.filled += g.threads
	return true
}

func (g *Generator) name(number int64) { g.key = g.keys.appendName(g.key[:0], number) }

func (g *Generator) add() {
	g.adds = true
	g.name(g.keys.add())
}

func (g *Generator) pick() bool {
	number, ok := g.keys.pick()
	if ok {
		g.name(number)
	}
	return ok
}

func (g *Generator) remove() bool {
	number, ok := g.keys.remove()
	if ok {
		g.name(number)
	}
	return ok
}

// folder takes the folder of a key that is chosen like any other; without a
// tree there is only one.
func (g *Generator) folder() bool {
	if g.keys.depth == 0 {
		g.key = append(g.key[:0], g.keys.folder...)
		return true
	}
	number, ok := g.keys.pick()
	if ok {
		g.key = g.keys.appendFolder(g.key[:0], number)
	}
	return ok
}

// Key returns the key of the operation that Next chose: for a list the folder
// with its slash, for create-sequential the prefix, for an election and a
// barrier the folder that the threads meet in. It is empty for a transaction
// and for open-session, and valid until the next call of Next.
func (g *Generator) Key() []byte { return g.key }

// Value returns the value that the operation writes, empty if it writes none
// or several. It is valid until the next call of Next.
func (g *Generator) Value() []byte { return g.value }

// Adds reports whether the operation's key is a new one that only this thread
// touches; those that all threads share are not.
func (g *Generator) Adds() bool { return g.adds }

// Folder returns the folder of all keys that the thread works on outside of
// warm-up, with its slash.
func (g *Generator) Folder() []byte { return g.steady.folder }

// LastWrite returns the number of the newest value among all that the thread
// made in the run, from 0; -1 before the first.
func (g *Generator) LastWrite() int64 { return g.writes - 1 }

// ValueOf makes the value of any thread's write again, to compare it with what
// was read: ReadStamp tells thread and write. It is valid until the next call
// of ValueOf.
func (g *Generator) ValueOf(thread int, write int64) []byte {
	if g.again == nil {
		g.again = g.contents.buffer()
	}
	return g.contents.fill(g.again, thread, write)
}
