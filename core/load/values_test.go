package load

import (
	"bytes"
	"compress/flate"
	"fmt"
	"math"
	"testing"

	"github.com/benchctl/benchctl/core/sample"
)

// written returns the values of a thread's first n writes.
func written(v Values, seed uint64, thread, n int) [][]byte {
	w := &Load{Keys: Keys{Space: SpaceThread, Choose: ChooseSequential}, Values: v, Phases: []Phase{only(sample.OpCreate)}}
	g := NewGenerator(w, seed, thread, thread+1, "/b")
	g.StartPhase(0)
	var values [][]byte
	for range n {
		g.Next()
		values = append(values, bytes.Clone(g.Value()))
	}
	return values
}

func TestSizes(t *testing.T) {
	const n = 100_000
	third := SizeShare{Size: 0, Weight: 1.0 / 3}
	cases := map[string]struct {
		values      Values
		want, wrong []float64 // probabilities of 0, 1, 2, … bytes
	}{
		"fixed":     {Values{Size: 3}, []float64{0, 0, 0, 1}, []float64{0, 0, 0.01, 0.99}},
		"nothing":   {Values{}, []float64{1, 0, 0, 0}, []float64{0.99, 0.01, 0, 0}},
		"uniform":   {Values{Size: 2, SizeTo: 9}, append([]float64{0, 0}, uniform(8)...), append([]float64{0, 0}, zipfian(8, 0.02)...)},
		"histogram": {Values{Sizes: []SizeShare{third, {5, 0.5}, {7, 1.0 / 6}}}, []float64{1.0 / 3, 0, 0, 0, 0, 0.5, 0, 1.0 / 6}, []float64{0.32, 0, 0, 0, 0, 0.51, 0, 0.17}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			counts := make([]int, 20)
			for _, value := range written(c.values, 1, 0, n) {
				counts[len(value)]++
			}
			pad := func(p []float64) []float64 { return append(p, make([]float64, 20-len(p))...) }
			if !fits(counts, pad(c.want)) {
				t.Errorf("%v", counts)
			}
			if fits(counts, pad(c.wrong)) {
				t.Error("something else would pass as well")
			}
		})
	}
}

// TestCompressible compresses a thousand values in a row, as a store's page
// or log would have them.
func TestCompressible(t *testing.T) {
	for _, size := range []int{200, 1000, 5000} {
		for _, percent := range []float64{0, 25, 50, 90, 100} {
			t.Run(fmt.Sprintf("%d bytes, %v", size, percent), func(t *testing.T) {
				var packed bytes.Buffer
				w, err := flate.NewWriter(&packed, flate.BestCompression)
				if err != nil {
					t.Fatal(err)
				}
				total := 0
				for _, value := range written(Values{Size: size, Compressible: percent}, 1, 0, 1000) {
					w.Write(value)
					total += len(value)
				}
				w.Close()
				saved := 100 * (1 - float64(packed.Len())/float64(total))
				// Stamps resemble each other, and what is taken away leaves a
				// few bytes that say so: together 8 bytes in 200.
				if math.Abs(saved-percent) > 4 {
					t.Errorf("%.1f %% could be taken away", saved)
				}
			})
		}
	}
}

func TestValuesCanBeMadeAgain(t *testing.T) {
	w := &Load{
		Keys:   Keys{Space: SpaceShared, Choose: ChooseUniform, Count: 10},
		Values: Values{Size: 8, SizeTo: 3000, Compressible: 40},
		Phases: []Phase{{Name: "f", Mix: []Share{{sample.OpCreate, 1}}, Fill: true}, mix(Share{sample.OpSet, 0.5}, Share{sample.OpGet, 0.5})},
	}
	other := NewGenerator(w, 7, 0, 6, "/b")
	g := NewGenerator(w, 7, 5, 6, "/b")
	if g.LastWrite() != -1 {
		t.Errorf("last write %d before the first", g.LastWrite())
	}
	writes := int64(0)
	seen := map[string]bool{}
	for phase, n := range []int{2, 1000} {
		g.StartPhase(phase)
		for range n {
			op, ok := g.Next()
			if !ok {
				break
			}
			value := g.Value()
			if op == sample.OpGet {
				if len(value) != 0 {
					t.Fatal("a get has a value")
				}
				continue
			}
			thread, write, ok := ReadStamp(value)
			if !ok || thread != 5 || write != writes || g.LastWrite() != write {
				t.Fatalf("stamp %d, %d, %v; want 5, %d", thread, write, ok, writes)
			}
			writes++
			if !bytes.Equal(value, other.ValueOf(thread, write)) || !bytes.Equal(value, g.ValueOf(thread, write)) {
				t.Fatalf("write %d is another when it is made again", write)
			}
			if bytes.Equal(value[8:], g.ValueOf(4, write)[8:]) && len(value) > 16 {
				t.Fatal("two threads write the same")
			}
			seen[string(value[8:])] = true
		}
	}
	if writes < 400 || len(seen) < int(writes)-5 {
		t.Errorf("%d writes, %d different", writes, len(seen))
	}
	if bytes.Equal(g.ValueOf(5, 0), NewGenerator(w, 8, 5, 6, "/b").ValueOf(5, 0)) {
		t.Error("another seed writes the same")
	}
}

func TestStamp(t *testing.T) {
	g := NewGenerator(&Load{Values: Values{Size: 8}}, 1, 0, 1, "/b")
	for _, c := range []struct {
		thread int
		write  int64
	}{{0, 0}, {1<<24 - 1, 1<<40 - 1}, {258, 3}} {
		thread, write, ok := ReadStamp(g.ValueOf(c.thread, c.write))
		if !ok || thread != c.thread || write != c.write {
			t.Errorf("%v: read %d, %d, %v", c, thread, write, ok)
		}
	}
	if got := g.ValueOf(258, 3); !bytes.Equal(got, []byte{0, 1, 2, 0, 0, 0, 0, 3}) {
		t.Errorf("% x", got)
	}
	if _, _, ok := ReadStamp(make([]byte, 7)); ok {
		t.Error("seven bytes have a stamp")
	}
}
