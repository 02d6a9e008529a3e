package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"github.com/benchctl/benchctl/core/stats"
)

// estimate has an interval of a share of its value to each side.
func estimate(value, share float64) stats.Estimate {
	return stats.Estimate{Value: value, Low: value * (1 - share), High: value * (1 + share), N: 6}
}

// seriesOf are the series of every combination of words.
func seriesOf(stores []string, words ...[]string) []Series {
	all := []Series{}
	for _, store := range stores {
		all = append(all, Series{Words: []string{store}, Store: store})
	}
	for _, more := range words {
		var longer []Series
		for _, s := range all {
			for _, word := range more {
				longer = append(longer, Series{Words: append(append([]string{}, s.Words...), word), Store: s.Store})
			}
		}
		all = longer
	}
	return all
}

// valued are estimates for series at places, spread over a ratio.
func valued(series []Series, places int, ratio, share float64) Estimates {
	es := make(Estimates, len(series))
	n := float64(max(len(series)*places-1, 1))
	for i := range es {
		for j := range places {
			e := estimate(987*math.Pow(ratio, float64(i*places+j)/n), share)
			e.Low = max(e.Low, 0)
			es[i] = append(es[i], e)
		}
	}
	return es
}

var three = []string{"etcd", "raftembed", "zookeeper"}

