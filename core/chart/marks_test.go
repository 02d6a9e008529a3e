package chart

import (
	"fmt"
	"math"
	"testing"

	"github.com/benchctl/benchctl/core/stats"
)

// markCases are figures of the marks that no hard case is of.
func markCases() map[string]Figure {
	series := seriesOf(three, []string{"3 nodes"})
	along := func(n int, of func(series, i int) Point) (all [][]Point) {
		for s := range series {
			var points []Point
			for i := range n {
				points = append(points, of(s, i))
			}
			all = append(all, points)
		}
		return all
	}
	figure := func(of []Series, panels ...Panel) Figure {
		return Figure{Title: "A figure of a mark", Subtitle: "made up", Series: of, Panels: panels, XLabel: "seconds", Caption: []string{"w@1 · 6 runs"}}
	}
	seconds := &Axis{Unit: Count, Low: 0, High: 60}
	wave := Curves{Series: along(60, func(s, i int) Point {
		y := 2000*float64(s+1) + 300*math.Sin(float64(i)/3)
		if i == 30 && s == 0 {
			y = math.NaN()
		}
		return Point{X: float64(i), Y: y}
	})}
	phases := Spans{{0, 10, "warm-up"}, {10, 55, "measured"}, {55, 56, "cool-down"}}
	events := Rules{X: []Rule{{20, "node 2 killed"}, {21, "leader elected"}, {40, "node 2 started again"}, {59, "end"}}}
	floor := Rules{Y: []Rule{{1500, "fsync"}, {1550, "round trip"}, {1e6, "published"}}}
	cumulated := Curves{Stepped: true, Series: along(50, func(s, i int) Point {
		return Point{X: 1e6 * math.Pow(1.1, float64(i+4*s)), Y: float64(i+1) / 50}
	})}
	tradeoff := Points{Joined: true, Series: along(5, func(s, i int) Point {
		return Point{X: 1000 * float64((i+1)*(s+1)), Y: 1e6 * float64((i+1)*(s+2)), Label: fmt.Sprint(10*(i+1), " threads")}
	})}
	tradeoff.Series[0], tradeoff.Series[1] = tradeoff.Series[0][:1], tradeoff.Series[1][4:]
	boxed := Boxes{}
	for s := range series {
		m := 1000 * float64(s+1)
		boxed.Boxes = append(boxed.Boxes, []Box{
			{Low: m * 0.7, Q1: m * 0.9, Median: m, Q3: m * 1.2, High: m * 1.3, Outside: []float64{m * 1.6, m * 0.4}, N: 20}, {},
			{Low: m * 0.97, Q1: m * 0.98, Median: m, Q3: m * 1.01, High: m * 1.02, Beside: []float64{m * 0.97, m, m * 1.02}, N: 3},
		})
	}
	named := &Axis{}
	levels, steps := Levels{nil, nil, nil}, Estimates{nil, nil, nil}
	for i := range 40 {
		named.Places, named.Names = append(named.Places, float64(i)), append(named.Names, fmt.Sprintf("2026-03-%02d", i+1))
		for s := range series {
			steps[s] = append(steps[s], estimate(1000*float64(s+1)+300*float64(i/20), 0.05))
		}
	}
	for s := range series {
		before := 1000 * float64(s+1)
		levels[s] = []Level{{From: 0, To: 19, Value: before}, {From: 20, To: 39, Value: before + 300, First: before + 300, Label: fmt.Sprintf("+%d %%", 30/(s+1)), Worse: s == 1}}
	}
	cells := Cells{Of: "operations"}
	for i := range 61 {
		cells.X = append(cells.X, float64(i))
	}
	for j := range 25 {
		cells.Y = append(cells.Y, 1e5*math.Pow(10, float64(j)/6))
	}
	for i := range 60 {
		column := make([]float64, 24)
		for j := range column {
			column[j] = math.Floor(5000 * math.Exp(-math.Pow(float64(j-8)+2*math.Sin(float64(i)/9), 2)/6))
		}
		cells.Counts = append(cells.Counts, column)
	}
	return map[string]Figure{
		"curves":   figure(series, Panel{YLabel: "ops/s", X: seconds, Marks: []Mark{phases, wave, events, floor}}),
		"steps":    figure(series, Panel{YLabel: "share of operations", X: &Axis{Unit: Time, Log: true, Low: 1e6, High: 3e8}, Marks: []Mark{cumulated}}),
		"tradeoff": figure(series, Panel{YLabel: "p99 latency", X: &Axis{Low: 0, High: 16000}, Y: Scale{Unit: Time}, Marks: []Mark{tradeoff}}),
		"levels":   figure(series, Panel{YLabel: "ops/s", X: named, Marks: []Mark{levels, Lines{Estimates: steps, Bridge: true}}}),
		"differences": figure(series, Panel{YLabel: "throughput, more is better", Groups: []string{"create", "set"}, Y: Scale{Unit: Percent}, Marks: []Mark{Differences{
			Estimates: Estimates{{estimate(-0.2, -0.5), estimate(0.05, 2)}, {estimate(-0.01, -9), estimate(0.3, 0.1)}, {estimate(0, 0), {}}},
			Shown:     Flags{{true, false}, {false, true}, {false, false}}, Worse: Flags{{true, false}, {false, false}, {false, false}},
		}}}),
		"references": figure(series, Panel{YLabel: "ops/s", Groups: []string{"create", "set"}, Y: Scale{Log: true}, Marks: []Mark{
			Bars{Estimates: Estimates{{estimate(500, 0.1), estimate(600, 0.1)}, {estimate(900, 0.1), estimate(800, 0.1)}, {estimate(700, 0.1), {}}}},
			References{{0, 5, "etcd"}, {0, 5.2, "a store with a long name, and a long setup"}, {0, 50, "zookeeper"}, {1, 9, "etcd"}},
		}}),
		"boxes":    figure(series, Panel{YLabel: "ops/s", Groups: []string{"create", "set", "delete"}, Marks: []Mark{boxed}}),
		"cells":    figure(nil, Panel{YLabel: "latency", X: seconds, Y: Scale{Unit: Time, Log: true}, Marks: []Mark{cells, events}}),
		"negative": figure(series, Panel{YLabel: "difference, %", XLabel: "operation", Groups: []string{"create", "set"}, Marks: []Mark{Lines{Estimates: Estimates{{estimate(-20, -0.5), estimate(5, 2)}, {estimate(-1, -9), estimate(30, 0.1)}, {estimate(0, 0), {}}}}}}),
	}
}

