package load

import "github.com/benchctl/benchctl/core/sample"

// outsideRoom is the most bytes that nameOutside appends to the prefix.
const outsideRoom = len("/b/") + 3 + 2*20

// nameOutside names the keys of recipes, which lie outside of the key space, each
// kind in a folder of its own:
//
//	PREFIX/l/NUMBER        a lock: those that threads share, chosen like keys
//	PREFIX/x/NUMBER        the ephemeral key of a client that dies, never the same twice
//	PREFIX/e/              the election, one for all threads
//	PREFIX/b/PHASE/ROUND/  the barrier: each thread's first of a phase is one, each second, …
//
// An operation that has no target has no key.
func (g *Generator) nameOutside(target sample.Target) {
	g.key = append(g.key[:0], g.prefix...)
	switch target {
	case sample.TargetLock:
		number := g.keys.choose(g.keys.shared)
		g.key = appendDecimal(append(g.key, "/l/"...), number, keyDigits)
	case sample.TargetClient:
		number := g.thread + g.expires*g.threads
		g.expires++
		g.key = appendDecimal(append(g.key, "/x/"...), number, keyDigits)
	case sample.TargetElection:
		g.key = append(g.key, "/e/"...)
	case sample.TargetBarrier:
		g.key = appendDecimal(append(g.key, "/b/"...), int64(g.phase), 2)
		g.key = appendDecimal(append(g.key, '/'), g.rounds, keyDigits)
		g.key = append(g.key, '/')
		g.rounds++
	default: // of no target
		g.key = g.key[:0]
	}
}