// hardCases are figures that are hard to draw.
func hardCases() map[string]Figure {
	ops := []string{"create", "set", "delete"}
	caption := []string{"create-set-delete@1 · 108 runs · 2026-01-02 to 2026-01-07 (UTC)", "etcd: a write is on the disk of a majority when it is acknowledged; reads are linearizable; one connection for each thread"}
	base := func(series []Series, panels ...Panel) Figure {
		return Figure{Title: "Throughput per thread", Subtitle: "successful operations per second and thread; median of the runs, whiskers show the 95 % interval", Series: series, Panels: panels, Caption: caption}
	}
	bars := func(series []Series, ratio, share float64) Figure {
		return base(series, Panel{YLabel: "ops/s per thread", Groups: ops, Marks: []Mark{Bars{Estimates: valued(series, 3, ratio, share)}}})
	}
	axis := &Axis{Places: []float64{1, 2, 5, 10, 20, 50, 100}, Log: true}
	lines := func(series []Series, panels int) Figure {
		f := base(series)
		f.XLabel = "threads"
		for i := range panels {
			f.Panels = append(f.Panels, Panel{YLabel: fmt.Sprintf("%s, p99 latency", ops[i%3]), X: axis, Y: Scale{Unit: Time, Log: true}, Marks: []Mark{Lines{Estimates: scaled(valued(series, 7, 20, 0.1), 1e4)}}})
		}
		Align(f.Panels)
		return f
	}
	eighteen := seriesOf(three, []string{"1 node", "3 nodes"}, []string{"1 thread", "10 threads", "50 threads"})
	var long []Series
	for i := range 14 {
		long = append(long, Series{Store: three[i%3], Words: []string{three[i%3], fmt.Sprintf("snapshot-policy every-%d-entries-or-when-the-log-exceeds-%d-MiB-whichever-comes-first", 1000*(i+1), 64+i)}})
	}
	six := seriesOf(three, []string{"1 node", "3 nodes"}, []string{"10 threads"})
	threads := lines(eighteen, 6)
	threads.Columns = 3
	one := base(six[:1], Panel{YLabel: "ops/s in total", X: &Axis{Places: []float64{10}}, Marks: []Mark{Lines{Estimates: Estimates{{{Value: 1234, N: 1, Low: math.Inf(-1), High: math.Inf(1)}}}}}})
	whisker := bars(six, 3, 0.05)
	whisker.Panels[0].Marks[0].(Bars).Estimates[2][1].High = 1e6
	words := base(six, Panel{YLabel: "ops/s in total", Groups: []string{"uniform over all keys", "zipfian with a long tail", "hot-spot-of-one-percent-of-the-keys", "latest"}, Marks: []Mark{Lines{Estimates: valued(six, 4, 8, 0.1)}}})
	warned := bars(six, 5, 0.1)
	for i := range 70 {
		warned.Warnings = append(warned.Warnings, fmt.Sprintf("zookeeper, 3 nodes: %d of 1,000 set operations failed; they are not counted in throughput or latency; 12 failed of a connection that was lost", i+1))
	}
	warned.Title = strings.Repeat("a title that goes on ", 20)
	foreign := bars([]Series{{Words: []string{"etcd", "label größe"}, Store: "etcd"}, {Words: []string{"etcd", "label Ωμέγα → ∞"}, Store: "etcd"}, {Words: []string{"etcd", "label 中文"}, Store: "etcd"}}, 3, 0.1)
	zero := bars(six, 1, 0)
	zero.Panels[0].Marks = []Mark{Bars{Estimates: scaled(valued(six, 3, 1, 0), 0)}}
	million := bars(six, 1e6, 0.1)
	million.Panels[0].Y.Log = true
	saturated := lines(six, 2)
	flags := make(Flags, len(six))
	for i := range flags {
		flags[i] = []bool{false, false, false, false, i%2 == 0, true, true}
	}
	saturated.Panels[0].Marks = []Mark{Lines{Estimates: saturated.Panels[0].Marks[0].(Lines).Estimates, Flags: flags}}
	saturated.Notes = []string{"in a ring: saturated, fewer operations succeeded than 98 % of the arrivals that were offered"}
	ringed := bars(six, 3, 0.1)
	ringed.Panels[0].Marks = []Mark{Bars{Estimates: valued(six, 3, 3, 0.1), Flags: Flags{{true, false, false}, {false, true, false}, {}, {}, {}, {}}}}
	for i := 2; i < 6; i++ {
		ringed.Panels[0].Marks[0].(Bars).Flags[i] = make([]bool, 3)
	}
	return map[string]Figure{
		"one-series-bars": bars(six[:1], 3, 0.1), "six-bars": bars(six, 5, 0.1), "eighteen-bars": bars(eighteen, 8, 0.1), "fourteen-long-bars": bars(long, 5, 0.1),
		"one-series-lines": lines(six[:1], 3), "six-lines": lines(six, 3), "eighteen-lines": lines(eighteen, 3), "fourteen-long-lines": lines(long, 3),
		"eighteen-threads": threads, "one-point": one, "all-errors": zero, "million-bars": million, "million-linear-bars": bars(six, 1e6, 0.1),
		"wide-intervals": bars(six, 3, 1.9), "one-whisker": whisker, "long-groups": words, "seventy-warnings": warned, "foreign": foreign,
		"saturated-lines": saturated, "saturated-bars": ringed, "sixty-bars": bars(seriesOf(append(three, "memory"), []string{"1 node", "3 nodes", "5 nodes"}, []string{"1 thread", "10 threads", "50 threads", "100 threads", "500 threads"}), 8, 0.1),
	}
}

func scaled(es Estimates, by float64) Estimates {
	for _, values := range es {
		for i, e := range values {
			values[i] = stats.Estimate{Value: e.Value * by, Low: e.Low * by, High: e.High * by, N: e.N}
		}
	}
	return es
}

// box is where a text stands.
type box struct {
	text string
	vg.Rectangle
}

func (b box) overlaps(o box) bool {
	const touch = 0.5
	return min(b.Max.X, o.Max.X)-max(b.Min.X, o.Min.X) > touch && min(b.Max.Y, o.Max.Y)-max(b.Min.Y, o.Min.Y) > touch
}

// boxes is a canvas that keeps where texts stand.
type boxes struct {
	recorder.Canvas
	all []box
}

