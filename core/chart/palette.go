package chart

import (
	"hash/fnv"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// palette are the colours of series on one ground: a hue for each store, in three
// shades. All have a contrast of 3 to the ground. Their distances, for people
// with any of the common colour-vision deficiencies too, are held by a test.
type palette struct {
	stores map[string]shades // that keep their colours in every chart
	others []shades
	heat   []color.RGBA // from few to many
	shade  color.RGBA   // of parts of a panel
}

// shades of a hue, the strongest on its ground first.
type shades [3]color.RGBA

// The hues are about those of Okabe and Ito ("Color Universal Design", 2008) without
// yellow. A search moved them until each stood clear of its ground, of its own
// shades and of the other hues, for every vision: so hues differ in lightness too.
var (
	onLight = palette{
		stores: map[string]shades{
			"etcd":      {rgb(0x002a47), rgb(0x0053b1), rgb(0x008dde)},
			"zookeeper": {rgb(0x37160d), rgb(0x792e00), rgb(0xd54d00)},
			"raftembed": {rgb(0x004532), rgb(0x207b47), rgb(0x659e7c)},
			"memory":    {rgb(0x221f20), rgb(0x5c595a), rgb(0x8e8d8d)},
		},
		others: []shades{
			{rgb(0x34132f), rgb(0x6d3f70), rgb(0xa887a3)},
			{rgb(0x473113), rgb(0x9d5000), rgb(0xa78858)},
			{rgb(0x4c0071), rgb(0x0073f0), rgb(0x81789a)},
		},
		heat:  []color.RGBA{rgb(0xd6e6f5), rgb(0x6fa8dc), rgb(0x1f5fa8), rgb(0x061a33)},
		shade: rgb(0xf0f0f0),
	}
	onDark = palette{
		stores: map[string]shades{
			"etcd":      {rgb(0x5fccff), rgb(0x0090f2), rgb(0x006db1)},
			"zookeeper": {rgb(0xffccb0), rgb(0xdf915f), rgb(0x9b7066)},
			"raftembed": {rgb(0xd7fadb), rgb(0x94c0a1), rgb(0x22947f)},
			"memory":    {rgb(0xd6d5d5), rgb(0x949292), rgb(0x6f6c6c)},
		},
		others: []shades{
			{rgb(0xffecf4), rgb(0xd6aecf), rgb(0xc370ba)},
			{rgb(0xd8be66), rgb(0xa48500), rgb(0x7c6248)},
			{rgb(0xf6ccff), rgb(0x825993), rgb(0x888ed2)},
		},
		heat:  []color.RGBA{rgb(0x24384f), rgb(0x2f6fb0), rgb(0x7fb8ea), rgb(0xeaf5ff)},
		shade: rgb(0x20262e),
	}
)

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 0xff}
}

// of returns the shades of a store's hue: a name that is not known always gets
// the same.
func (p palette) of(store string) shades {
	if s, ok := p.stores[store]; ok {
		return s
	}
	h := fnv.New32a()
	h.Write([]byte(store))
	return p.others[h.Sum32()%uint32(len(p.others))]
}

// look is how a series is told from the others.
type look struct {
	color   color.RGBA
	pattern pattern
	marker  draw.GlyphDrawer
	open    bool // the marker has the ground's colour inside
	entry   int  // of the legend
	name    string
}

// pattern is what a bar is filled with, and how a line is broken.
type pattern int

const (
	solid   pattern = iota
	hollow          // a line is dashed
	striped         // a line is dotted
	patterns
)

func (p pattern) dashes() []vg.Length {
	return [patterns][]vg.Length{nil, {7, 3.5}, {2, 2.5}}[p]
}

var markers = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, diamond{},
}

// point draws the marker of a look.
func (l look) point(c draw.Canvas, ground color.Color, at vg.Point, radius vg.Length) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: l.color, Radius: radius, Shape: l.marker}, at)
	if l.open {
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: ground, Radius: radius * 0.5, Shape: l.marker}, at)
	}
}

// looks are those of the series of a figure: the colour is the store's, its shade
// and pattern tell the store's series apart, and the marker tells all.
func (p palette) looks(series []Series) []look {
	in := map[shades]int{} // series, by hue: several stores may have the same
	for _, s := range series {
		in[p.of(s.Store)]++
	}
	looks := make([]look, len(series))
	ranks := map[shades]int{}
	for i, s := range series {
		hue := p.of(s.Store)
		rank, of := ranks[hue], in[hue]
		ranks[hue]++
		shade := rank % len(hue)
		switch of {
		case 1:
			shade = 1
		case 2:
			shade = 2 * rank
		}
		looks[i] = look{hue[shade], pattern(rank/len(hue)) % patterns, markers[i%len(markers)], i/len(markers)%2 == 1, i, s.Name()}
	}
	return looks
}

// diamond is a filled square on its corner.
type diamond struct{}

func (diamond) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	r := style.Radius * 1.25
	c.FillPolygon(style.Color, []vg.Point{{X: at.X, Y: at.Y + r}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y - r}, {X: at.X - r, Y: at.Y}})
}

func fill(c draw.Canvas, r vg.Rectangle, with color.Color) {
	c.FillPolygon(with, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}})
}
