package raftembed

import (
	"fmt"
	"testing"

	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
)

// BenchmarkAppend compares the logs that a node could keep, each entry durable
// when the call returns.
func BenchmarkAppend(b *testing.B) {
	stores := map[string]func(dir string) (raft.LogStore, error){
		"raft-boltdb": func(dir string) (raft.LogStore, error) { return openLogStore(dir, true) },
		"raft-wal":    func(dir string) (raft.LogStore, error) { return wal.Open(dir) },
	}
	for _, entries := range []int{1, 16, 64} {
		for name, open := range stores {
			b.Run(fmt.Sprintf("%s/%d", name, entries), func(b *testing.B) {
				store, err := open(b.TempDir())
				if err != nil {
					b.Fatal(err)
				}
				logs := make([]*raft.Log, entries)
				next := uint64(1)
				for b.Loop() {
					for i := range logs {
						logs[i] = &raft.Log{Index: next, Term: 1, Data: make([]byte, 200)}
						next++
					}
					if err := store.StoreLogs(logs); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*entries)/b.Elapsed().Seconds(), "entries/s")
			})
		}
	}
}