// FillString keeps the box of capitals and descenders.
func (c *boxes) FillString(face font.Face, at vg.Point, text string) {
	size := face.Font.Size
	c.all = append(c.all, box{text, vg.Rectangle{Min: vg.Point{X: at.X, Y: at.Y - 0.21*size}, Max: vg.Point{X: at.X + face.Width(text), Y: at.Y + 0.73*size}}})
}

// check holds that every text is in the picture, and none stands on another.
func (c *boxes) check(t *testing.T, name string, theme Theme) {
	t.Helper()
	for i, b := range c.all {
		if b.Min.X < 0 || b.Min.Y < 0 || b.Max.X > theme.Width || b.Max.Y > theme.Height {
			t.Errorf("%s: %q leaves the picture: %.0f", name, b.text, b.Rectangle)
		}
		for _, other := range c.all[:i] {
			if b.overlaps(other) {
				t.Errorf("%s: %q stands on %q", name, b.text, other.text)
			}
		}
	}
}

// nowhere is a canvas of a theme's size.
type nowhere struct {
	*recorder.Canvas
	theme Theme
}

// Size returns the size of the theme.
func (n nowhere) Size() (w, h vg.Length) { return n.theme.Width, n.theme.Height }

var themesOfTests = map[string]Theme{"slide": Slide, "page": Page, "slide-dark": Slide.Dark(), "page-dark": Page.Dark(), "small": Page.Sized(420, 300)}

// leastData is the part of a picture that data has at least, less where there are
// many panels, each with names and labels, or where 70 lines are to be said.
const leastData = 0.25

func TestHardCases(t *testing.T) {
	for name, f := range hardCases() {
		for size, theme := range themesOfTests {
			if err := f.paint(nowhere{&recorder.Canvas{}, theme}, theme); size == "small" && errors.Is(err, ErrSmall) {
				continue
			}
			canvas := &boxes{}
			data := f.draw(canvasOf(canvas, theme), theme)
			canvas.check(t, name+", "+size, theme)
			share := vg.Length(0)
			for _, r := range data {
				if r.Size().X <= 0 || r.Size().Y <= 0 {
					t.Errorf("%s, %s: a panel has no inside: %.0f", name, size, r)
				}
				share += r.Size().X * r.Size().Y / (theme.Width * theme.Height)
			}
			least := vg.Length(leastData)
			switch {
			case size == "small":
				least = 0 // that it is legible is all
			case len(data) >= 5 || name == "seventy-warnings":
				least /= 2
			case len(data) >= 3:
				least *= 0.8
			}
			if share < least {
				t.Errorf("%s, %s: data has %.0f %% of the picture", name, size, 100*share)
			}
		}
	}
}

// TestPictures renders every hard case in every format. With CHART_PICTURES=DIR the
// pictures are kept, to be looked at, and are those of more themes.
func TestPictures(t *testing.T) {
	dir := os.Getenv("CHART_PICTURES")
	sizes := []string{"page"}
	if dir != "" {
		sizes = []string{"slide", "page", "slide-dark"}
	}
	all := hardCases()
	maps.Copy(all, markCases())
	for name, f := range all {
		for _, size := range sizes {
			for _, format := range []Format{SVG, PNG, PDF} {
				theme := themesOfTests[size]
				var b bytes.Buffer
				if err := f.Render(&b, format, theme); err != nil {
					t.Errorf("%s, %s, %s: %v", name, size, format, err)
				}
				if n := b.Len() >> 10; n > mostKiB {
					t.Errorf("%s, %s, %s: %d KiB", name, size, format, n)
				}
				if c, _, err := image.DecodeConfig(bytes.NewReader(b.Bytes())); format == PNG && (err != nil || c.Width != 2*int(theme.Width)) {
					t.Errorf("%s, %s: %v, %v", name, size, c, err)
				}
				if dir == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s.%s", name, size, format)), b.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// mostKiB are what a chart takes at most.
const mostKiB = 450

func canvasOf(c vg.Canvas, theme Theme) draw.Canvas {
	return draw.NewCanvas(c, theme.Width, theme.Height)
}
