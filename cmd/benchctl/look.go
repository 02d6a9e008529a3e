package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/benchctl/benchctl/core/chart"
)

var themes = map[string]chart.Theme{"slide": chart.Slide, "page": chart.Page}

// look is what flags say of how a chart looks.
type look struct {
	theme, size, title, yRange string
	dark, xLog, yLog           bool
}

// lookFlags are the flags that a look has, which a chart remembers.
var lookFlags = []string{"theme", "dark", "size", "title", "x-log", "y-log", "y-range"}

func (l *look) flags(flags *pflag.FlagSet) {
	flags.StringVar(&l.theme, "theme", "slide", "slide or page")
	flags.BoolVar(&l.dark, "dark", false, "draw on a dark ground")
	flags.StringVar(&l.size, "size", "", "`WIDTHxHEIGHT` in points, such as 1280x720; a PNG has two pixels a point")
	flags.StringVar(&l.title, "title", "", "a `TITLE` of your own")
	flags.BoolVar(&l.xLog, "x-log", false, "a logarithmic x axis; =false: a linear one")
	flags.BoolVar(&l.yLog, "y-log", false, "logarithmic y axes; =false: linear ones")
	flags.StringVar(&l.yRange, "y-range", "", "the range `FROM..TO` of y, such as 0..5000, or 1ms..1s for latencies")
}

// The sizes of charts, in points.
const (
	leastSize    = 240
	greatestSize = 4000
)

// chosen is the theme that the flags ask for.
func (l *look) chosen() (chart.Theme, error) {
	theme, ok := themes[l.theme]
	if !ok {
		return theme, usagef("--theme %q is neither slide nor page", l.theme)
	}
	if l.dark {
		theme = theme.Dark()
	}
	if l.size == "" {
		return theme, nil
	}
	width, height, _ := strings.Cut(l.size, "x")
	w, errW := strconv.Atoi(width)
	h, errH := strconv.Atoi(height)
	if errW != nil || errH != nil || min(w, h) < leastSize || max(w, h) > greatestSize {
		return theme, usagef("--size %q: write WIDTHxHEIGHT in points, such as 1280x720, each from %d to %d", l.size, leastSize, greatestSize)
	}
	return theme.Sized(float64(w), float64(h)), nil
}

// apply gives a figure the title and the axes that the flags ask for.
func (l *look) apply(figure *chart.Figure, given func(flag string) bool) error {
	if l.title != "" {
		figure.Title = l.title
	}
	axes := chart.Axes{Y: l.yRange}
	if given("x-log") {
		axes.XLog = &l.xLog
	}
	if given("y-log") {
		axes.YLog = &l.yLog
	}
	if err := figure.SetAxes(axes); err != nil {
		return &usageError{err}
	}
	return nil
}

// given are the flags that were given, as a chart remembers them.
func (l *look) given(given func(flag string) bool) map[string]string {
	values := map[string]string{
		"theme": l.theme, "dark": strconv.FormatBool(l.dark), "size": l.size, "title": l.title,
		"x-log": strconv.FormatBool(l.xLog), "y-log": strconv.FormatBool(l.yLog), "y-range": l.yRange,
	}
	for _, name := range lookFlags {
		if !given(name) {
			delete(values, name)
		}
	}
	return values
}

// made says in a figure's provenance what only the command knows of its making.
func made(figure *chart.Figure, selection string, look map[string]string) {
	p := &figure.Provenance
	p.Program, p.Selection = "benchctl "+buildVersion(), selection
	for name, value := range look {
		if p.Options == nil {
			p.Options = map[string]string{}
		}
		p.Options[name] = value
	}
}

// readChart reads what a chart was drawn from.
func readChart(path string) (chart.Provenance, error) {
	file, err := os.Open(path)
	if err != nil {
		return chart.Provenance{}, fmt.Errorf("read the chart: %w", err)
	}
	defer file.Close()
	p, err := chart.ReadProvenance(file)
	if err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}
