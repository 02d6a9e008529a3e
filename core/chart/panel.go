package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/benchctl/benchctl/core/stats"
)

// tickEvery is the distance of ticks that the eye likes, in points.
const tickEvery = 42

func (p Panel) draw(c draw.Canvas, theme Theme, series []Series) {
	top := c.Max.Y
	if p.Title != "" {
		theme.text(c, theme.Panel, c.Min.X, top, draw.XLeft, draw.YTop, p.Title)
		top -= theme.Panel.Font.Size * 1.9
	}
	if p.YLabel != "" { // above the axis, where it is read without turning the head
		theme.text(c, theme.Value, c.Min.X, top, draw.XLeft, draw.YTop, p.YLabel)
		top -= theme.Value.Font.Size * 2
	}
	bottom := c.Min.Y + theme.Label.Font.Size*1.5
	if p.XLabel != "" {
		theme.text(c, theme.Label, (c.Min.X+c.Max.X)/2, c.Min.Y, draw.XCenter, draw.YBottom, p.XLabel)
		bottom += theme.Label.Font.Size * 1.4
	}
	y := p.scale(int((top - bottom) / tickEvery))
	left := c.Min.X
	for _, tick := range y.ticks {
		left = max(left, c.Min.X+theme.Label.Width(p.Format(tick))+6)
	}
	for _, tick := range y.ticks {
		height := y.at(tick, bottom, top)
		c.StrokeLine2(draw.LineStyle{Color: theme.Grid, Width: 0.7}, left, height, c.Max.X, height)
		theme.text(c, theme.Label, left-6, height+theme.Label.Font.Size*0.09, draw.XRight, draw.YCenter, p.Format(tick))
	}
	plot := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: left, Y: bottom}, Max: vg.Point{X: c.Max.X, Y: top}}}
	if !p.Lines {
		p.bars(plot, theme, y, series)
	}
	c.StrokeLine2(draw.LineStyle{Color: theme.Axis, Width: 1}, left, bottom, c.Max.X, bottom) // bars stand on it, lines may run over it
	if p.Lines {
		p.lines(plot, theme, y, series)
	}
}

// span is from the least value above 0 to the greatest, with their intervals.
func (p Panel) span() (low, high float64) {
	low = math.Inf(1)
	for _, e := range slices.Concat(p.Values...) {
		if e.N == 0 {
			continue
		}
		bottom, top := e.Value, e.Value
		if e.Known() {
			bottom, top = min(bottom, e.Low), max(top, e.High)
		}
		if bottom > 0 {
			low = min(low, bottom)
		}
		high = max(high, top)
	}
	return low, high
}

// scale holds every value with its interval.
func (p Panel) scale(ticks int) scale {
	low, high := p.span()
	if p.High > 0 {
		low, high = min(low, p.Low), max(high, p.High)
	}
	if math.IsInf(low, 1) {
		low = 1
	}
	if !p.YLog {
		high *= 1.04 // room for the figure above the highest bar
	}
	return newScale(low, max(high, low), p.YLog, max(ticks, 3))
}

// slots divides the width among groups and names them.
func (p Panel) slots(c draw.Canvas, theme Theme) []vg.Length {
	width := c.Size().X / vg.Length(len(p.Groups))
	middles := make([]vg.Length, len(p.Groups))
	widest := vg.Length(0)
	for i, name := range p.Groups {
		middles[i] = c.Min.X + width*(vg.Length(i)+0.5)
		widest = max(widest, theme.Label.Width(name))
	}
	style := theme.Label
	if widest > width-3 { // smaller type rather than labels that run into each other
		style.Font.Size *= (width - 3) / widest
	}
	for i, name := range p.Groups {
		theme.text(c, style, middles[i], c.Min.Y-5, draw.XCenter, draw.YTop, name)
	}
	return middles
}

func (p Panel) bars(c draw.Canvas, theme Theme, y scale, series []Series) {
	middles := p.slots(c, theme)
	group := c.Size().X / vg.Length(len(p.Groups)) * 0.82
	width := group / vg.Length(len(series))
	if width > 90 {
		width = 90
	}
	begin := -width * vg.Length(len(series)) / 2
	for i, s := range series {
		for j, e := range p.Values[i] {
			if e.N == 0 {
				continue
			}
			x := middles[j] + begin + width*vg.Length(i)
			top := y.at(e.Value, c.Min.Y, c.Max.Y)
			gap := min(width*0.08, 2)
			theme.fill(c, vg.Rectangle{Min: vg.Point{X: x + gap, Y: c.Min.Y}, Max: vg.Point{X: x + width - gap, Y: top}}, s.shade())
			above := top
			if e.Known() {
				half := min(width*0.18, 5)
				p.whisker(c, draw.LineStyle{Color: theme.Background, Width: 2.9}, y, e, x+width/2, half+0.8) // to be seen on dark bars
				p.whisker(c, draw.LineStyle{Color: theme.Axis, Width: 1.3}, y, e, x+width/2, half)
				above = y.at(e.High, c.Min.Y, c.Max.Y)
			}
			if text := p.Format(e.Value); theme.Value.Width(text) < width+1 {
				theme.text(c, theme.Value, x+width/2, above+3, draw.XCenter, draw.YBottom, text)
			}
		}
	}
}

// whisker draws an interval.
func (p Panel) whisker(c draw.Canvas, style draw.LineStyle, y scale, e stats.Estimate, x, half vg.Length) {
	low, high := y.at(e.Low, c.Min.Y, c.Max.Y), y.at(e.High, c.Min.Y, c.Max.Y)
	c.StrokeLine2(style, x, low, x, high)
	c.StrokeLine2(style, x-half, low, x+half, low)
	c.StrokeLine2(style, x-half, high, x+half, high)
}

func (p Panel) lines(c draw.Canvas, theme Theme, y scale, series []Series) {
	place, room := p.places(c, theme)
	radius := min(4.2, max(room*0.6, 3.2))
	for i, s := range series {
		// Series stand a little apart, so that equal ones do not hide each other.
		shift := vg.Length(i) - vg.Length(len(series)-1)/2
		shift *= min(3, room/vg.Length(len(series)))
		var points []vg.Point
		for j, e := range p.Values[i] {
			if e.N == 0 {
				continue
			}
			x := place(i, j) + shift
			if e.Known() {
				p.whisker(c, draw.LineStyle{Color: s.shade(), Width: 1.3}, y, e, x, radius/1.4)
			}
			points = append(points, vg.Point{X: x, Y: y.at(e.Value, c.Min.Y, c.Max.Y)})
		}
		c.StrokeLines(draw.LineStyle{Color: s.shade(), Width: 2.2}, points)
		for _, at := range points {
			c.DrawGlyphNoClip(draw.GlyphStyle{Color: s.shade(), Radius: radius, Shape: s.marker()}, at)
		}
	}
}

// places draws the x axis of lines. It returns where each value of each series
// stands, and the room that all series have round a place.
func (p Panel) places(c draw.Canvas, theme Theme) (place func(series, value int) vg.Length, room vg.Length) {
	const most = 14
	if p.X != nil {
		x, nearest := p.X.draw(c, theme)
		return func(i, j int) vg.Length { return x(p.X.At[i][j]) }, min(most, nearest/5)
	}
	middles := p.slots(c, theme)
	for _, x := range middles {
		c.StrokeLine2(draw.LineStyle{Color: theme.Axis, Width: 1}, x, c.Min.Y, x, c.Min.Y-3)
	}
	return func(_, j int) vg.Length { return middles[j] }, most
}
