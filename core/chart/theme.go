package chart

import (
	"image/color"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Theme is how a figure looks: sizes in points, colours, type.
type Theme struct {
	Width, Height vg.Length
	DPI           int // of a PNG
	Margin, Gap   vg.Length

	Title, Subtitle, Panel, Label, Value, Caption, Warning draw.TextStyle

	Background, Grid, Axis color.Color

	// Text leaves text in an SVG as text, for a page that embeds the typeface:
	// Liberation Sans, regular and bold. Else its glyphs are drawn as outlines,
	// which look the same everywhere.
	Text bool

	// Live has an SVG say which series its parts are of and what its values are, for
	// a page that shows and hides them. It has no styles of its own, since a page may
	// forbid them, and no provenance. Glyphs are those that the page has already, which
	// are not drawn again; nil: none are shared.
	Live   bool
	Glyphs map[string]bool

	palette palette
	scale   vg.Length // of the type
}

// Slide fills a slide of 16 to 9, and is readable from the back of a room.
var Slide = newTheme(960, 540, 1, light)

// Page is for a document: narrower, with smaller type.
var Page = newTheme(640, 400, 0.8, light)

// Dark is the theme on a dark ground.
func (t Theme) Dark() Theme {
	dark := newTheme(t.Width, t.Height, t.scale, dark)
	dark.DPI, dark.Text, dark.Live, dark.Glyphs = t.DPI, t.Text, t.Live, t.Glyphs
	return dark
}

// Sized is the theme at another size. Its type stays as it is.
func (t Theme) Sized(width, height float64) Theme {
	t.Width, t.Height = vg.Length(width), vg.Length(height)
	return t
}

// colours are those of what a figure is drawn on, and of what is seen on it.
type colours struct {
	background, ink, soft, warning, grid, axis color.Color
	palette                                    palette
}

var (
	light = colours{
		background: color.White, ink: color.Gray{0x22}, soft: color.Gray{0x55}, warning: color.RGBA{0x9a, 0x34, 0x00, 0xff},
		grid: color.Gray{0xdd}, axis: color.Gray{0x66}, palette: onLight,
	}
	dark = colours{
		background: color.RGBA{0x16, 0x1a, 0x20, 0xff}, ink: color.Gray{0xe8}, soft: color.Gray{0xb4}, warning: color.RGBA{0xff, 0xb0, 0x70, 0xff},
		grid: color.RGBA{0x34, 0x3a, 0x44, 0xff}, axis: color.Gray{0x9a}, palette: onDark,
	}
)

func newTheme(width, height, scale vg.Length, on colours) Theme {
	style := func(size vg.Length, c color.Color, weight stdfont.Weight) draw.TextStyle {
		return draw.TextStyle{
			Color:   c,
			Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size * scale, Weight: weight},
			Handler: plot.DefaultTextHandler,
		}
	}
	return Theme{
		Width: width, Height: height, DPI: 144, Margin: 36 * scale, Gap: 28 * scale,
		Title:      style(24, on.ink, stdfont.WeightBold),
		Subtitle:   style(14.5, on.soft, stdfont.WeightNormal),
		Panel:      style(14.5, on.ink, stdfont.WeightBold),
		Label:      style(13, on.ink, stdfont.WeightNormal),
		Value:      style(11.5, on.ink, stdfont.WeightNormal),
		Caption:    style(10.5, on.soft, stdfont.WeightNormal),
		Warning:    style(10.5, on.warning, stdfont.WeightBold),
		Background: on.background, Grid: on.grid, Axis: on.axis,
		palette: on.palette, scale: scale,
	}
}
