package load

import "slices"

// redraws is how often a transaction draws again for a key that it does not
// have yet, before it takes the next that is free.
const redraws = 16

// transaction is the keys of one, all different, and what it writes to them.
type transaction struct {
	chosen  []int64  // positions in the population
	keys    [][]byte // as many as the phase's transactions have
	values  [][]byte
	buffers [][]byte // of the values
}

// newTransaction has room for the largest of a load.
func newTransaction(l *Load, keys *keySpace, contents *contents) transaction {
	var t transaction
	most := 0
	for _, phase := range l.Phases {
		if phase.Transacts() {
			most = max(most, phase.KeysPerTransaction)
		}
	}
	t.chosen, t.values = make([]int64, 0, most), make([][]byte, most)
	for range most {
		t.keys = append(t.keys, make([]byte, 0, keys.room()))
		t.buffers = append(t.buffers, contents.buffer())
	}
	return t
}

// pick chooses the keys. It returns false if there are not so many.
func (t *transaction) pick(keys *keySpace) bool {
	n := keys.population()
	if n < int64(len(t.keys)) {
		return false
	}
	t.chosen = t.chosen[:0]
	for i := range t.keys {
		position := keys.choose(n)
		for draws := 1; slices.Contains(t.chosen, position); draws++ {
			if draws <= redraws {
				position = keys.choose(n)
			} else {
				position = (position + 1) % n
			}
		}
		t.chosen = append(t.chosen, position)
		t.keys[i] = keys.appendName(t.keys[i][:0], keys.number(position))
	}
	return true
}

// Keys returns the keys of the transaction that Next chose, all different.
// They are valid until the next call of Next.
func (g *Generator) Keys() [][]byte { return g.transaction.keys }

// Values returns what the transaction writes to each of its keys. They are
// valid until the next call of Next; the last one's number is LastWrite.
func (g *Generator) Values() [][]byte { return g.transaction.values[:len(g.transaction.keys)] }
