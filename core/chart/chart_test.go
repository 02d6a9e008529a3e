package chart

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/stats"
)

var update = flag.Bool("update", false, "write the golden files")

// records are six runs of two stores with two node counts and three thread
// counts each, with throughputs that lie far apart.
func records() []stats.Record {
	var out []stats.Record
	run := int64(0)
	for s, store := range []string{"etcd", "zookeeper"} {
		for n, nodes := range []int{1, 3} {
			for _, threads := range []int{1, 10, 100} {
				for repeat := range 6 {
					run++
					for o, op := range []string{"create", "set", "delete"} {
						spread := 1 + 0.02*float64(repeat-3)
						latency := time.Duration(float64(200*time.Microsecond) * float64(1+s+2*n) * (1 + float64(threads)/20) * spread)
						out = append(out, stats.Record{
							Run: run, State: "complete", Started: time.Date(2026, 1, 2+repeat, 0, 0, 0, 0, time.UTC),
							Store: store, Nodes: nodes, Threads: threads, Workload: "create-set-delete", WorkloadVersion: 1,
							Reads: "linearizable", Durability: []string{"fsync", "memory"}[s], Connections: 1, Op: op, Ops: 1000,
							Throughput: spread * float64(threads) / latency.Seconds() / float64(o+2),
							P50:        latency, P90: 2 * latency, P99: 5 * latency, P999: 20 * latency, Max: 100 * latency,
						})
					}
				}
			}
		}
	}
	return out
}

func TestGolden(t *testing.T) {
	figures := map[string]func() Figure{"sweep": sweepOfReads}
	for kind, of := range Kinds {
		figures[kind] = func() Figure { return of(records()) }
	}
	for kind, of := range figures {
		t.Run(kind, func(t *testing.T) {
			var first, second bytes.Buffer
			for _, b := range []*bytes.Buffer{&first, &second} {
				if err := of().Render(b, SVG, Slide); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Error("the same figure gives different bytes")
			}
			golden := filepath.Join("testdata", kind+".svg")
			if *update {
				if err := os.WriteFile(golden, first.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, first.Bytes()) {
				t.Errorf("differs from %s: look at it, and run the test with -update if it is right", golden)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	for _, theme := range []Theme{Slide, Page} {
		var picture, page bytes.Buffer
		if err := Throughput(records()).Render(&picture, PNG, theme); err != nil {
			t.Fatal(err)
		}
		image, err := png.Decode(&picture)
		if err != nil || image.Bounds().Dx() != int(theme.Width)*2 {
			t.Errorf("png: %v, %v", image.Bounds(), err)
		}
		if err := Latency(records()).Render(&page, PDF, theme); err != nil || !bytes.HasPrefix(page.Bytes(), []byte("%PDF")) {
			t.Errorf("pdf: %v", err)
		}
	}
	if err := Throughput(nil).Render(&bytes.Buffer{}, SVG, Slide); !errors.Is(err, ErrEmpty) {
		t.Errorf("of nothing: %v", err)
	}
	for name, want := range map[string]Format{"a.svg": SVG, "b.PNG": PNG, "c/d.pdf": PDF} {
		if got, err := ParseFormat(name); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestTicksAreRoundAndHoldEveryValue(t *testing.T) {
	for _, log := range []bool{false, true} {
		for high := 0.003; high < 1e8; high *= 1.7 {
			for _, ratio := range []float64{0.9, 0.3, 0.01, 0.0001} {
				s := newScale(high*ratio, high, log, 6)
				if s.high < high*(1-1e-9) || s.ticks[0] != s.low || s.ticks[len(s.ticks)-1] != s.high || len(s.ticks) > 14 {
					t.Fatalf("%v to %v, log %v: %v", high*ratio, high, log, s.ticks)
				}
				if !log && s.low != 0 || log && s.low > high*ratio*(1+1e-9) {
					t.Fatalf("%v to %v, log %v: begins at %v", high*ratio, high, log, s.low)
				}
				for _, tick := range s.ticks {
					if tick == 0 {
						continue
					}
					if !log {
						tick = s.ticks[1]
					}
					lead := tick / math.Pow(10, math.Floor(math.Log10(tick)+1e-9))
					if !slices.ContainsFunc([]float64{1, 2, 5}, func(m float64) bool { return math.Abs(lead-m) < 1e-6 }) {
						t.Fatalf("tick %v", tick)
					}
				}
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.25: "0.25", 5: "5", 12.34: "12.3", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1500: "-1,500"} {
		if got := FormatNumber(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
	for ns, want := range map[float64]string{50: "50 ns", 1500: "1.5 µs", 2e6: "2 ms", 3.25e9: "3.25 s"} {
		if got := FormatLatency(ns); got != want {
			t.Errorf("%v: %s, want %s", ns, got, want)
		}
	}
}

// TestSeriesCanBeToldApart compares the luminance of a store's shades, which
// remains in greyscale and for every colour vision.
func TestSeriesCanBeToldApart(t *testing.T) {
	luminance := func(s Series) float64 {
		c := s.shade()
		return 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B)
	}
	for _, store := range []string{"etcd", "zookeeper", "raftembed", "memory", "unknown"} {
		for i := range 3 {
			a, b := Series{Store: store, Rank: i, Of: 4}, Series{Store: store, Rank: i + 1, Of: 4}
			if luminance(b)-luminance(a) < 12 {
				t.Errorf("%s: shades %d and %d are too like", store, i, i+1)
			}
			if fmt.Sprintf("%T", a.marker()) == fmt.Sprintf("%T", b.marker()) {
				t.Errorf("%s: markers %d and %d are the same", store, i, i+1)
			}
		}
	}
	if hue("consul") == hue("etcd") {
		t.Error("a store's colour is not its own")
	}
}
