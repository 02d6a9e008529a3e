// Package chart draws figures: values in, SVG, PNG or PDF out. A figure has
// panels, a panel has axes and marks between them, and a mark has estimates. It
// knows stores only as names that keep their colour, and nothing of archives;
// chart/kinds makes figures of what was measured. What a figure was made of is
// written into the file, and read from it again.
//
// gonum/plot gives the canvases, the fonts and the shapes of points. Its own
// plots, bar charts and error bars are not used: they give each plot its own
// legend, a label that is turned by the side of the y axis, ticks at other than
// 1, 2 and 5 times powers of ten, and whiskers of one colour, which are not seen
// on dark bars. Panels here share a legend and ranges, say above the axis what it
// shows, and choose which places of the x axis have room for their names.
package chart

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/internal/fault"
)

// Figure is a picture before it is drawn: panels with a common legend, between
// a title and a caption.
type Figure struct {
	Title    string
	Subtitle string
	Series   []Series // the legend, in its order
	Panels   []Panel
	Columns  int      // panels in a row; 0: what fits
	XLabel   string   // that all panels share
	Notes    []string // what marks on the picture mean
	Caption  []string // what the figure is made of
	Missing  []string // what it would show, if there were anything of it, and why there is not
	Warnings []string // what weakens it

	Provenance Provenance
}

// Series is one entry of the legend.
type Series struct {
	// Words are what its name is made of. All series of a figure have as many, in
	// one order; one that others have and it has not is empty. What all have in
	// common is said once, and what few values of a word tell apart may stand in
	// panels of its own.
	Words []string
	Store string // its colour
}

// Name is the whole name of a series.
func (s Series) Name() string { return joined(s.Words) }

// joined makes one name of words.
func joined(words []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" }), ", ")
}

// Format is a file format.
type Format string

// The formats.
const (
	SVG Format = "svg"
	PNG Format = "png"
	PDF Format = "pdf"
)

// ParseFormat finds the format that a file's name asks for.
func ParseFormat(file string) (Format, error) {
	format := Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(file), ".")))
	if slices.Contains([]Format{SVG, PNG, PDF}, format) {
		return format, nil
	}
	return "", fmt.Errorf("%s: a chart's file ends in .svg, .png or .pdf", file)
}

// ErrEmpty is returned for a figure without a single value.
var ErrEmpty = errors.New("nothing to draw")

// Render draws the figure. The same figure gives the same SVG and PNG.
func (f Figure) Render(w io.Writer, format Format, theme Theme) error {
	if !f.drawable() {
		return ErrEmpty
	}
	switch format {
	case SVG:
		canvas := newSVG(theme)
		if err := f.paint(canvas, theme); err != nil {
			return err
		}
		return canvas.write(w, f)
	case PNG:
		canvas := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(theme.Width, theme.Height), vgimg.UseDPI(theme.DPI))}
		if err := f.paint(canvas, theme); err != nil {
			return err
		}
		return writePNG(w, canvas, f)
	case PDF:
		canvas := newPDF(theme)
		if err := f.paint(canvas, theme); err != nil {
			return err
		}
		return canvas.write(w, f)
	}
	return fmt.Errorf("format %q is none of svg, png, pdf", format)
}

// The least inside of a panel that tells anything, in points of a slide.
const (
	leastWide = 36
	leastHigh = 24
)

// ErrSmall is the kind of error of a picture in which a figure has no room.
var ErrSmall = errors.New("too small")

// paint draws the figure, if there is room for it.
func (f Figure) paint(c vg.CanvasSizer, theme Theme) error {
	for _, inside := range f.draw(draw.New(c), theme) {
		if size := inside.Size(); size.X < leastWide*theme.scale || size.Y < leastHigh*theme.scale {
			return fault.Errorf(ErrSmall, "%g by %g points have no room for %s and %s: make the picture larger, or select less",
				theme.Width, theme.Height, format.Count(len(f.Panels), "panel"), format.Count(len(f.Series), "name"))
		}
	}
	return nil
}

func (f Figure) drawable() bool {
	return slices.ContainsFunc(f.Panels, func(p Panel) bool { return !p.span().empty })
}

// xLabel is the label of the axis that all panels share.
func (f Figure) xLabel() string {
	if slices.ContainsFunc(f.Panels, func(p Panel) bool { return p.X != nil && p.X.Log && p.XLabel == "" }) {
		return said(f.XLabel)
	}
	return f.XLabel
}

// said is the label of a logarithmic axis.
func said(label string) string {
	if label == "" {
		return logarithmic
	}
	return label + ", " + logarithmic
}

const logarithmic = "logarithmic"

// Intervals reports whether any interval is drawn.
func (f Figure) Intervals() bool {
	return slices.ContainsFunc(f.Panels, func(p Panel) bool {
		return slices.ContainsFunc(p.Marks, func(m Mark) bool {
			of, ok := m.(interface{ intervals() bool })
			return ok && of.intervals()
		})
	})
}

// WithoutEmpty is the figure without the series of which it has no value, and
// these.
func (f Figure) WithoutEmpty() (Figure, []Series) {
	var kept []int
	var empty []Series
	for i, s := range f.Series {
		has := func(m Mark) bool {
			of, ok := m.(interface{ has(series int) bool })
			return ok && of.has(i)
		}
		if slices.ContainsFunc(f.Panels, func(p Panel) bool { return slices.ContainsFunc(p.Marks, has) }) {
			kept = append(kept, i)
		} else {
			empty = append(empty, s)
		}
	}
	if len(empty) == 0 {
		return f, nil
	}
	f.Series, f.Panels = chosen(f.Series, kept), slices.Clone(f.Panels)
	for i, p := range f.Panels {
		f.Panels[i].Marks = nil
		for _, m := range p.Marks {
			f.Panels[i].Marks = append(f.Panels[i].Marks, m.only(kept))
		}
	}
	return f, empty
}
