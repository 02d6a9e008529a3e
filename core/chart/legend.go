package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/benchctl/benchctl/core/format"
)

// legend names series in columns, after what all have in common.
type legend struct {
	common  string
	names   []string
	style   draw.TextStyle
	columns int
	column  vg.Length // its width
}

// Distances in a legend, in points.
const (
	keyWidth  = 16
	keyGap    = 5
	columnGap = 18
)

// centre is how far above the middle of its line a text stands in the middle for
// the eye, as a part of its size.
const centre = 0.09

// legend lays the names of the series out: in smaller type where they would take
// more than their share of the height, and shortened where they still do.
func (f Figure) legend(theme Theme, width vg.Length) legend {
	common, names := apart(f.Series)
	l := legend{common: common, names: names, style: theme.Label, columns: 1}
	if len(names) == 0 {
		return l
	}
	for _, scale := range []vg.Length{1, 0.85, 0.75} {
		l.style = sized(theme.Label, scale)
		if l.fit(theme, width, len(names)) {
			return l
		}
	}
	names = distinguishing(f.Series)
	short := 0 // characters that names are shortened to
	for _, name := range names {
		short = max(short, len([]rune(name)))
	}
	for ; short > 8; short-- {
		l.names = shortened(l.style, names, short)
		if l.fit(theme, width, len(names)) {
			return l
		}
	}
	l.fit(theme, width, math.MaxInt)
	return l
}

// fit chooses the most columns that have room for the names, and reports whether
// they take few enough rows.
func (l *legend) fit(theme Theme, width vg.Length, most int) bool {
	widest := vg.Length(0)
	for _, name := range l.names {
		widest = max(widest, l.style.Width(written(l.style, name)))
	}
	l.column = keyWidth + keyGap + widest + columnGap
	l.columns = min(max(int((width+columnGap)/l.column), 1), len(l.names))
	height := theme.Height * mostLegend
	if l.common != "" {
		height -= l.height()
	}
	l.columns = (len(l.names) + l.rows() - 1) / l.rows() // no row is shorter than it has to be
	return l.rows() <= min(int(height/l.height()), most) && l.column-columnGap <= width
}

func (l legend) height() vg.Length { return l.style.Font.Size * 1.5 }

func (l legend) rows() int { return (len(l.names) + l.columns - 1) / l.columns }

// draw draws the legend from y down, and returns where it ends.
func (l legend) draw(area draw.Canvas, y vg.Length, theme Theme, looks []look, mark Mark) vg.Length {
	if len(l.names) == 0 {
		return y
	}
	left := area.Min.X
	if l.common != "" {
		lead := wrapped(l.style, l.common+":", area.Size().X, 1)[0]
		theme.text(area, l.style, left, y-l.height()/2+l.style.Font.Size*centre, draw.XLeft, draw.YCenter, lead)
		indent := l.style.Width(lead) + columnGap
		if l.rows() == 1 && indent+l.column*vg.Length(l.columns)-columnGap <= area.Size().X {
			left += indent
		} else {
			y -= l.height()
		}
	}
	for i, name := range l.names {
		x := left + l.column*vg.Length(i/l.rows())
		middle := y - l.height()*(vg.Length(i%l.rows())+0.5)
		mark.key(area, theme, looks[i], x, middle, keyWidth)
		theme.text(area, l.style, x+keyWidth+keyGap, middle+l.style.Font.Size*centre, draw.XLeft, draw.YCenter, name)
	}
	return y - l.height()*vg.Length(l.rows())
}

// apart returns what the names of all series have in common, and what is left of
// each.
func apart(series []Series) (common string, names []string) {
	var shared []string
	varies := func(word int) bool {
		return slices.ContainsFunc(series, func(s Series) bool { return s.Words[word] != series[0].Words[word] })
	}
	for _, s := range series {
		left := slices.Clone(s.Words)
		for i := range left {
			if len(series) > 1 && !varies(i) {
				left[i] = ""
			}
		}
		names = append(names, joined(left))
	}
	if len(series) > 1 {
		for i, word := range series[0].Words {
			if !varies(i) {
				shared = append(shared, word)
			}
		}
	}
	return joined(shared), names
}

// distinguishing are names without what all values of a word begin and end with.
func distinguishing(series []Series) []string {
	cut := make([]Series, len(series))
	for i, s := range series {
		cut[i].Words = slices.Clone(s.Words)
	}
	for word := range series[0].Words {
		begin, end := series[0].Words[word], series[0].Words[word]
		for _, s := range series {
			begin = begin[:alike(begin, s.Words[word])]
			end = end[len(end)-alike(reversed(end), reversed(s.Words[word])):]
		}
		begin, end = strings.TrimRight(begin, numerals), strings.TrimLeft(end, numerals) // numbers stay whole
		for i, s := range series {
			middle, whole := s.Words[word], s.Words[word]
			if len(begin)+len(end) >= len(whole) {
				continue // there is nothing between them
			}
			if len(begin) > longAlike {
				middle = ellipsis + middle[len(begin):]
			}
			if len(end) > longAlike {
				middle = strings.TrimSuffix(middle, end) + ellipsis
			}
			cut[i].Words[word] = middle
		}
	}
	_, names := apart(cut)
	return names
}

const (
	numerals  = "0123456789"
	longAlike = 8 // bytes that are worth being left out
)

// alike is how many bytes two texts begin with alike.
func alike(a, b string) int {
	n := 0
	for i, r := range a {
		if !strings.HasPrefix(b[n:], string(r)) {
			break
		}
		n = i + len(string(r))
	}
	return n
}

func reversed(text string) string {
	runes := []rune(text)
	slices.Reverse(runes)
	return string(runes)
}

// shortened are names of so many characters at most, of which no two are the
// same: where shortening makes them so, they are numbered.
func shortened(style draw.TextStyle, names []string, most int) []string {
	short := make([]string, len(names))
	seen := map[string]int{}
	for i, name := range names {
		short[i] = written(style, name)
		if runes := []rune(short[i]); len(runes) > most {
			head := most / 2
			short[i] = strings.TrimRight(string(runes[:head]), " ,") + ellipsis + string(runes[len(runes)-(most-1-head):])
		}
		seen[short[i]]++
	}
	for i, name := range short {
		if seen[name] > 1 {
			short[i] = fmt.Sprintf("%d: %s", i+1, name)
		}
	}
	return short
}

// moreLines says how much of a caption is left out.
func moreLines(n int) string { return "and " + format.Count(n, "more line") }
