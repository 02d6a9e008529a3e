package chart

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Levels are what the values of each series lie about, from place to place: thin
// lines beneath the values. Where a level begins with a name it is a change, and one
// for the worse has a ring.
type Levels [][]Level

// Level is one of them.
type Level struct {
	From, To int // the first and the last of its places
	Value    float64
	First    float64 // the value at the first place
	Label    string  // of the change that it begins with; empty: it does not
	Interval string  // of the change, which is not drawn
	Worse    bool
}

func (Levels) span() span { return nothing }

func (Levels) layer() layer { return over }

func (l Levels) only(series []int) Mark { return Levels(chosen(l, series)) }

func (l Levels) draw(a area) {
	var names []vg.Rectangle
	for i, look := range a.looks {
		shift := a.aside(i)
		for n, level := range l[i] {
			if _, outside := a.off(level.Value); !outside {
				y := a.height(level.Value)
				a.StrokeLine2(draw.LineStyle{Color: look.color, Width: 1, Dashes: []vg.Length{2, 2}}, a.at(level.From)+shift, y, a.at(level.To)+shift, y)
			}
			if level.Label == "" {
				continue
			}
			at := vg.Point{X: a.at(level.From) + shift, Y: a.height(level.First)}
			if level.Worse {
				a.ring(at, 6.6*a.theme.scale)
			}
			names = a.above(at, level.Label, n > 0 && level.Value < l[i][n-1].Value, names)
		}
	}
}

// above writes a name above a point, or beneath one to which a line falls, where no
// other name stands. It returns where names stand.
func (a area) above(at vg.Point, label string, falls bool, names []vg.Rectangle) []vg.Rectangle {
	style := a.theme.Value
	width, size, away := style.Width(written(style, label)), style.Font.Size, 9*a.theme.scale
	left := min(max(at.X-width/2, a.Min.X), a.Max.X-width)
	sides := []vg.Length{at.Y + away, at.Y - away - size}
	if falls {
		slices.Reverse(sides)
	}
	for _, bottom := range sides {
		room := vg.Rectangle{Min: vg.Point{X: left, Y: bottom}, Max: vg.Point{X: left + width, Y: bottom + size}}
		free := bottom >= a.Min.Y && bottom+size <= a.Max.Y
		for _, other := range names {
			free = free && !(room.Min.X < other.Max.X && other.Min.X < room.Max.X && room.Min.Y < other.Max.Y && other.Min.Y < room.Max.Y)
		}
		if free {
			a.theme.text(a.Canvas, style, left, bottom, draw.XLeft, draw.YBottom, label)
			return append(names, room)
		}
	}
	return names
}

func (Levels) key(draw.Canvas, Theme, look, vg.Length, vg.Length, vg.Length) {}
