package chart

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Cells are a heat map: how many of something lie in each cell of a grid. Their
// colours go by the logarithm of the number, and a bar above the panel says which is
// which. They belong to no series.
type Cells struct {
	X, Y   []float64   // edges of the columns and of the rows, ascending
	Counts [][]float64 // by column, and then by row; 0 is drawn as nothing
	Most   float64     // what the strongest colour stands for; 0: the most of any cell
	Of     string      // what is counted; empty: there is no bar, as beside a panel that has it
}

func (c Cells) most() float64 {
	most := 0.0
	for _, column := range c.Counts {
		for _, n := range column {
			most = max(most, n)
		}
	}
	return most
}

func (c Cells) span() span {
	s := nothing
	if c.most() > 0 {
		for _, y := range c.Y {
			s = s.with(y, y, y)
		}
	}
	return s
}

func (Cells) layer() layer { return standing }

func (c Cells) only([]int) Mark { return c }

func (c Cells) draw(a area) {
	most := c.Most
	if most == 0 {
		most = c.most()
	}
	for i, column := range c.Counts {
		for j, n := range column {
			if n <= 0 {
				continue
			}
			const overlap = 0.6 // of neighbours, more than a pixel, or a fine line would be seen between them
			fill(a.Canvas, vg.Rectangle{
				Min: vg.Point{X: a.x(c.X[i]), Y: a.height(c.Y[j])}, Max: vg.Point{X: min(a.x(c.X[i+1])+overlap, a.Max.X), Y: min(a.height(c.Y[j+1])+overlap, a.Max.Y)},
			}, a.theme.heat(shareOf(n, most)))
		}
	}
	if c.Of != "" {
		c.bar(a, most)
	}
}

// shareOf is where a number stands between 1 and the greatest, by its logarithm.
func shareOf(n, most float64) float64 {
	if most <= 1 {
		return 1
	}
	return math.Log(max(n, 1)) / math.Log(most)
}

// bar draws the scale of colours above the right end of an area.
func (c Cells) bar(a area, most float64) {
	const height, steps, least = 7, 30, 20
	style := a.theme.Caption
	last := Count.exact(most) + " " + c.Of
	width := min(90, a.Size().X/2-style.Width(last))
	if width < least { // a label stands beside it
		return
	}
	right := a.Max.X - style.Width(last) - 4
	left, y := right-width, a.Max.Y+5
	for i := range steps {
		x := left + width*vg.Length(i)/steps
		fill(a.Canvas, vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + width/steps, Y: y + height}}, a.theme.heat(float64(i)/(steps-1)))
	}
	a.theme.text(a.Canvas, style, left-4, y+height/2, draw.XRight, draw.YCenter, "1")
	a.theme.text(a.Canvas, style, right+4, y+height/2, draw.XLeft, draw.YCenter, last)
}

func (Cells) key(draw.Canvas, Theme, look, vg.Length, vg.Length, vg.Length) {}

// heat is the colour of a share between none and all.
func (t Theme) heat(share float64) color.RGBA {
	at := min(max(share, 0), 1) * float64(len(t.palette.heat)-1)
	i := min(int(at), len(t.palette.heat)-2)
	from, to, part := t.palette.heat[i], t.palette.heat[i+1], at-float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*part)) }
	return color.RGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 0xff}
}
