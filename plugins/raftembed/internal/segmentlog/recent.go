package segmentlog

import "github.com/hashicorp/raft"

const (
	recentEntries = 1 << 13
	recentBytes   = 32 << 20
)

// recent keeps the last entries in memory: what a leader has appended it soon
// reads again, once for each follower.
type recent struct {
	slots       []raft.Log // index i stands at i % len(slots)
	first, next uint64     // it has first <= index < next
	bytes       int
}

func newRecent() recent { return recent{slots: make([]raft.Log, recentEntries)} }

func (r *recent) slot(index uint64) *raft.Log { return &r.slots[index%uint64(len(r.slots))] }

func (r *recent) add(log *raft.Log) {
	if log.Index != r.next {
		r.keep(0, 0)
		r.first, r.next = log.Index, log.Index
	}
	if r.next-r.first == uint64(len(r.slots)) {
		r.forget(r.first)
		r.first++
	}
	*r.slot(log.Index) = *log
	r.next++
	r.bytes += len(log.Data) + len(log.Extensions)
	for r.bytes > recentBytes && r.next-r.first > 1 {
		r.forget(r.first)
		r.first++
	}
}

func (r *recent) forget(index uint64) {
	slot := r.slot(index)
	r.bytes -= len(slot.Data) + len(slot.Extensions)
	*slot = raft.Log{}
}

// keep forgets what is outside of first <= index < next.
func (r *recent) keep(first, next uint64) {
	for r.first < r.next && r.first < first {
		r.forget(r.first)
		r.first++
	}
	for r.first < r.next && r.next > next {
		r.next--
		r.forget(r.next)
	}
}

func (r *recent) get(index uint64) *raft.Log {
	if index < r.first || index >= r.next {
		return nil
	}
	return r.slot(index)
}
