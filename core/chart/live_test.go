package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
)

// drawnLive draws a figure as a part of a page.
func drawnLive(t *testing.T, f Figure, theme Theme) string {
	t.Helper()
	theme.Live = true
	var b bytes.Buffer
	if err := f.Render(&b, SVG, theme); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return b.String()
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestALivePictureSaysWhatItsPartsAre(t *testing.T) {
	series := []Series{{Words: []string{"etcd", "1 node"}, Store: "etcd"}, {Words: []string{"zookeeper <b>", "3 nodes"}, Store: "zookeeper"}}
	values := Estimates{{estimate(10, 0.1), {}}, {estimate(20, 0.1), estimate(30, 0.1)}}
	points := [][]Point{{{X: 10, Y: 20, Label: "1 thread"}}, {{X: 40, Y: 50}}}
	boxes := [][]Box{{{Low: 1, Q1: 2, Median: 3, Q3: 4, High: 5, N: 6}, {}}, {{}, {}}}
	groups, axis := []string{"create", "set"}, &Axis{Places: []float64{1, 10}}
	for name, c := range map[string]struct {
		panel  Panel
		values []string
		parts  []string // series that have any
	}{
		"bars":   {Panel{YLabel: "ops/s", Groups: groups, Marks: []Mark{Bars{Estimates: values}}}, []string{"ops/s · etcd, 1 node · create: 10.0 [9.00, 11.0]", "ops/s · zookeeper &lt;b&gt;, 3 nodes · create: 20.0 [18.0, 22.0]", "ops/s · zookeeper &lt;b&gt;, 3 nodes · set: 30.0 [27.0, 33.0]"}, []string{"0", "1"}},
		"lines":  {Panel{Title: "all", YLabel: "ops/s", X: axis, Marks: []Mark{Lines{Estimates: values}}}, []string{"all, ops/s · etcd, 1 node · 1: 10.0 [9.00, 11.0]", "all, ops/s · zookeeper &lt;b&gt;, 3 nodes · 1: 20.0 [18.0, 22.0]", "all, ops/s · zookeeper &lt;b&gt;, 3 nodes · 10: 30.0 [27.0, 33.0]"}, []string{"0", "1"}},
		"points": {Panel{YLabel: "p99", X: &Axis{High: 50}, Marks: []Mark{Points{Series: points}}}, []string{"p99 · etcd, 1 node: 1 thread, 20.0 at 10.0", "p99 · zookeeper &lt;b&gt;, 3 nodes: 50.0 at 40.0"}, []string{"0", "1"}},
		"curves": {Panel{X: &Axis{High: 50}, Marks: []Mark{Curves{Series: points}}}, nil, []string{"0", "1"}},
		"boxes":  {Panel{YLabel: "p99", Groups: groups, Marks: []Mark{Boxes{Boxes: boxes}}}, []string{"p99 · etcd, 1 node · create: 3.00, half in [2.00, 4.00], whiskers [1.00, 5.00]"}, []string{"0"}},
	} {
		picture := drawnLive(t, Figure{Title: "T", Subtitle: "s", Series: series, Panels: []Panel{c.panel}}, Page)
		if strings.Contains(picture, "style=") || strings.Contains(picture, "<metadata") {
			t.Errorf("%s: a style or metadata stands in a page", name)
		}
		var got []string
		for _, m := range regexp.MustCompile(`<circle data-value="\d" [^>]*><title>([^<]*)</title>`).FindAllStringSubmatch(picture, -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, "\n") != strings.Join(c.values, "\n") {
			t.Errorf("%s has the values\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(c.values, "\n"))
		}
		var parts []string
		for _, m := range regexp.MustCompile(`<g data-series="(\d)" data-name="[^"]+">`).FindAllStringSubmatch(picture, -1) {
			parts = append(parts, m[1])
		}
		if strings.Join(parts, " ") != strings.Join(c.parts, " ") {
			t.Errorf("%s has parts of the series %q, want %q", name, parts, c.parts)
		}
	}
}

func TestPicturesOfAPageShareTheirGlyphs(t *testing.T) {
	f := Figure{Title: "Title", Series: []Series{{Words: []string{"etcd"}, Store: "etcd"}}, Panels: []Panel{{Groups: []string{"set"}, Marks: []Mark{Bars{Estimates: Estimates{{estimate(10, 0.1)}}}}}}}
	theme := Page
	theme.Glyphs = map[string]bool{}
	first, second := drawnLive(t, f, theme), drawnLive(t, f, theme.Dark())
	used := regexp.MustCompile(`href="#(bc-[b0-9]+)"`)
	if len(used.FindAllString(second, -1)) == 0 || strings.Contains(second, "<path id=") {
		t.Error("the second picture defines glyphs, or has none")
	}
	for _, m := range used.FindAllStringSubmatch(first+second, -1) {
		if strings.Count(first, `<path id="`+m[1]+`"`) != 1 {
			t.Errorf("%s is not defined once", m[1])
		}
	}
}

func TestValuesStandInATable(t *testing.T) {
	f := Figure{
		XLabel: "threads",
		Series: []Series{{Words: []string{"etcd"}}, {Words: []string{"memory"}}},
		Panels: []Panel{
			{Title: "create", YLabel: "ops/s", X: &Axis{Places: []float64{1, 10}}, Marks: []Mark{Lines{Estimates: Estimates{{estimate(10, 0.1), {}}, {{}, estimate(2000, 0.1)}}}, Proportions{1, 2}}},
			{YLabel: "p99", X: &Axis{}, Y: Scale{Unit: Time}, Marks: []Mark{Points{Series: [][]Point{{{X: 5, Y: 2e6, Label: "a"}}, nil}}}},
			{YLabel: "seconds", X: &Axis{}, Marks: []Mark{Curves{Series: [][]Point{nil, nil}}}},
		},
	}
	var got []string
	for _, v := range f.Values() {
		got = append(got, v.Title+"|"+strings.Join(v.Columns, "|"))
		for _, row := range v.Rows {
			got = append(got, strings.Join(row, "|"))
		}
	}
	want := []string{"create, ops/s|series; then by threads|1|10", "etcd|10.0 [9.00, 11.0]|–", "memory|–|2,000 [1,800, 2,200]", "p99|series|threads|p99", "etcd, a|5.00|2.00 ms"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
