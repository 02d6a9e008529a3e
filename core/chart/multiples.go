package chart

import (
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
)

// mostSeries are what the eye keeps apart in one panel.
const mostSeries = 8

// The least inside of a multiple, in points of a slide, and the part of a figure's
// height that its panels have.
const (
	leastWidth  = 90
	leastHeight = 45
	panelShare  = 0.58
)

// roomy reports whether so many multiples of the figure's panels have room.
func (f Figure) roomy(multiples int, theme Theme, width vg.Length) bool {
	panels, columns := multiples*len(f.Panels), f.Columns
	switch {
	case columns > 0:
	case len(f.Panels) > 1:
		columns = len(f.Panels)
	default:
		columns = Figure{Panels: make([]Panel, panels)}.columns(vg.Point{X: width, Y: theme.Height * panelShare}, theme)
	}
	rows := vg.Length((panels + columns - 1) / columns)
	height := theme.Height*panelShare/rows - theme.Gap/2 - theme.Label.Font.Size*3.5 // what is written above and below
	width = (width+theme.Gap)/vg.Length(columns) - theme.Gap - theme.Label.Font.Size*4
	return width >= leastWidth*theme.scale && height >= leastHeight*theme.scale
}

// multiplied divides the panels of a figure with too many series among small
// multiples: a panel for each value of one or two of the words that tell the
// series apart, but for the store, which is their colour. What the words are stands
// above the panels, and the legend has what is left.
func (f Figure) multiplied(theme Theme, width vg.Length) Figure {
	if key := f.legend(theme, width); len(f.Series) <= mostSeries && key.rows() <= 3 {
		return f
	}
	by := f.divided(theme, width)
	if by == nil {
		return f
	}
	var titles []string       // of the multiples
	var members [][]int       // series of each
	var left []Series         // in the legend
	entry := map[string]int{} // where a series stands in it
	at := make([]int, len(f.Series))
	for i, s := range f.Series {
		title, rest := s.split(by)
		multiple := slices.Index(titles, title)
		if multiple < 0 {
			multiple = len(titles)
			titles, members = append(titles, title), append(members, nil)
		}
		members[multiple] = append(members[multiple], i)
		if _, known := entry[rest.Name()]; !known {
			entry[rest.Name()] = len(left)
			left = append(left, rest)
		}
		at[i] = entry[rest.Name()]
	}
	if f.Columns == 0 && len(f.Panels) > 1 {
		f.Columns = len(f.Panels) // a row for each multiple
	}
	panels := f.Panels
	f.Panels, f.Series = nil, left
	for m, title := range titles {
		for _, p := range panels {
			q := p
			q.Title, q.YLabel = "", strings.Trim(title+", "+p.Title, ", ")+": "+p.YLabel // one line says both
			q.Y.Low, q.Y.High = p.span().within(p.Y.Log)                                 // one range in all multiples
			if p.Y.High > 0 {
				q.Y.Low, q.Y.High = min(q.Y.Low, p.Y.Low), max(q.Y.High, p.Y.High)
			}
			q.Marks, q.series = nil, chosen(at, members[m])
			for _, mark := range p.Marks {
				q.Marks = append(q.Marks, mark.only(members[m]))
			}
			f.Panels = append(f.Panels, q)
		}
	}
	return f
}

// split parts the name of a series: the words that a multiple is of, and the rest.
func (s Series) split(by []int) (title string, rest Series) {
	of, left := make([]string, len(s.Words)), slices.Clone(s.Words)
	for _, word := range by {
		of[word], left[word] = s.Words[word], ""
	}
	return joined(of), Series{Words: left, Store: s.Store}
}

// divided chooses the words that multiples are made of: those that leave few
// enough series in each, with as few panels as that takes, or else the fewest
// series. Nil: no words do.
func (f Figure) divided(theme Theme, width vg.Length) []int {
	var words []int // that differ, without the store
	for i := range f.Series[0].Words {
		differs := func(s Series) bool { return s.Words[i] != f.Series[0].Words[i] }
		other := func(s Series) bool { return s.Words[i] != s.Store }
		if slices.ContainsFunc(f.Series, differs) && slices.ContainsFunc(f.Series, other) {
			words = append(words, i)
		}
	}
	var best []int
	var fewest, least int // series in a panel, and panels, of the best
	try := func(by ...int) {
		counts := map[string]int{}
		most := 0
		for _, s := range f.Series {
			title, _ := s.split(by)
			counts[title]++
			most = max(most, counts[title])
		}
		panels := len(counts) * len(f.Panels)
		if !f.roomy(len(counts), theme, width) || most == len(f.Series) || most == 1 {
			return
		}
		most = max(most, mostSeries) // fewer are no better
		if best == nil || most < fewest || most == fewest && panels < least {
			best, fewest, least = by, most, panels
		}
	}
	for i, word := range words {
		try(word)
		for _, other := range words[i+1:] {
			try(word, other)
		}
	}
	return best
}
