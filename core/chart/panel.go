package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// tickEvery is the distance of ticks that the eye likes, in points.
const tickEvery = 42

// label is what the y axis shows, in lines that fit a panel.
func (p Panel) label(c draw.Canvas, theme Theme) []string {
	label := p.YLabel
	if p.Y.Log {
		label = said(label)
	}
	return theme.wrap(theme.Value, label, c.Size().X)
}

// draw draws the panel, with room for a label of so many lines.
func (p Panel) draw(c draw.Canvas, theme Theme, series []Series, labels int) {
	top := c.Max.Y
	if p.Title != "" {
		theme.text(c, theme.Panel, c.Min.X, top, draw.XLeft, draw.YTop, p.Title)
		top -= theme.Panel.Font.Size * 1.9
	}
	if labels > 0 { // above the axis, where it is read without turning the head
		theme.lines(c, top, theme.Value, p.label(c, theme))
		top -= theme.Value.Font.Size * (2 + 1.3*vg.Length(labels-1))
	}
	bottom := c.Min.Y + theme.Label.Font.Size*1.5
	if p.XLabel != "" {
		theme.text(c, theme.Label, (c.Min.X+c.Max.X)/2, c.Min.Y, draw.XCenter, draw.YBottom, p.XLabel)
		bottom += theme.Label.Font.Size * 1.4
	}
	y := p.scale(int((top - bottom) / tickEvery))
	left := c.Min.X
	for _, tick := range y.ticks {
		left = max(left, c.Min.X+theme.Label.Width(p.Y.Unit.round(tick))+6)
	}
	for _, tick := range y.ticks {
		height := y.at(tick, bottom, top)
		c.StrokeLine2(draw.LineStyle{Color: theme.Grid, Width: 0.7}, left, height, c.Max.X, height)
		theme.text(c, theme.Label, left-6, height+theme.Label.Font.Size*0.09, draw.XRight, draw.YCenter, p.Y.Unit.round(tick))
	}
	inside := area{theme: theme, y: y, unit: p.Y.Unit, series: series}
	inside.Canvas = draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: left, Y: bottom}, Max: vg.Point{X: c.Max.X, Y: top}}}
	ticked := slices.ContainsFunc(p.Marks, func(m Mark) bool { return !m.stands() })
	if p.X != nil {
		p.X.draw(&inside)
	} else {
		p.slots(&inside, ticked)
	}
	p.marks(inside, true)
	c.StrokeLine2(draw.LineStyle{Color: theme.Axis, Width: 1}, left, bottom, c.Max.X, bottom)
	p.marks(inside, false)
}

// marks draws the marks that stand on the x axis, or the others.
func (p Panel) marks(inside area, standing bool) {
	for _, m := range p.Marks {
		if m.stands() == standing {
			m.draw(inside)
		}
	}
}

func (p Panel) span() span {
	s := nothing
	for _, m := range p.Marks {
		s = s.and(m.span())
	}
	return s
}

// Align gives panels that stand side by side one range of values, so that
// heights compare.
func Align(panels []Panel) {
	s := nothing
	for _, p := range panels {
		s = s.and(p.span())
	}
	for i := range panels {
		panels[i].Y.Low, panels[i].Y.High = s.low, s.high
	}
}

// scale holds every value with its interval.
func (p Panel) scale(ticks int) scale {
	s := p.span()
	low, high := s.low, s.high
	if p.Y.High > 0 {
		low, high = min(low, p.Y.Low), max(high, p.Y.High)
	}
	if math.IsInf(low, 1) {
		low = 1
	}
	if !p.Y.Log {
		high *= 1.04 // room for the figure above the highest bar
	}
	return newScale(low, max(high, low), p.Y.Log, max(ticks, 3))
}

// mostRoom is the most that series stand apart at one place, in points.
const mostRoom = 14

// slots divides the width among groups, and names them.
func (p Panel) slots(a *area, ticked bool) {
	width := a.Size().X / vg.Length(len(p.Groups))
	a.at = func(place int) vg.Length { return a.Min.X + width*(vg.Length(place)+0.5) }
	a.slot, a.room = width, mostRoom
	widest := vg.Length(0)
	for _, name := range p.Groups {
		widest = max(widest, a.theme.Label.Width(name))
	}
	style := a.theme.Label
	if widest > width-3 { // smaller type rather than labels that run into each other
		style.Font.Size *= (width - 3) / widest
	}
	for i, name := range p.Groups {
		a.theme.text(a.Canvas, style, a.at(i), a.Min.Y-5, draw.XCenter, draw.YTop, name)
	}
	if !ticked {
		return
	}
	for i := range p.Groups {
		a.StrokeLine2(draw.LineStyle{Color: a.theme.Axis, Width: 1}, a.at(i), a.Min.Y, a.at(i), a.Min.Y-3)
	}
}
