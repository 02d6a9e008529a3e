package chart

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

func TestAxesCanBeChosen(t *testing.T) {
	yes, no := true, false
	cases := map[string]struct {
		figure    string
		axes      Axes
		low, high float64 // of the first panel's y axis
		want      string  // of the error
	}{
		"a range":            {"six-bars", Axes{Y: "0..5000"}, 0, 5000, ""},
		"an upper end":       {"six-bars", Axes{Y: "..20000"}, 0, 20000, ""},
		"a lower end":        {"six-bars", Axes{Y: "500.."}, 500, 6000, ""},
		"of latencies":       {"six-lines", Axes{Y: "1ms..1s"}, 1e6, 1e9, ""},
		"logarithmic":        {"six-bars", Axes{YLog: &yes}, 500, 10000, ""},
		"linear":             {"six-lines", Axes{YLog: &no, XLog: &no}, 0, 250e6, ""},
		"no range":           {"six-bars", Axes{Y: "5"}, 0, 0, "the range of y 5: write FROM..TO"},
		"nothing":            {"six-bars", Axes{Y: ".."}, 0, 0, "write FROM..TO"},
		"an empty range":     {"six-bars", Axes{Y: "9..9"}, 0, 0, "the range of y 9..9 is empty"},
		"of no value":        {"six-bars", Axes{Y: "1e9.."}, 0, 0, "is empty"},
		"beyond all":         {"six-bars", Axes{Y: "1e9..2e9"}, 0, 0, "holds no value"},
		"another unit":       {"six-bars", Axes{Y: "1s..2s"}, 0, 0, "fits no panel"},
		"no number":          {"six-bars", Axes{Y: "NaN..Inf"}, 0, 0, "fits no panel"},
		"logarithm of 0":     {"six-lines", Axes{Y: "0s..1s"}, 0, 0, "begins above 0"},
		"of nothing above 0": {"all-errors", Axes{YLog: &yes}, 0, 0, "no place for values that are not above 0"},
		"of words":           {"six-bars", Axes{XLog: &yes}, 0, 0, "are words"},
	}
	for name, c := range cases {
		f := hardCases()[c.figure]
		err := f.SetAxes(c.axes)
		if c.want != "" {
			if !errors.Is(err, ErrAxis) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := f.Panels[0].scale(5); s.low != c.low || s.high != c.high {
			t.Errorf("%s: from %v to %v", name, s.low, s.high)
		}
		if c.axes.XLog != nil && f.Panels[0].X.Log != *c.axes.XLog {
			t.Errorf("%s: the x axis is as it was", name)
		}
	}
	zero := hardCases()["one-point"]
	zero.Panels[0].X = &Axis{Places: []float64{0}}
	if err := zero.SetAxes(Axes{XLog: &yes}); !errors.Is(err, ErrAxis) || !strings.Contains(err.Error(), "no place for") {
		t.Errorf("a logarithmic x axis with 0: %v", err)
	}
}

func TestAnIntervalDoesNotSetAnAxis(t *testing.T) {
	for name, want := range map[string]struct {
		high float64
		cut  bool
	}{"six-bars": {6000, false}, "wide-intervals": {5000, true}, "one-whisker": {5000, true}} {
		p := hardCases()[name].Panels[0]
		if s := p.scale(6); s.high != want.high || p.beyond(s) != want.cut {
			t.Errorf("%s: up to %v, cut %v", name, s.high, p.beyond(s))
		}
	}
}

func TestEveryBarHasItsValueOrNone(t *testing.T) {
	for name, want := range map[string]int{"six-bars": 18, "eighteen-bars": 0, "one-series-bars": 3} {
		f := hardCases()[name]
		canvas := &boxes{}
		data := f.draw(canvasOf(canvas, Page), Page)
		values := 0
		for _, b := range canvas.all {
			for _, e := range f.Panels[0].Marks[0].(Bars).Estimates {
				for _, one := range e {
					inside := slices.ContainsFunc(data, func(r vg.Rectangle) bool { return b.Min.X > r.Min.X && b.Min.Y > r.Min.Y && b.Max.X < r.Max.X })
					if inside && b.text == Count.measured(one.Value) {
						values++
					}
				}
			}
		}
		if values != want {
			t.Errorf("%s: %d bars have their value, want %d", name, values, want)
		}
	}
}

func TestAPictureWithoutRoomIsRefused(t *testing.T) {
	err := hardCases()["eighteen-threads"].Render(nil, PNG, Page.Sized(240, 240))
	if !errors.Is(err, ErrSmall) || !strings.Contains(err.Error(), "240 by 240 points have no room for 6 panels and 18 names") {
		t.Error(err)
	}
}

func TestWhatAllNamesHaveInCommonIsSaidOnce(t *testing.T) {
	words := func(all ...string) (series []Series) {
		for _, one := range all {
			series = append(series, Series{Words: strings.Split(one, "|")})
		}
		return series
	}
	for name, c := range map[string]struct {
		series        []Series
		common, names string
	}{
		"one":     {words("etcd|1 node|10 threads"), "", "etcd, 1 node, 10 threads"},
		"some":    {words("etcd|1 node|10 threads", "zookeeper|1 node|10 threads"), "1 node, 10 threads", "etcd; zookeeper"},
		"options": {words("etcd|1 node|sync on", "etcd|1 node|"), "etcd, 1 node", "sync on; "},
		"none":    {words("a|b", "b|a"), "", "a, b; b, a"},
	} {
		common, names := apart(c.series)
		if common != c.common || strings.Join(names, "; ") != c.names {
			t.Errorf("%s: %q and %q", name, common, names)
		}
	}
}

func TestManySeriesBecomeSmallMultiples(t *testing.T) {
	for name, want := range map[string]struct{ panels, series int }{
		"six-bars": {1, 6}, "eighteen-bars": {3, 6}, "sixty-bars": {5, 12}, "eighteen-lines": {6, 9}, "fourteen-long-bars": {1, 14}, "eighteen-threads": {6, 18},
	} {
		f := hardCases()[name].multiplied(Page, Page.Width-2*Page.Margin)
		if len(f.Panels) != want.panels || len(f.Series) != want.series {
			t.Errorf("%s: %d panels and %d series", name, len(f.Panels), len(f.Series))
		}
		for _, p := range f.Panels {
			if len(f.Panels) > len(hardCases()[name].Panels) && (p.Y.High == 0 || !strings.Contains(p.YLabel, ": ")) {
				t.Errorf("%s: %+v", name, p)
			}
		}
	}
}
