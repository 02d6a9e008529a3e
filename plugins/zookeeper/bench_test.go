package zookeeper

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
)

// BenchmarkReadAfterSync counts the reads, each behind a sync, that do not find
// what another server has acknowledged just before: the reason why they are not
// declared linearizable.
func BenchmarkReadAfterSync(b *testing.B) {
	deployed := deploy(b, Driver(), driver.Setup{Nodes: 3, Options: quick("session-timeout", "10s")})
	store := open(b, deployed.Setup)
	name, err := deployed.Leader(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	leader := slices.Index(deployed.Names(), name)
	for at, read := range map[string]int{"leader": leader, "follower": leader + 1} {
		b.Run("at-"+at, func(b *testing.B) {
			reader, writer := store.must(b, read), store.must(b, leader+2) // a follower
			key := []byte("/" + at)
			if err := writer.Create(b.Context(), key, nil); err != nil {
				b.Fatal(err)
			}
			stale, number := 0, 0
			for b.Loop() {
				number++
				value := fmt.Append(nil, number)
				if err := writer.Set(b.Context(), key, value); err != nil {
					b.Fatal(err)
				}
				switch found, err := reader.Get(b.Context(), key); {
				case err != nil:
					b.Fatal(err)
				case !bytes.Equal(found, value):
					stale++
				}
			}
			b.ReportMetric(100*float64(stale)/float64(number), "%stale")
		})
	}
}
