package chart

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"github.com/benchctl/benchctl/core/stats"
)

func TestAFigureWithoutAValueIsNotDrawn(t *testing.T) {
	for _, f := range []Figure{{}, {Panels: []Panel{{Groups: []string{"a"}, Marks: []Mark{Bars{Estimates: Estimates{{stats.Estimate{}}}}, Lines{}}}}}} {
		for _, format := range []Format{SVG, PNG, PDF} {
			var b bytes.Buffer
			if err := f.Render(&b, format, Slide); !errors.Is(err, ErrEmpty) || b.Len() > 0 {
				t.Errorf("%s: %v, %d bytes", format, err, b.Len())
			}
		}
	}
	zero := Figure{Series: []Series{{Words: []string{"a"}}}, Panels: []Panel{{Groups: []string{"a"}, Marks: []Mark{Bars{Estimates: Estimates{{stats.Estimate{N: 1}}}}}}}}
	if err := zero.Render(&bytes.Buffer{}, SVG, Slide); err != nil {
		t.Errorf("a value of zero: %v", err)
	}
}

func TestMarksOfOnePanelShareItsAxes(t *testing.T) {
	e := func(v float64) Estimates { return Estimates{{stats.Estimate{Value: v, Low: v / 2, High: v * 2, N: 6}}} }
	panels := []Panel{{Marks: []Mark{Bars{Estimates: e(10)}, Lines{Estimates: e(400)}}}, {Marks: []Mark{Lines{Estimates: e(3)}}}}
	Align(panels)
	for i, p := range panels {
		if p.Y.Low != 1.5 || p.Y.High != 600 { // an interval goes on to 800
			t.Errorf("panel %d: from %v to %v", i, p.Y.Low, p.Y.High)
		}
	}
}

// pointsOf are how many points each line on a canvas joins. Lines are broader than
// the outlines of points.
func pointsOf(c *recorder.Canvas) []int {
	var points []int
	width := vg.Length(0)
	for _, action := range c.Actions {
		switch a := action.(type) {
		case *recorder.SetLineWidth:
			width = a.Width
		case *recorder.Stroke:
			if width > 2 {
				points = append(points, len(a.Path))
			}
		}
	}
	return points
}

func TestALineHasAGapWhereThereIsNothing(t *testing.T) {
	cases := map[string]struct {
		known string // of the places, x is one with a value
		want  []int
	}{
		"whole":         {"xxxxx", []int{5}},
		"in the middle": {"xx.xx", []int{2, 2}},
		"one beyond":    {"xx..x", []int{2}},
		"one before":    {"x.xxx", []int{3}},
		"at the ends":   {".xxx.", []int{3}},
		"every other":   {"x.x.x", nil},
		"nothing":       {".....", nil},
	}
	for name, c := range cases {
		values := make([]stats.Estimate, len(c.known))
		for i, known := range c.known {
			if known == 'x' {
				values[i] = stats.Estimate{N: 1, Value: float64(i + 1)}
			}
		}
		canvas := &recorder.Canvas{}
		a := area{
			Canvas: draw.NewCanvas(canvas, 100, 100), y: newScale(1, 10, false, 5), theme: Slide, looks: Slide.palette.looks([]Series{{}}),
			at: func(place int) vg.Length { return vg.Length(10 * place) }, room: 10,
		}
		Lines{Estimates: Estimates{values}}.draw(a)
		if got := pointsOf(canvas); !slices.Equal(got, c.want) {
			t.Errorf("%s: lines of %v points, want %v", name, got, c.want)
		}
	}
}

