package load

import "github.com/benchctl/benchctl/core/sample"

// ownRoom is the most bytes that nameApart appends to the prefix.
const ownRoom = len("/b/") + 3 + 2*20

// nameApart names the keys of operations that keep apart from the key space,
// each kind in a folder of its own:
//
//	PREFIX/l/NUMBER        a lock: those that threads share, chosen like keys
//	PREFIX/x/NUMBER        the ephemeral key of a client that dies, never the same twice
//	PREFIX/e/              the election, one for all threads
//	PREFIX/b/PHASE/ROUND/  the barrier: each thread's first of a phase is one, each second, …
//
// open-session has none.
func (g *Generator) nameApart(op sample.Op) {
	g.key = append(g.key[:0], g.prefix...)
	switch op {
	case sample.OpLock:
		number := g.keys.choose(g.keys.shared)
		g.key = appendDecimal(append(g.key, "/l/"...), number, keyDigits)
	case sample.OpExpire:
		number := g.thread + g.expires*g.threads
		g.expires++
		g.key = appendDecimal(append(g.key, "/x/"...), number, keyDigits)
	case sample.OpElection:
		g.key = append(g.key, "/e/"...)
	case sample.OpBarrierEnter:
		g.key = appendDecimal(append(g.key, "/b/"...), int64(g.phase), 2)
		g.key = appendDecimal(append(g.key, '/'), g.rounds, keyDigits)
		g.key = append(g.key, '/')
		g.rounds++
	default:
		g.key = g.key[:0]
	}
}