// TestEveryMarkKeepsItsTextsApart draws what is said of marks where nothing else
// stands.
func TestEveryMarkKeepsItsTextsApart(t *testing.T) {
	for name, f := range markCases() {
		for size, theme := range themesOfTests {
			canvas := &boxes{}
			for _, r := range f.draw(canvasOf(canvas, theme), theme) {
				if share := r.Size().X * r.Size().Y / (theme.Width * theme.Height); share < 0.2 {
					t.Errorf("%s, %s: data has %.0f %% of the picture", name, size, 100*share)
				}
			}
			canvas.check(t, name+", "+size, theme)
		}
	}
}

func TestAValueBelowZeroHasItsPlace(t *testing.T) {
	p := markCases()["negative"].Panels[0]
	s := p.scale(5)
	if s.low > -20 || s.high < 30 || s.low < -60 {
		t.Errorf("from %v to %v", s.low, s.high)
	}
	for _, c := range []struct {
		of        stats.Estimate
		low, high float64
	}{
		{stats.Estimate{Value: 5, Low: -5, High: 15, N: 6}, -5, 7.5},
		{stats.Estimate{Value: -5, Low: -15, High: 5, N: 6}, -7.5, 5},
		{stats.Estimate{N: 6}, 0, 0},
	} {
		p := Panel{Marks: []Mark{Lines{Estimates: Estimates{{c.of}}}}}
		if low, high := p.span().within(false); low != c.low || high != c.high {
			t.Errorf("%+v: from %v to %v", c.of, low, high)
		}
	}
}

func TestARuleDoesNotSetAnAxis(t *testing.T) {
	f := markCases()["curves"]
	if s := f.Panels[0].scale(5); s.high != 10000 || !f.Panels[0].beyond(s) {
		t.Errorf("up to %v", s.high)
	}
	f.Panels[0].Marks = []Mark{Rules{Y: []Rule{{1, "floor"}}}}
	if f.drawable() {
		t.Error("a rule alone is drawn")
	}
}

func TestHeatGrows(t *testing.T) {
	for name, theme := range map[string]Theme{"light": Slide, "dark": Slide.Dark()} {
		before := 1.0
		for share := 0.0; share <= 1; share += 0.05 {
			c := contrast(theme.heat(share), theme.Background)
			if c < before {
				t.Errorf("%s: %.2f is fainter than less", name, share)
			}
			before = c
		}
		if before < 7 {
			t.Errorf("%s: the most has a contrast of %.1f", name, before)
		}
	}
}
