package sample

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// likely makes n samples as a closed loop gives them: a lognormal latency, a
// short gap, a mix of two operations and few errors.
func likely(n int, median float64, sigma float64) []Sample {
	rng := rand.New(rand.NewPCG(1, 2))
	samples := make([]Sample, n)
	at := int64(5_000_000_000)
	for i := range samples {
		at += 60 + rng.Int64N(40)
		s := Sample{Intended: at, Start: at, Op: OpGet}
		s.Latency = int64(median * math.Exp(sigma*rng.NormFloat64()))
		if rng.IntN(2) == 0 {
			s.Op = OpSet
		}
		if rng.IntN(1000) == 0 {
			s.Status = Timeout
		}
		samples[i] = s
		at = s.End()
	}
	return samples
}

func TestRoundTrip(t *testing.T) {
	open := likely(500, 1e6, 1)
	for i := range open {
		open[i].Intended -= int64(i) * 1000
	}
	overlap := likely(500, 1e6, 1)
	for i := range overlap {
		overlap[i].Start -= int64(i%3) * 5e6
		overlap[i].Intended = overlap[i].Start
	}
	cases := map[string][]Sample{
		"one":         {{Intended: 7, Start: 7, Latency: 9, Op: OpCreate}},
		"zero":        {{}},
		"extreme":     {{Intended: math.MinInt64, Start: math.MaxInt64, Latency: math.MaxInt64, Op: 255, Status: 255}, {Latency: -1}},
		"closed loop": likely(4096, 5e5, 0.3),
		"largest":     likely(MaxCount, 200, 0.3),
		"open loop":   open,
		"overlapping": overlap,
	}
	e, d := NewEncoder(), NewDecoder()
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			before := []Sample{{Start: 1}}
			got, err := d.Decode(before, e.Append(nil, want))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append(before, want...), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeRefusesEveryChangedByte(t *testing.T) {
	chunk := NewEncoder().Append(nil, likely(200, 5e5, 0.3))
	d := NewDecoder()
	for i := range chunk {
		bad := append([]byte(nil), chunk...)
		bad[i] ^= 0x10
		got, err := d.Decode(nil, bad)
		if !errors.Is(err, ErrDamaged) || len(got) != 0 {
			t.Fatalf("byte %d changed: %d samples, error %v", i, len(got), err)
		}
	}
	for n := range chunk {
		if _, err := d.Decode(nil, chunk[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d bytes: error %v", n, err)
		}
	}
}

// FuzzDecode gives the decoder columns with a right checksum, so that what it
// refuses it refuses for its content, and expects of what it accepts that it
// survives another round.
func FuzzDecode(f *testing.F) {
	for _, samples := range [][]Sample{likely(1, 100, 1), likely(50, 5e5, 1), likely(300, 1e9, 2)} {
		f.Add(byte(encodingPlain), appendColumns(nil, samples))
		f.Add(byte(encodingZstd), NewEncoder().Append(nil, samples)[prefixSize:])
	}
	f.Fuzz(func(t *testing.T, encoding byte, payload []byte) {
		chunk := append([]byte{encoding, 0, 0, 0, 0}, payload...)
		binary.LittleEndian.PutUint32(chunk[1:], checksum(chunk))
		d := NewDecoder()
		samples, err := d.Decode(nil, chunk)
		if err != nil {
			if !errors.Is(err, ErrDamaged) || len(samples) != 0 {
				t.Fatalf("%d samples with error %v", len(samples), err)
			}
			return
		}
		again, err := d.Decode(nil, NewEncoder().Append(nil, samples))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(samples, again); diff != "" {
			t.Error(diff)
		}
	})
}

// shapes are samples of a real run (raftembed, 1 node, 1 thread, a chunk of
// half a second) and made-up ones of a slower and a faster store.
func shapes(b *testing.B) map[string][]Sample {
	b.Helper()
	chunk, err := os.ReadFile("testdata/raftembed.chunk")
	if err != nil {
		b.Fatal(err)
	}
	recorded, err := NewDecoder().Decode(nil, chunk)
	if err != nil {
		b.Fatal(err)
	}
	return map[string][]Sample{"real": recorded, "slower": likely(4096, 5e5, 0.3), "faster": likely(4096, 150, 0.3)}
}

func BenchmarkEncode(b *testing.B) {
	for name, samples := range shapes(b) {
		b.Run(name, func(b *testing.B) {
			e := NewEncoder()
			var chunk []byte
			b.ReportAllocs()
			for b.Loop() {
				chunk = e.Append(chunk[:0], samples)
			}
			perSample(b, len(samples), len(chunk))
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, samples := range shapes(b) {
		b.Run(name, func(b *testing.B) {
			chunk := NewEncoder().Append(nil, samples)
			d := NewDecoder()
			var got []Sample
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if got, err = d.Decode(got[:0], chunk); err != nil {
					b.Fatal(err)
				}
			}
			perSample(b, len(samples), len(chunk))
		})
	}
}

func perSample(b *testing.B, samples, size int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(samples), "ns/sample")
	b.ReportMetric(float64(size)/float64(samples), "B/sample")
}
