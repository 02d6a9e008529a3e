package chart

import (
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

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

	series []int // of the figure's, if not all
}

// Scale is what a panel's y axis measures.
type Scale struct {
	Unit Unit
	Log  bool
	// Low and High are the least range; 0 leaves it to the marks.
	Low, High float64
	// From and To are the ends that somebody chose; nil leaves them to the marks.
	From, To *float64
}

// tickEvery is the distance of ticks that the eye likes, in points of a slide.
const tickEvery = 34

// mostLabelLines are what a panel's label may take.
const mostLabelLines = 2

// label is what the y axis shows, in lines that fit a panel.
func (p Panel) label(c draw.Canvas, theme Theme) []string {
	label := p.YLabel
	if p.Y.Log {
		label = said(label)
	}
	return wrapped(theme.Value, label, c.Size().X, mostLabelLines)
}

// valued reports whether any mark has its values above it.
func (p Panel) valued() bool {
	return slices.ContainsFunc(p.Marks, func(m Mark) bool {
		switch m.(type) {
		case Bars, Differences:
			return true
		}
		return false
	})
}

// frame is what a panel's marks stand between, with room above for a label of so many
// lines and below for names, and the scale that fits.
func (p Panel) frame(c draw.Canvas, theme Theme, labels int) (bottom, top vg.Length, y scale) {
	bottom, top = c.Min.Y+theme.Label.Font.Size*1.5, c.Max.Y
	if p.Title != "" {
		top -= theme.Panel.Font.Size * 1.5
	}
	if labels > 0 {
		top -= theme.Value.Font.Size * (2.3 + 1.3*vg.Length(labels-1))
	}
	if p.valued() {
		top -= theme.Value.Font.Size * 1.2
	}
	if _, lines := p.names(c.Size().X-theme.Label.Font.Size*4, theme); lines > 1 {
		bottom += theme.Label.Font.Size * 1.2
	}
	if p.XLabel != "" {
		bottom += theme.Label.Font.Size * 1.4
	}
	return bottom, top, p.scale(int((top - bottom) / (tickEvery * theme.scale)))
}

// ticksWidth is the room left of the inside for the names of ticks.
func (p Panel) ticksWidth(c draw.Canvas, theme Theme, labels int) vg.Length {
	_, _, y := p.frame(c, theme, labels)
	width := vg.Length(0)
	for _, tick := range y.ticks {
		width = max(width, theme.Label.Width(p.Y.Unit.round(tick))+6)
	}
	return min(width, c.Size().X/2)
}

// draw draws the panel, with room for a label of so many lines and left of the inside.
// It returns where the marks stand.
func (p Panel) draw(c draw.Canvas, theme Theme, looks []look, labels int, ticks vg.Length) vg.Rectangle {
	bottom, top, y := p.frame(c, theme, labels)
	above := c.Max.Y
	if p.Title != "" {
		theme.text(c, theme.Panel, c.Min.X, above, draw.XLeft, draw.YTop, elided(theme.Panel, p.Title, c.Size().X))
		above -= theme.Panel.Font.Size * 1.5
	}
	theme.lines(c, above, theme.Value, p.label(c, theme)) // above the axis, where it is read without turning the head
	if label := p.XLabel; label != "" {
		if p.X != nil && p.X.Log {
			label = said(label)
		}
		theme.text(c, theme.Label, (c.Min.X+c.Max.X)/2, c.Min.Y, draw.XCenter, draw.YBottom, elided(theme.Label, label, c.Size().X))
	}
	left := c.Min.X + ticks
	inside := area{theme: theme, y: y, unit: p.Y.Unit, looks: looks, of: p}
	inside.Canvas = draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: left, Y: bottom}, Max: vg.Point{X: c.Max.X, Y: top}}}
	if p.X != nil {
		p.X.draw(&inside)
	} else {
		p.slots(&inside, slices.ContainsFunc(p.Marks, func(m Mark) bool { return m.layer() == over }))
	}
	p.marks(inside, ground)
	for _, tick := range y.spaced(top-bottom, theme.Label.Font.Size*1.2) {
		height := y.at(tick, bottom, top)
		c.StrokeLine2(draw.LineStyle{Color: theme.Grid, Width: 0.7}, left, height, c.Max.X, height)
		theme.text(c, theme.Label, left-6, height+theme.Label.Font.Size*centre, draw.XRight, draw.YCenter, p.Y.Unit.round(tick))
	}
	p.marks(inside, standing)
	zero := y.at(max(y.low, 0), bottom, top)
	c.StrokeLine2(draw.LineStyle{Color: theme.Axis, Width: 1}, left, zero, c.Max.X, zero)
	p.marks(inside, over)
	return inside.Rectangle
}

