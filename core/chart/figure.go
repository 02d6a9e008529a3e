// Package chart draws figures: values in, SVG, PNG or PDF out. A figure has
// panels, a panel has axes and marks between them, and a mark has estimates. It
// knows stores only as names that keep their colour, and nothing of archives;
// chart/kinds makes figures of what was measured.
//
// gonum/plot gives the canvases, the fonts and the shapes of points. Its own
// plots, bar charts and error bars are not used: they give each plot its own
// legend, a label that is turned by the side of the y axis, ticks at other than
// 1, 2 and 5 times powers of ten, and whiskers of one colour, which are not seen
// on dark bars. Panels here share a legend and ranges, say above the axis what it
// shows, and choose which places of the x axis have room for their names.
package chart

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	stdfont "golang.org/x/image/font"
	"golang.org/x/text/encoding/charmap"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is a picture before it is drawn: panels with a common legend, between
// a title and a caption.
type Figure struct {
	Title    string
	Subtitle string
	Series   []Series // the legend, in its order
	Panels   []Panel
	XLabel   string   // that all panels share
	Caption  []string // what the figure is made of
	Missing  []string // what it would show, if there were anything of it, and why there is not
	Warnings []string // what weakens it
}

// Series is one entry of the legend.
type Series struct {
	Name  string
	Store string // its colour
	Rank  int    // among the series of its store, from 0: its shade and marker
	Of    int    // series of its store
}

// Panel is one pair of axes with marks between them.
type Panel struct {
	Title  string
	XLabel string
	YLabel string
	Wide   bool     // twice as wide as others in its row
	Groups []string // the places of x, side by side
	X      *Axis    // or the places of x at their true distances
	Y      Scale
	Marks  []Mark
}

// Scale is what a panel's y axis measures.
type Scale struct {
	Unit Unit
	Log  bool
	// Low and High are the least range; 0 leaves it to the marks.
	Low, High float64
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
		canvas := vgsvg.New(theme.Width, theme.Height)
		f.draw(draw.New(canvas), theme)
		var b bytes.Buffer
		if _, err := canvas.WriteTo(&b); err != nil {
			return err
		}
		_, err := w.Write(withFallbackFonts(b.Bytes()))
		return err
	case PNG:
		canvas := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(theme.Width, theme.Height), vgimg.UseDPI(theme.DPI))}
		f.draw(draw.New(canvas), theme)
		_, err := canvas.WriteTo(w)
		return err
	case PDF:
		canvas := vgpdf.New(theme.Width, theme.Height)
		f.draw(draw.New(pdfCanvas{canvas}), theme)
		_, err := canvas.WriteTo(w)
		return err
	}
	return fmt.Errorf("format %q is none of svg, png, pdf", format)
}

// pdfCanvas works round two limits of vgpdf: of several fonts it embeds only
// one file, so bold type is drawn in the regular face, and it takes text as
// Windows-1252.
type pdfCanvas struct{ *vgpdf.Canvas }

// FillString draws a text.
func (c pdfCanvas) FillString(face font.Face, at vg.Point, text string) {
	regular := face.Font
	regular.Weight = stdfont.WeightNormal
	if encoded, err := charmap.Windows1252.NewEncoder().String(text); err == nil {
		text = encoded
	}
	c.Canvas.FillString(font.DefaultCache.Lookup(regular, regular.Size), at, text)
}

func (f Figure) drawable() bool {
	return slices.ContainsFunc(f.Panels, func(p Panel) bool { return !p.span().empty })
}

