package raftembed

import (
	"fmt"
	"testing"
)

// BenchmarkOperation is one operation of one session, without a disk to wait
// for: what driver, store and, with processes, the sockets cost.
func BenchmarkOperation(b *testing.B) {
	for _, placement := range []string{embedded, processes} {
		r := deploy(b, 1, "placement", placement, "sync", "false")
		s := r.session(0)
		key, value := []byte("/b/1"), make([]byte, 100)
		if err := s.Create(b.Context(), key, value); err != nil {
			b.Fatal(err)
		}
		for _, c := range []struct {
			op string
			do func() error
		}{
			{"set", func() error { return s.Set(b.Context(), key, value) }},
			{"get", func() error { _, err := s.Get(b.Context(), key); return err }},
		} {
			b.Run(fmt.Sprintf("%s/%s", placement, c.op), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := c.do(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