// marks draws the marks of a layer.
func (p Panel) marks(inside area, of layer) {
	for _, m := range p.Marks {
		if m.layer() == of {
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
		panels[i].Y.Low, panels[i].Y.High = s.within(panels[i].Y.Log)
	}
}

// scale holds every value, and its interval unless that is far wider than the
// values reach.
func (p Panel) scale(ticks int) scale {
	ticks = max(ticks, 2)
	low, high := p.span().within(p.Y.Log)
	if p.Y.High > 0 {
		low, high = min(low, p.Y.Low), max(high, p.Y.High)
	}
	if p.Y.Log && !(low > 0) {
		low = 1
	}
	s := newScale(low, max(high, low), p.Y.Log, ticks)
	if p.Y.From == nil && p.Y.To == nil {
		return s
	}
	low, high = s.low, s.high
	if p.Y.From != nil {
		low = *p.Y.From
	}
	if p.Y.To != nil {
		high = *p.Y.To
	}
	return fixedScale(low, high, p.Y.Log, ticks)
}

// pointed reports whether bars are points: their length would mean nothing.
func (p Panel) pointed() bool { return p.Y.Log || p.scale(5).low != 0 }

// beyond reports whether an interval or a value goes on beyond an axis.
func (p Panel) beyond(s scale) bool {
	span := p.span()
	return span.most > s.high*(1+1e-9) || span.least < s.low-1e-9*math.Abs(s.low)
}

// mostRoom is the most that series stand apart at one place, in points.
const mostRoom = 14

// names chooses the type in which the names of the groups stand side by side in a
// width, and says in how many lines: two where one is too short, and in smaller type
// where words would be broken.
func (p Panel) names(width vg.Length, theme Theme) (style draw.TextStyle, lines int) {
	slot := p.slot(width)
	for _, scale := range []vg.Length{1, 0.85, 0.7} {
		style, lines = sized(theme.Label, scale), 1
		broken := false
		for _, name := range p.Groups {
			lines = max(lines, len(wrapped(style, name, slot, 3)))
			long := func(word string) bool { return style.Width(word) > slot }
			broken = broken || slices.ContainsFunc(strings.Fields(written(style, name)), long)
		}
		if lines <= 2 && !broken {
			break
		}
	}
	return style, min(lines, 2)
}

// slot is the room for the name of a group.
func (p Panel) slot(width vg.Length) vg.Length { return width/vg.Length(max(len(p.Groups), 1)) - 4 }

// slots divides the width among groups, and names them.
func (p Panel) slots(a *area, ticked bool) {
	width := a.Size().X / vg.Length(max(len(p.Groups), 1))
	a.at = func(place int) vg.Length { return a.Min.X + width*(vg.Length(place)+0.5) }
	a.slot, a.room = width, min(mostRoom, width/5)
	style, most := p.names(a.Size().X, a.theme)
	for i, name := range p.Groups {
		for row, line := range wrapped(style, name, p.slot(a.Size().X), most) {
			a.theme.text(a.Canvas, style, a.at(i), a.Min.Y-5-vg.Length(row)*style.Font.Size*1.2, draw.XCenter, draw.YTop, line)
		}
		if ticked {
			a.StrokeLine2(draw.LineStyle{Color: a.theme.Axis, Width: 1}, a.at(i), a.Min.Y, a.at(i), a.Min.Y-3)
		}
	}
}
