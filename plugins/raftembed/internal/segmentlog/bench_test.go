package segmentlog

import (
	"strconv"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	raftbench "github.com/hashicorp/raft/bench"
)

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 16, 64} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			l := open(b, b.TempDir(), Options{})
			logs := make([]*raft.Log, n)
			for i := range logs {
				logs[i] = &raft.Log{Term: 1, Data: make([]byte, 150), AppendedAt: time.Now()}
			}
			next := uint64(1)
			b.ReportAllocs()
			for b.Loop() {
				for _, log := range logs {
					log.Index = next
					next++
				}
				if err := l.StoreLogs(logs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRaft runs what raft itself measures of a store.
func BenchmarkRaft(b *testing.B) {
	logs := map[string]func(*testing.B, raft.LogStore){
		"FirstIndex": raftbench.FirstIndex, "LastIndex": raftbench.LastIndex, "GetLog": raftbench.GetLog,
		"StoreLog": raftbench.StoreLog, "StoreLogs": raftbench.StoreLogs,
	}
	for name, run := range logs {
		b.Run(name, func(b *testing.B) { run(b, open(b, b.TempDir(), Options{})) })
	}
	values := map[string]func(*testing.B, raft.StableStore){
		"Set": raftbench.Set, "Get": raftbench.Get, "SetUint64": raftbench.SetUint64, "GetUint64": raftbench.GetUint64,
	}
	for name, run := range values {
		b.Run(name, func(b *testing.B) { run(b, open(b, b.TempDir(), Options{})) })
	}
}