func TestEveryLogarithmicAxisSaysSo(t *testing.T) {
	for _, kind := range []string{"", "y", "x", "both"} {
		for _, label := range []string{"", "named"} {
			axis := Axis{Places: []float64{1, 1000}, Log: kind == "x" || kind == "both"}
			f := Figure{XLabel: label, Series: []Series{{}}}
			for range 2 {
				f.Panels = append(f.Panels, Panel{
					YLabel: label, X: &axis, Y: Scale{Log: kind == "y" || kind == "both"},
					Marks: []Mark{Lines{Estimates: Estimates{{{N: 1, Value: 1}, {N: 1, Value: 10}}}}},
				})
			}
			want := map[string]int{"": 0, "x": 1, "y": 2, "both": 3}[kind]
			for name, theme := range map[string]Theme{"slide": Slide, "page": Page} {
				var b bytes.Buffer
				if err := f.Render(&b, SVG, theme); err != nil {
					t.Fatal(err)
				}
				text := ">logarithmic<"
				if label != "" {
					text = ">named, logarithmic<"
				}
				if got := strings.Count(b.String(), text); got != want {
					t.Errorf("%s, logarithmic %q, label %q: %d say so, want %d", name, kind, label, got, want)
				}
			}
		}
	}
}

func TestFormatsFollowFromNames(t *testing.T) {
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
				if s.high < high*(1-1e-9) || s.ticks[0] < s.low || s.ticks[len(s.ticks)-1] > s.high || len(s.ticks) < 2 || len(s.ticks) > 8 {
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

func TestPlacesStandAtTheirTrueDistances(t *testing.T) {
	cases := []struct {
		axis  Axis
		names string
		share float64 // of the second place, between the first and the last
	}{
		{Axis{Places: []float64{0, 20, 100}}, "0 20 100", 0.2},
		{Axis{Places: []float64{1, 10, 10000}, Log: true}, "1 10 10,000", 0.25},
		{Axis{Places: []float64{0.5, 0.9901, 1.5}}, "0.5 0.9901 1.5", 0.4901},
		{Axis{Places: []float64{100, 1024, 1049600}, Unit: Bytes, Log: true}, "100_B 1_KiB 1,025_KiB", math.Log(10.24) / math.Log(10496)},
		{Axis{Places: []float64{3e8, 1.5e9, 120e9, 5400e9}, Unit: Time, Log: true}, "300_ms 1.5_s 2m 1h30m", math.Log(5) / math.Log(18000)},
	}
	for _, c := range cases {
		var names []string
		for _, tick := range c.axis.wanted() {
			names = append(names, strings.ReplaceAll(tick.name, " ", "_"))
		}
		share := float64(c.axis.scale().at(c.axis.Places[1], 0, 1))
		if got := strings.Join(names, " "); got != c.names || math.Abs(share-c.share) > 1e-4 {
			t.Errorf("%+v: %s, the second at %v", c, got, share)
		}
	}
}

func TestNamesOfTicksHaveRoom(t *testing.T) {
	cases := []struct {
		values string
		width  vg.Length
		want   string
	}{
		{"0 20 40 60 80 100", 400, "0 20 40 60 80 100"},
		{"0 10 20 30 40 50 60 70 80 90 100", 200, "0 20 40 60 80 100"},
		{"0 20 40 60 80 100", 100, "0 20 60 100"},
		{"1 2 3 50 100", 400, "1 50 100"},
		{"-100 -20 40 100", 80, "-100 100"},
		{"1 2 4 8 16 32 64 128 256", 200, "1 4 16 64 256"},
		{"1 7 3000 40000", 80, "1 40,000"},
		{"300ms 500ms 1m0s 10m0s", 200, "300 ms 1m 10m"},
		{"1s 1m0s", 20, "1 s 1m"},
	}
	for _, c := range cases {
		a := Axis{}
		for _, text := range strings.Fields(c.values) {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil {
				d, err := time.ParseDuration(text)
				if err != nil {
					t.Fatal(err)
				}
				a.Unit, x = Time, float64(d)
			}
			a.Places = append(a.Places, x)
		}
		a.Log = a.Places[0] > 0 && a.Places[len(a.Places)-1]/a.Places[0] > 100
		s := a.scale()
		place := func(x float64) vg.Length { return s.at(x, 0, c.width) }
		var got []string
		for _, tick := range a.named(s, place, func(name string) vg.Length { return 7 * vg.Length(len(name)) }) {
			got = append(got, tick.name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s on %v points: %q, want %q", c.values, c.width, got, c.want)
		}
	}
}
