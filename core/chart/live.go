package chart

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/benchctl/benchctl/core/stats"
)

// live is a canvas that keeps apart which series is drawn, and what each value is.
type live interface {
	begin(series int, name string)
	end()
	value(at vg.Point, text string)
}

// live is the canvas beneath those that were cropped, or nil if it keeps nothing
// apart.
func (a area) live() live {
	var c vg.Canvas = a.Canvas
	for {
		part, is := c.(draw.Canvas)
		if !is {
			break
		}
		c = part.Canvas
	}
	of, _ := c.(live)
	return of
}

// begin says that what follows is of a series, until another begins or all end.
func (a area) begin(of look) {
	if c := a.live(); c != nil {
		c.begin(of.entry, of.name)
	}
}

func (a area) end() {
	if c := a.live(); c != nil {
		c.end()
	}
}

// value says what a series has at a place, or without one if that is negative.
func (a area) value(at vg.Point, of look, place int, text string) {
	c := a.live()
	if c == nil {
		return
	}
	where := []string{a.of.YLabel, of.name}
	if a.of.Title != "" {
		where[0] = a.of.Title + ", " + where[0]
	}
	if place >= 0 {
		where = append(where, a.of.places()[place])
	}
	where = slices.DeleteFunc(where, func(word string) bool { return word == "" })
	c.value(at, strings.Join(where, " · ")+": "+text)
}

// places are the names of the places of x.
func (p Panel) places() []string {
	if p.X == nil {
		return p.Groups
	}
	names := make([]string, len(p.X.Places))
	for i, at := range p.X.Places {
		names[i] = p.X.Unit.exact(at)
	}
	return names
}

// estimated writes an estimate with its interval.
func (u Unit) estimated(e stats.Estimate) string {
	text := u.measured(e.Value)
	if e.Known() {
		text += fmt.Sprintf(" [%s, %s]", u.measured(e.Low), u.measured(e.High))
	}
	return text
}

// part is a part of a picture, of one series or of none.
type part struct {
	series int // negative: none
	name   string
	canvas *vgsvg.Canvas
}

// shown is a value where it stands.
type shown struct {
	series int
	at     vg.Point
	text   string
}

func (c *svgCanvas) begin(series int, name string) {
	if c.theme.Live {
		c.cut()
		c.current.series, c.current.name = series, name
	}
}

func (c *svgCanvas) end() {
	if c.theme.Live {
		c.cut()
		c.current = part{series: -1}
	}
}

func (c *svgCanvas) value(at vg.Point, text string) {
	if c.theme.Live {
		c.values = append(c.values, shown{c.current.series, vg.Point{X: at.X, Y: c.theme.Height - at.Y}, text})
	}
}

// of says which series a text is of, if it is of one.
func (t placed) of(b *bytes.Buffer) {
	if t.series >= 0 {
		fmt.Fprintf(b, ` data-series="%d"`, t.series)
	}
}

// cut ends a part: what follows is drawn on a canvas of its own.
func (c *svgCanvas) cut() {
	c.current.canvas = c.Canvas
	c.parts = append(c.parts, c.current)
	c.Canvas = vgsvg.New(c.theme.Width, c.theme.Height)
	c.Canvas.SetColor(c.color)
}

var styled = regexp.MustCompile(`style="([^"]*)"`)

// writeParts writes what was drawn, the parts of each series in groups that say so.
// Attributes stand in the place of styles, which a page's policy may forbid.
func (c *svgCanvas) writeParts(b *bytes.Buffer) error {
	c.end()
	for _, p := range c.parts {
		var drawn bytes.Buffer
		if _, err := p.canvas.WriteTo(&drawn); err != nil {
			return err
		}
		_, body := taken(drawn.Bytes())
		if !bytes.Contains(body, []byte("<path")) {
			continue
		}
		if p.series >= 0 {
			fmt.Fprintf(b, `<g data-series="%d" data-name="%s">`, p.series, inXML(p.name))
		}
		b.Write(styled.ReplaceAllFunc(body, attributes))
		if p.series >= 0 {
			b.WriteString("</g>\n")
		}
	}
	return nil
}

// attributes are what a style says.
func attributes(style []byte) []byte {
	var b bytes.Buffer
	for _, rule := range strings.Split(string(styled.FindSubmatch(style)[1]), ";") {
		if name, value, ok := strings.Cut(rule, ":"); ok {
			fmt.Fprintf(&b, "%s=\"%s\" ", strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	return bytes.TrimRight(b.Bytes(), " ")
}

// writeValues writes an unseen circle over each value, which says what it is.
func (c *svgCanvas) writeValues(b *bytes.Buffer) {
	if len(c.values) == 0 {
		return
	}
	b.WriteString("<g fill=\"none\" pointer-events=\"all\">\n")
	for _, v := range c.values {
		fmt.Fprintf(b, "<circle data-value=\"%d\" cx=\"%s\" cy=\"%s\" r=\"7\"><title>%s</title></circle>\n", v.series, places(v.at.X.Points(), 1), places(v.at.Y.Points(), 1), inXML(v.text))
	}
	b.WriteString("</g>\n")
}

// writeLive writes the picture of a figure as a part of a page, which says what it
// is of, and shows and hides series.
func (c *svgCanvas) writeLive(w io.Writer, f Figure) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %s %s\">\n",
		inXML(strings.TrimPrefix(f.Title+": "+f.Subtitle, ": ")), places(c.theme.Width.Points(), 2), places(c.theme.Height.Points(), 2))
	if err := c.writeParts(&b); err != nil {
		return err
	}
	var texts bytes.Buffer
	for _, t := range c.texts {
		if !c.theme.Text {
			c.outline(&texts, t)
		}
	}
	c.define(&b)
	c.typed(&texts)
	b.Write(texts.Bytes())
	c.writeValues(&b)
	b.WriteString("</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}
