package chart

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// What the parts around the panels may take of a figure's height, so that data
// keeps the greater part however much there is to say.
const (
	mostTitle   = 0.2
	mostLegend  = 0.2
	mostCaption = 0.22
)

// draw places the parts of a figure from top to bottom. It returns where the
// marks stand.
func (f Figure) draw(c draw.Canvas, theme Theme) []vg.Rectangle {
	fill(c, c.Rectangle, theme.Background)
	area := draw.Crop(c, theme.Margin, -theme.Margin, theme.Margin*0.8, -theme.Margin*0.9)
	width := area.Size().X
	f = f.multiplied(theme, width)

	y := area.Max.Y
	title := wrapped(theme.Title, f.Title, width, 2)
	y = theme.lines(area, y, theme.Title, title)
	if f.Subtitle != "" {
		room := theme.Height*mostTitle - theme.Title.Font.Size*1.3*vg.Length(len(title))
		most := max(int(room/(theme.Subtitle.Font.Size*1.3)), 1)
		y = theme.lines(area, y-2, theme.Subtitle, wrapped(theme.Subtitle, f.Subtitle, width, most))
	}
	looks := theme.palette.looks(f.Series)
	key := f.legend(theme, width)
	y = key.draw(area, y-10*theme.scale, theme, looks, f.keys())

	label := wrapped(theme.Label, f.xLabel(), width, 2)
	under := f.caption(theme, width)
	area.Max.Y = y - 8*theme.scale
	all, labels := f.placed(area, theme, under, len(label))
	if f.cut(all, theme, labels) {
		f.Notes = append(slices.Clone(f.Notes), "an arrow: goes on beyond the axis")
		under = f.caption(theme, width)
		all, labels = f.placed(area, theme, under, len(label))
	}
	under.draw(area, theme)
	for i, line := range label {
		up := under.height(theme) + 10*theme.scale + theme.Label.Font.Size*1.4*vg.Length(len(label)-1-i)
		theme.text(area, theme.Label, (area.Min.X+area.Max.X)/2, area.Min.Y+up, draw.XCenter, draw.YBottom, line)
	}
	ticks := f.ticksWidths(all, theme, labels)
	data := make([]vg.Rectangle, len(all))
	for i, tile := range all {
		of := looks
		if p := f.Panels[i]; p.series != nil {
			of = chosen(looks, p.series)
		}
		data[i] = f.Panels[i].draw(tile, theme, of, labels, ticks[i])
	}
	return data
}

// placed are the tiles of the panels above a caption and so many lines of a label,
// with the most lines that a panel's label takes: axes begin at one height, and are
// of one.
func (f Figure) placed(area draw.Canvas, theme Theme, under caption, label int) (tiles []draw.Canvas, labels int) {
	area.Min.Y += under.height(theme) + 10*theme.scale + theme.Label.Font.Size*1.4*vg.Length(label)
	tiles = f.tiles(area, theme)
	for i, tile := range tiles {
		labels = max(labels, len(f.Panels[i].label(tile, theme)))
	}
	return tiles, labels
}

// cut reports whether an interval or a value goes on beyond an axis.
func (f Figure) cut(tiles []draw.Canvas, theme Theme, labels int) bool {
	for i, p := range f.Panels {
		_, _, y := p.frame(tiles[i], theme, labels)
		if p.beyond(y) {
			return true
		}
	}
	return false
}

// ticksWidths are the room for the names of ticks in each tile. Axes that stand above
// each other begin at one place, so that what belongs together is seen above each other.
func (f Figure) ticksWidths(tiles []draw.Canvas, theme Theme, labels int) []vg.Length {
	widest := map[[2]vg.Length]vg.Length{} // by the sides of the tiles
	for i, tile := range tiles {
		sides := [2]vg.Length{tile.Min.X, tile.Max.X}
		widest[sides] = max(widest[sides], f.Panels[i].ticksWidth(tile, theme, labels))
	}
	widths := make([]vg.Length, len(tiles))
	for i, tile := range tiles {
		widths[i] = widest[[2]vg.Length{tile.Min.X, tile.Max.X}]
	}
	return widths
}

// keys is the mark that draws the keys of the legend.
func (f Figure) keys() Mark {
	p := f.Panels[0]
	for _, m := range p.Marks {
		if _, bars := m.(Bars); bars && p.pointed() {
			return Points{}
		}
		if _, ofSeries := m.(interface{ has(series int) bool }); ofSeries {
			return m
		}
	}
	return Points{}
}

// caption are the lines at the bottom of a figure, each in its style.
type caption struct {
	lines  []string
	styles []draw.TextStyle
}

// caption are the notes, the warnings and what the figure is made of.
func (f Figure) caption(theme Theme, width vg.Length) caption {
	var c caption
	add := func(style draw.TextStyle, prefix string, texts []string) {
		for _, text := range texts {
			for _, line := range wrapped(style, prefix+text, width, 4) {
				c.lines, c.styles = append(c.lines, line), append(c.styles, style)
			}
		}
	}
	add(theme.Caption, "", f.Notes)
	add(theme.Warning, "! ", f.Warnings)
	add(theme.Caption, "", f.Missing)
	add(theme.Caption, "", f.Caption)
	if most := int(theme.Height * mostCaption / c.line(theme)); len(c.lines) > most {
		left := len(c.lines) - most + 1
		c.lines, c.styles = append(c.lines[:most-1], moreLines(left)), append(c.styles[:most-1], theme.Caption)
	}
	return c
}

// line is the height of a line.
func (c caption) line(theme Theme) vg.Length { return theme.Caption.Font.Size * 1.35 }

func (c caption) height(theme Theme) vg.Length { return c.line(theme) * vg.Length(len(c.lines)) }

// draw draws the lines at the bottom of an area.
func (c caption) draw(area draw.Canvas, theme Theme) {
	y := area.Min.Y + c.height(theme)
	for i, line := range c.lines {
		theme.text(area, c.styles[i], area.Min.X, y, draw.XLeft, draw.YTop, line)
		y -= c.line(theme)
	}
}

// tiles divides an area among the panels.
func (f Figure) tiles(area draw.Canvas, theme Theme) []draw.Canvas {
	columns := f.columns(area.Size(), theme)
	rows := (len(f.Panels) + columns - 1) / columns
	gap := min(theme.Gap, area.Size().Y/vg.Length(6*rows))
	height := (area.Size().Y - gap*vg.Length(rows-1)) / vg.Length(rows)
	var out []draw.Canvas
	top := area.Max.Y
	for row := range slices.Chunk(f.Panels, columns) {
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
		top -= height + gap
	}
	return out
}

// columns chooses how many panels stand side by side: so many that the smaller
// side of what is inside of each is greatest.
func (f Figure) columns(size vg.Point, theme Theme) int {
	if f.Columns > 0 {
		return f.Columns
	}
	best, greatest := 1, vg.Length(-1)
	for columns := 1; columns <= len(f.Panels); columns++ {
		rows := (len(f.Panels) + columns - 1) / columns
		width := (size.X-theme.Gap*vg.Length(columns-1))/vg.Length(columns) - theme.Label.Font.Size*4
		height := (size.Y-theme.Gap*vg.Length(rows-1))/vg.Length(rows) - theme.Label.Font.Size*4
		if side := min(width, height*1.5); side > greatest {
			best, greatest = columns, side
		}
	}
	return best
}

func (p Panel) share() vg.Length {
	if p.Wide {
		return 2
	}
	return 1
}