// withFallbackFonts names fonts that are like ours, for a machine that lacks
// them.
func withFallbackFonts(svg []byte) []byte {
	return bytes.ReplaceAll(svg, []byte("font-family:Liberation Sans"), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif"))
}

// draw places the parts of a figure from top to bottom.
func (f Figure) draw(c draw.Canvas, theme Theme) {
	theme.fill(c, c.Rectangle, theme.Background)
	area := draw.Crop(c, theme.Margin, -theme.Margin, theme.Margin*0.8, -theme.Margin*0.9)

	y := area.Max.Y
	y = theme.lines(area, y, theme.Title, theme.wrap(theme.Title, f.Title, area.Size().X))
	if f.Subtitle != "" {
		y = theme.lines(area, y-2, theme.Subtitle, theme.wrap(theme.Subtitle, f.Subtitle, area.Size().X))
	}
	y = f.legend(area, y-10, theme)

	bottom := f.caption(area, theme)
	area.Max.Y, area.Min.Y = y-8, bottom+10
	for _, line := range slices.Backward(theme.wrap(theme.Label, f.xLabel(), area.Size().X)) {
		theme.text(area, theme.Label, (area.Min.X+area.Max.X)/2, area.Min.Y, draw.XCenter, draw.YBottom, line)
		area.Min.Y += theme.Label.Font.Size * 1.4
	}
	all := tiles(area, f.Panels, theme)
	labels := 0 // the most lines that a panel's label takes: axes side by side begin at one height
	for i, tile := range all {
		labels = max(labels, len(f.Panels[i].label(tile, theme)))
	}
	for i, tile := range all {
		f.Panels[i].draw(tile, theme, f.Series, labels)
	}
}

// xLabel is the label of the axis that all panels share.
func (f Figure) xLabel() string {
	if slices.ContainsFunc(f.Panels, func(p Panel) bool { return p.X != nil && p.X.Log }) {
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

// legend draws the names of the series, in as many rows as they need.
func (f Figure) legend(area draw.Canvas, y vg.Length, theme Theme) vg.Length {
	const key, gap = 16, 5
	x := area.Min.X
	height := theme.Label.Font.Size * 1.5
	for _, s := range f.Series {
		width := key + gap + theme.Label.Width(s.Name)
		if x > area.Min.X && x+width > area.Max.X {
			x, y = area.Min.X, y-height
		}
		middle := y - height/2
		f.Panels[0].Marks[0].key(area, theme, s, x, middle, key)
		theme.text(area, theme.Label, x+key+gap, middle, draw.XLeft, draw.YCenter, s.Name)
		x += width + 18
	}
	return y - height
}

// caption draws the caption and the warnings at the bottom, and returns where
// they begin.
func (f Figure) caption(area draw.Canvas, theme Theme) vg.Length {
	var lines []string
	var styles []draw.TextStyle
	add := func(style draw.TextStyle, texts []string) {
		for _, text := range texts {
			for _, line := range theme.wrap(style, text, area.Size().X) {
				lines, styles = append(lines, line), append(styles, style)
			}
		}
	}
	add(theme.Warning, prefixed("! ", f.Warnings))
	add(theme.Caption, f.Missing)
	add(theme.Caption, f.Caption)
	height := theme.Caption.Font.Size * 1.35
	y := area.Min.Y + height*vg.Length(len(lines))
	top := y
	for i, line := range lines {
		theme.text(area, styles[i], area.Min.X, y, draw.XLeft, draw.YTop, line)
		y -= height
	}
	return top
}

func prefixed(prefix string, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = prefix + line
	}
	return out
}

// tiles divides an area among panels, at most four in a row.
func tiles(area draw.Canvas, panels []Panel, theme Theme) []draw.Canvas {
	columns := min(len(panels), 4)
	if len(panels) > 4 {
		columns = (len(panels) + 1) / 2
	}
	rows := (len(panels) + columns - 1) / columns
	height := (area.Size().Y - theme.Gap*vg.Length(rows-1)) / vg.Length(rows)
	var out []draw.Canvas
	top := area.Max.Y
	for row := range slices.Chunk(panels, columns) {
		shares := vg.Length(columns - len(row)) // of the width
		for _, p := range row {
			shares += p.share()
		}
		width := (area.Size().X - theme.Gap*vg.Length(columns-1)) / shares
		left := area.Min.X
		for _, p := range row {
			right := left + width*p.share()
			out = append(out, draw.Canvas{Canvas: area.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: left, Y: top - height}, Max: vg.Point{X: right, Y: top},
			}})
			left = right + theme.Gap
		}
		top -= height + theme.Gap
	}
	return out
}

func (p Panel) share() vg.Length {
	if p.Wide {
		return 2
	}
	return 1
}
