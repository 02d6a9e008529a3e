package chart

import (
	"hash/fnv"
	"image/color"
	"math"
	"strings"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/benchctl/benchctl/core/format"
)

// Theme is how a figure looks: sizes in points, colours, type.
type Theme struct {
	Width, Height vg.Length
	DPI           int // of a PNG
	Margin, Gap   vg.Length

	Title, Subtitle, Panel, Label, Value, Caption, Warning draw.TextStyle

	Background, Grid, Axis color.Color
}

// Slide fills a slide of 16 to 9, and is readable from the back of a room.
var Slide = newTheme(960, 540, 1)

// Page is for a document: narrower, with smaller type.
var Page = newTheme(640, 400, 0.8)

func newTheme(width, height, scale vg.Length) Theme {
	style := func(size vg.Length, c color.Color, weight stdfont.Weight) draw.TextStyle {
		return draw.TextStyle{
			Color:   c,
			Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size * scale, Weight: weight},
			Handler: plot.DefaultTextHandler,
		}
	}
	ink, soft := color.Gray{0x22}, color.Gray{0x55}
	return Theme{
		Width: width, Height: height, DPI: 144, Margin: 36 * scale, Gap: 28 * scale,
		Title:      style(24, ink, stdfont.WeightBold),
		Subtitle:   style(14.5, soft, stdfont.WeightNormal),
		Panel:      style(14.5, ink, stdfont.WeightBold),
		Label:      style(13, ink, stdfont.WeightNormal),
		Value:      style(11.5, ink, stdfont.WeightNormal),
		Caption:    style(10.5, soft, stdfont.WeightNormal),
		Warning:    style(10.5, color.RGBA{0x9a, 0x34, 0x00, 0xff}, stdfont.WeightBold),
		Background: color.White, Grid: color.Gray{0xdd}, Axis: color.Gray{0x66},
	}
}

// The palette is that of Okabe and Ito (2008), which people with any of the
// common colour-vision deficiencies can tell apart, without its yellow, which
// is too faint on white.
var (
	blue       = color.RGBA{0x00, 0x72, 0xb2, 0xff}
	vermillion = color.RGBA{0xd5, 0x5e, 0x00, 0xff}
	green      = color.RGBA{0x00, 0x9e, 0x73, 0xff}
	purple     = color.RGBA{0xcc, 0x79, 0xa7, 0xff}
	orange     = color.RGBA{0xe6, 0x9f, 0x00, 0xff}
	sky        = color.RGBA{0x56, 0xb4, 0xe9, 0xff}
	grey       = color.RGBA{0x6b, 0x6b, 0x6b, 0xff}
)

// hues are the colours that stores keep in every chart.
var hues = map[string]color.RGBA{"etcd": blue, "zookeeper": vermillion, "raftembed": green, "memory": grey}

var otherHues = []color.RGBA{purple, orange, sky}

// hue returns a store's colour: a name that is not known always gets the same.
func hue(store string) color.RGBA {
	if c, ok := hues[store]; ok {
		return c
	}
	h := fnv.New32a()
	h.Write([]byte(store))
	return otherHues[h.Sum32()%uint32(len(otherHues))]
}

// shade returns the series' own tone of its store's colour: the first one
// dark, the last one light.
func (s Series) shade() color.RGBA {
	c := hue(s.Store)
	if s.Of < 2 {
		return c
	}
	at := float64(s.Rank) / float64(s.Of-1)
	toward, share := color.RGBA{0, 0, 0, 0xff}, 0.45*(1-2*at)
	if at > 0.5 {
		toward, share = color.RGBA{0xff, 0xff, 0xff, 0xff}, 0.45*(2*at-1)
	}
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*share)) }
	return color.RGBA{mix(c.R, toward.R), mix(c.G, toward.G), mix(c.B, toward.B), 0xff}
}

// marker is the series' shape, by its place in its store.
func (s Series) marker() draw.GlyphDrawer {
	shapes := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, diamond{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}}
	return shapes[s.Rank%len(shapes)]
}

// diamond is a filled square on its corner.
type diamond struct{}

func (diamond) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	r := style.Radius * 1.25
	c.FillPolygon(style.Color, []vg.Point{{X: at.X, Y: at.Y + r}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y - r}, {X: at.X - r, Y: at.Y}})
}

func (t Theme) fill(c draw.Canvas, r vg.Rectangle, with color.Color) {
	c.FillPolygon(with, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}})
}

func (t Theme) text(c draw.Canvas, style draw.TextStyle, x, y vg.Length, xAlign draw.XAlignment, yAlign draw.YAlignment, text string) {
	style.XAlign, style.YAlign = xAlign, yAlign
	c.FillText(style, vg.Point{X: x, Y: y}, strings.Join(strings.Fields(format.Plain(text)), " "))
}

// lines draws lines of text from y down, and returns where they end.
func (t Theme) lines(c draw.Canvas, y vg.Length, style draw.TextStyle, lines []string) vg.Length {
	for _, line := range lines {
		t.text(c, style, c.Min.X, y, draw.XLeft, draw.YTop, line)
		y -= style.Font.Size * 1.3
	}
	return y
}

// wrap breaks a text into lines that fit a width.
func (t Theme) wrap(style draw.TextStyle, text string, width vg.Length) []string {
	if text == "" {
		return nil
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(format.Plain(text)) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && style.Width(longer) > width {
			lines, line = append(lines, line), word
			continue
		}
		line = longer
	}
	return append(lines, line)
}
