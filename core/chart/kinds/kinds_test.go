package kinds

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/driver"
	measured "github.com/benchctl/benchctl/core/record"
)

type record = comparisontest.Record

var update = flag.Bool("update", false, "write the golden files")

// records are six runs of two stores with two node counts and three thread
// counts each, with throughputs that lie far apart.
func records() []record {
	var out []record
	run := int64(0)
	for s, store := range []string{"etcd", "zookeeper"} {
		for n, nodes := range []int{1, 3} {
			for _, threads := range []int{1, 10, 100} {
				for repeat := range 6 {
					run++
					for o, op := range []string{"create", "set", "delete"} {
						spread := 1 + 0.02*float64(repeat-3)
						latency := time.Duration(float64(200*time.Microsecond) * float64(1+s+2*n) * (1 + float64(threads)/20) * spread)
						out = append(out, record{
							Run: run, Started: time.Date(2026, 1, 2+repeat, 0, 0, 0, 0, time.UTC),
							Store: store, Nodes: nodes, Threads: threads, Workload: "create-set-delete",
							Reads: "linearizable", Durability: []driver.Durability{"fsync", "memory"}[s], Connections: 1, Op: op, Ops: 1000,
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

// searched is what searches for a rate came to; one store has found none.
func searched() []record {
	var out []record
	for s, store := range []string{"etcd", "zookeeper", "memory"} {
		for repeat := range 6 {
			for _, op := range []string{"set", "get"} {
				spread := 1 + 0.02*float64(repeat-3)
				latency := time.Duration(float64(time.Millisecond) * float64(1+s) * spread)
				offered := measured.Offered{Rate: spread * 1000 / float64(1+s), Bound: measured.BoundKept}
				if store == "memory" {
					offered = measured.Offered{Rate: 100, Bound: measured.BoundBroken}
				}
				out = append(out, record{
					Run: int64(10*s + repeat), Started: time.Date(2026, 1, 2+repeat, 0, 0, 0, 0, time.UTC), Store: store, Nodes: 3, Threads: 10, Workload: "find",
					Reads: "linearizable", Durability: "fsync", Connections: 1, Phase: "search", Op: op, Ops: 1000, Throughput: offered.Rate / 2, Offered: offered,
					P50: latency, P90: 2 * latency, P99: 5 * latency, P999: 20 * latency, Max: 100 * latency,
					Definition: `{name: find, version: 1, summary: s, source: t, keys: {space: shared, count: 10, choose: uniform}, values: {size: 10},
						phases: [{name: search, mix: {get: 1, set: 1}, rate: 100, rate-to: 900, for: 1s, until: p99 < 9ms}]}`,
				})
			}
		}
	}
	return out
}

// figureOf makes a figure of a kind.
func figureOf(t *testing.T, kind string, records []record) chart.Figure {
	t.Helper()
	k, ok := Find(kind)
	if !ok {
		t.Fatalf("no kind %s", kind)
	}
	f, err := k.Make(comparisontest.Workload(t, records), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestGolden holds what figures of each kind show, and of a few how they look.
func TestGolden(t *testing.T) {
	figures := map[string]chart.Figure{"sweep": sweepOfReads(t), "sweep-answers": sweepOfRates(t), "answers": figureOf(t, "answers", searched())}
	for _, kind := range []string{"throughput", "threads", "latency"} {
		figures[kind] = figureOf(t, kind, records())
	}
	maps.Copy(figures, moreFigures(t))
	maps.Copy(figures, singles(t))
	for _, kind := range Names() {
		if _, ok := figures[kind]; !ok {
			t.Errorf("the kind %s has no golden figure", kind)
		}
	}
	for name, f := range figures {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".txt", []byte(shownBy(f)))
			keepPictures(t, name, f)
			if !slices.Contains([]string{"throughput", "latency"}, name) {
				return
			}
			var first, second bytes.Buffer
			for _, b := range []*bytes.Buffer{&first, &second} {
				if err := f.Render(b, chart.SVG, chart.Slide); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Error("the same figure gives different bytes")
			}
			golden(t, name+".svg", first.Bytes())
		})
	}
}

// keepPictures draws a figure into CHART_PICTURES, if that is set, to be looked at.
func keepPictures(t *testing.T, name string, f chart.Figure) {
	t.Helper()
	dir := os.Getenv("CHART_PICTURES")
	if dir == "" {
		return
	}
	for size, theme := range map[string]chart.Theme{"slide": chart.Slide, "page": chart.Page, "slide-dark": chart.Slide.Dark()} {
		var b bytes.Buffer
		if err := f.Render(&b, chart.PNG, theme); err != nil {
			t.Logf("%s, %s: %v", name, size, err)
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, "kind-"+name+"-"+size+".png"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// golden compares with a golden file, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("differs from %s: look at it, and run the test with -update if it is right: %s", file, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")))
	}
}

// shownBy is what a figure shows, as text.
func shownBy(f chart.Figure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: %s\nsubtitle: %s\nx: %s\n", f.Title, f.Subtitle, f.XLabel)
	say := func(what string, lines []string) {
		for _, line := range lines {
			fmt.Fprintf(&b, "%s: %s\n", what, line)
		}
	}
	for _, s := range f.Series {
		fmt.Fprintf(&b, "series of %s: %s\n", s.Store, s.Name())
	}
	for _, p := range f.Panels {
		fmt.Fprintf(&b, "\npanel: %s\ny: %s, %+v\n", p.Title, p.YLabel, p.Y)
		if p.X != nil {
			fmt.Fprintf(&b, "x: %+v\n", *p.X)
		} else {
			fmt.Fprintf(&b, "groups: %s\n", strings.Join(p.Groups, ", "))
		}
		for _, m := range p.Marks {
			estimates, flags := shownIn(m)
			fmt.Fprintf(&b, "%T\n%s", m, markedWith(m))
			if ideal, ok := m.(chart.Proportions); ok {
				fmt.Fprintf(&b, "  %.4g\n", []float64(ideal))
			}
			b.WriteString(saidOf(m))
			for i, values := range estimates {
				for j, e := range values {
					fmt.Fprintf(&b, "  %.4g (%.4g to %.4g, %d)", e.Value, e.Low, e.High, e.N)
					if flags != nil && flags[i][j] {
						b.WriteString(" flagged")
					}
				}
				b.WriteByte('\n')
			}
		}
	}
	b.WriteByte('\n')
	say("note", f.Notes)
	say("warning", f.Warnings)
	say("missing", f.Missing)
	say("caption", f.Caption)
	fmt.Fprintf(&b, "made of %s by %s, %v, %d runs\n", f.Provenance.Workload, f.Provenance.Kind, f.Provenance.Options, len(f.Provenance.Runs))
	return b.String()
}

func shownIn(m chart.Mark) (chart.Estimates, chart.Flags) {
	switch m := m.(type) {
	case chart.Lines:
		return m.Estimates, m.Flags
	case chart.Bars:
		return m.Estimates, m.Flags
	case chart.Differences:
		return m.Estimates, m.Shown
	}
	return nil, nil
}

func TestFormats(t *testing.T) {
	for _, theme := range []chart.Theme{chart.Slide, chart.Page} {
		var picture, page bytes.Buffer
		if err := figureOf(t, "throughput", records()).Render(&picture, chart.PNG, theme); err != nil {
			t.Fatal(err)
		}
		image, err := png.Decode(&picture)
		if err != nil || image.Bounds().Dx() != int(theme.Width)*2 {
			t.Errorf("png: %v, %v", image.Bounds(), err)
		}
		if err := figureOf(t, "latency", records()).Render(&page, chart.PDF, theme); err != nil || !bytes.HasPrefix(page.Bytes(), []byte("%PDF")) {
			t.Errorf("pdf: %v", err)
		}
	}
	unanswered := records()
	for i := range unanswered {
		unanswered[i].Ops = 0
	}
	if err := figureOf(t, "latency", unanswered).Render(&bytes.Buffer{}, chart.SVG, chart.Slide); !errors.Is(err, chart.ErrEmpty) {
		t.Errorf("of nothing: %v", err)
	}
}

func TestFittingIsWhatVaries(t *testing.T) {
	one := slices.DeleteFunc(records(), func(r record) bool { return r.Threads != 10 })
	two := sweptRecords(10)
	for i := range two {
		two[i].Params = map[string]string{"reads": two[i].Params["reads"], "size": two[i].Params["reads"]}
	}
	cases := map[string]struct {
		records []record
		kind    string
		over    string
		page    []string
	}{
		"setups":                {one, "throughput", "", []string{"throughput", "latency"}},
		"threads":               {records(), "threads", "", []string{"throughput", "threads", "latency"}},
		"a parameter":           {sweptRecords(10), "sweep", "param.reads", []string{"sweep"}},
		"parameter and threads": {sweptRecords(10, 20), "sweep", "param.reads", []string{"sweep"}},
		"two parameters":        {two, "throughput", "", []string{"throughput", "latency"}},
	}
	for name, c := range cases {
		l := comparisontest.Workload(t, c.records)
		kind, options := Fitting(l)
		var page []string
		chosen, _ := ForPage(l)
		for _, k := range chosen {
			page = append(page, k.Name)
		}
		if kind.Name != c.kind || options.Over != c.over || !slices.Equal(page, c.page) {
			t.Errorf("%s: %s over %q, on a page %v; want %+v", name, kind.Name, options.Over, page, c)
		}
	}
}
