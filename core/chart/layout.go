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

	bottom := f.caption(area, theme)
	area.Max.Y, area.Min.Y = y-8*theme.scale, bottom+10*theme.scale
	for _, line := range slices.Backward(wrapped(theme.Label, f.xLabel(), width, 2)) {
		theme.text(area, theme.Label, (area.Min.X+area.Max.X)/2, area.Min.Y, draw.XCenter, draw.YBottom, line)
		area.Min.Y += theme.Label.Font.Size * 1.4
	}
	all := f.tiles(area, theme)
	labels := 0 // the most lines that a panel's label takes: axes begin at one height, and are of one
	for i, tile := range all {
		labels = max(labels, len(f.Panels[i].label(tile, theme)))
	}
	frames := f.frames(all, theme, labels)
	data := make([]vg.Rectangle, len(all))
	for i, tile := range all {
		of := looks
		if p := f.Panels[i]; p.series != nil {
			of = chosen(looks, p.series)
		}
		data[i] = f.Panels[i].draw(tile, theme, of, frames[i])
	}
	return data
}

// frames are those of the panels in their tiles. Axes that stand above each other begin
// at one place, so that what is at one time or latency is seen above each other.
func (f Figure) frames(tiles []draw.Canvas, theme Theme, labels int) []frame {
	frames := make([]frame, len(tiles))
	left := map[vg.Rectangle]vg.Length{} // by the sides of the tiles
	column := func(tile draw.Canvas) vg.Rectangle {
		return vg.Rectangle{Min: vg.Point{X: tile.Min.X}, Max: vg.Point{X: tile.Max.X}}
	}
	for i, tile := range tiles {
		frames[i] = f.Panels[i].frame(tile, theme, labels)
		left[column(tile)] = max(left[column(tile)], frames[i].left)
	}
	for i, tile := range tiles {
		frames[i].left = left[column(tile)]
	}
	return frames
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

// caption draws the notes, warnings and what the figure is made of at the bottom,
// and returns where they begin.
func (f Figure) caption(area draw.Canvas, theme Theme) vg.Length {
	var lines []string
	var styles []draw.TextStyle
	add := func(style draw.TextStyle, prefix string, texts []string) {
		for _, text := range texts {
			for _, line := range wrapped(style, prefix+text, area.Size().X, 4) {
				lines, styles = append(lines, line), append(styles, style)
			}
		}
	}
	notes := f.Notes
	if slices.ContainsFunc(f.Panels, Panel.cut) {
		notes = append(slices.Clone(notes), "an arrow: goes on beyond the axis")
	}
	add(theme.Caption, "", notes)
	add(theme.Warning, "! ", f.Warnings)
	add(theme.Caption, "", f.Missing)
	add(theme.Caption, "", f.Caption)
	height := theme.Caption.Font.Size * 1.35
	if most := int(theme.Height * mostCaption / height); len(lines) > most {
		left := len(lines) - most + 1
		lines, styles = append(lines[:most-1], moreLines(left)), append(styles[:most-1], theme.Caption)
	}
	y := area.Min.Y + height*vg.Length(len(lines))
	top := y
	for i, line := range lines {
		theme.text(area, styles[i], area.Min.X, y, draw.XLeft, draw.YTop, line)
		y -= height
	}
	return top
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
