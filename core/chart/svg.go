package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"

	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// svgCanvas draws paths as vgsvg does. Texts it keeps for the end, where they are
// written as outlines: each glyph is defined once, in the units of its face, and
// used wherever it stands. Above them lies the same text unseen, for those who
// search and copy.
type svgCanvas struct {
	*vgsvg.Canvas
	theme  Theme
	color  color.Color
	texts  []placed
	glyphs map[glyph]string // its path, empty if nothing is seen of it
	order  []glyph          // in which they came

	parts   []part // of a live picture, before the current one
	current part
	values  []shown
}

// placed is a text where it stands.
type placed struct {
	face   font.Face
	at     vg.Point
	text   string
	color  color.Color
	series int // negative: of none
}

type glyph struct {
	bold  bool
	index sfnt.GlyphIndex
}

func newSVG(theme Theme) *svgCanvas {
	return &svgCanvas{Canvas: vgsvg.New(theme.Width, theme.Height), theme: theme, glyphs: map[glyph]string{}, current: part{series: -1}}
}

// SetColor sets the colour of what is drawn next.
func (c *svgCanvas) SetColor(color color.Color) {
	c.color = color
	c.Canvas.SetColor(color)
}

// FillString keeps a text.
func (c *svgCanvas) FillString(face font.Face, at vg.Point, text string) {
	c.texts = append(c.texts, placed{face, vg.Point{X: at.X, Y: c.theme.Height - at.Y}, text, c.color, c.current.series})
}

// write writes the picture of a figure.
func (c *svgCanvas) write(w io.Writer, f Figure) error {
	if c.theme.Live {
		return c.writeLive(w, f)
	}
	var drawn, texts bytes.Buffer
	if _, err := c.WriteTo(&drawn); err != nil {
		return err
	}
	for _, t := range c.texts {
		if !c.theme.Text {
			c.outline(&texts, t)
		}
	}
	c.typed(&texts)
	attributes, body := taken(drawn.Bytes())
	provenance, err := f.Provenance.xml()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<?xml version=\"1.0\"?>\n<svg role=\"img\"%s>\n<title>%s</title>\n<desc>%s</desc>\n<metadata>%s</metadata>\n",
		attributes, inXML(f.Title), inXML(f.description()), provenance)
	c.define(&b)
	b.Write(body)
	b.Write(texts.Bytes())
	b.WriteString("</svg>\n")
	_, err = w.Write(b.Bytes())
	return err
}

// define writes the glyphs that are used, but for those that the page has.
func (c *svgCanvas) define(b *bytes.Buffer) {
	if len(c.order) == 0 {
		return
	}
	b.WriteString("<defs>\n")
	for _, g := range c.order {
		if c.theme.Glyphs[g.id()] {
			continue
		}
		if c.theme.Glyphs != nil {
			c.theme.Glyphs[g.id()] = true
		}
		fmt.Fprintf(b, "<path id=\"%s\" d=\"%s\"/>\n", g.id(), c.glyphs[g])
	}
	b.WriteString("</defs>")
}

// taken are the attributes of a picture that was drawn, and what is in it.
func taken(drawn []byte) (attributes, body []byte) {
	_, picture, _ := bytes.Cut(drawn, []byte("<svg"))
	attributes, body, _ = bytes.Cut(picture, []byte(">"))
	body, _, _ = bytes.Cut(body, []byte("</svg>"))
	return attributes, body
}

// id names a glyph: whichever figures stand in one page, the same name is the
// same glyph.
func (g glyph) id() string {
	if g.bold {
		return fmt.Sprintf("bc-b%d", g.index)
	}
	return fmt.Sprintf("bc-%d", g.index)
}

// outline draws the glyphs of a text, as the font package measures them.
func (c *svgCanvas) outline(b *bytes.Buffer, t placed) {
	var buffer sfnt.Buffer
	units := fixed.Int26_6(t.face.Face.UnitsPerEm())
	b.WriteString("<g")
	t.of(b)
	fmt.Fprintf(b, ` fill="%s" transform="translate(%s %s) scale(%s)">`,
		hex(t.color), places(t.at.X.Points(), 2), places(t.at.Y.Points(), 2), places(t.face.Font.Size.Points()/float64(units), 6))
	x, before := fixed.Int26_6(0), sfnt.GlyphIndex(0)
	for i, r := range t.text {
		index, err := t.face.Face.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		if kern, err := t.face.Face.Kern(&buffer, before, index, units, stdfont.HintingNone); i > 0 && err == nil {
			x += kern
		}
		g := glyph{t.face.Font.Weight == stdfont.WeightBold, index}
		if c.path(g, t.face, units) != "" {
			fmt.Fprintf(b, `<use xlink:href="#%s"`, g.id())
			if x != 0 {
				fmt.Fprintf(b, ` x="%d"`, x)
			}
			b.WriteString("/>")
		}
		if advance, err := t.face.Face.GlyphAdvance(&buffer, index, units, stdfont.HintingNone); err == nil {
			x += advance
		}
		before = index
	}
	b.WriteString("</g>\n")
}

// path is the outline of a glyph in the units of its face.
func (c *svgCanvas) path(g glyph, face font.Face, units fixed.Int26_6) string {
	if path, known := c.glyphs[g]; known {
		return path
	}
	var buffer sfnt.Buffer
	segments, err := face.Face.LoadGlyph(&buffer, g.index, units, nil)
	var b strings.Builder
	for i, s := range segments {
		letter, points := "M", 1
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				b.WriteByte('Z')
			}
		case sfnt.SegmentOpLineTo:
			letter = "L"
		case sfnt.SegmentOpQuadTo:
			letter, points = "Q", 2
		case sfnt.SegmentOpCubeTo:
			letter, points = "C", 3
		}
		b.WriteString(letter)
		for j, p := range s.Args[:points] {
			if j > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "%d %d", p.X, p.Y)
		}
	}
	if b.Len() > 0 && err == nil {
		b.WriteByte('Z')
		c.order = append(c.order, g)
	}
	c.glyphs[g] = b.String()
	return c.glyphs[g]
}

// typed writes all texts as text, in the width that they were measured with: seen
// if the theme leaves text as text, and else not.
func (c *svgCanvas) typed(b *bytes.Buffer) {
	fmt.Fprintf(b, `<g font-family="'Liberation Sans',Arial,Helvetica,sans-serif"`)
	if !c.theme.Text {
		b.WriteString(` fill="none"`)
	}
	b.WriteString(">\n")
	for _, t := range c.texts {
		b.WriteString("<text")
		t.of(b)
		fmt.Fprintf(b, ` x="%s" y="%s" font-size="%s" textLength="%s" lengthAdjust="spacingAndGlyphs"`, places(t.at.X.Points(), 2), places(t.at.Y.Points(), 2),
			places(t.face.Font.Size.Points(), 2), places(t.face.Width(t.text).Points(), 2))
		if c.theme.Text {
			if t.face.Font.Weight == stdfont.WeightBold {
				b.WriteString(` font-weight="bold"`)
			}
			fmt.Fprintf(b, ` fill="%s"`, hex(t.color))
		}
		fmt.Fprintf(b, ">%s</text>\n", inXML(t.text))
	}
	b.WriteString("</g>\n")
}

// places writes a number with so many decimal places at most.
func places(x float64, n int) string {
	scale := math.Pow(10, float64(n))
	return strconv.FormatFloat(math.Round(x*scale)/scale, 'f', -1, 64)
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// inXML is a text as an element has it.
func inXML(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes all
	return b.String()
}
