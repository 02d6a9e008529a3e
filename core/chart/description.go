package chart

import (
	"fmt"
	"slices"
	"strings"
)

// mostSaid are the values that a description has: more would not be listened to.
const mostSaid = 120

// description says in words what the figure shows, for those who do not see it.
func (f Figure) description() string {
	var said []string
	add := func(before string, texts ...string) {
		if text := strings.Join(texts, "; "); text != "" {
			said = append(said, before+text+".")
		}
	}
	add("", f.Subtitle)
	var panels, names []string
	for _, p := range f.Panels {
		if label := p.named(); !slices.Contains(panels, label) {
			panels = append(panels, label)
		}
	}
	for _, s := range f.Series {
		names = append(names, s.Name())
	}
	add("Panels: ", panels...)
	add("Series: ", names...)
	if values := f.values(); len(values) <= mostSaid {
		said = append(said, values...)
	}
	add("", f.Notes...)
	add("", f.Caption...)
	add("", f.Missing...)
	add("Warnings: ", f.Warnings...)
	return strings.Join(said, "\n")
}

// named is what a panel is called where it cannot be pointed at.
func (p Panel) named() string { return strings.Trim(p.Title+", "+p.YLabel, ", ") }

// values are all estimates of the figure, a sentence for each.
func (f Figure) values() []string {
	var said []string
	for _, p := range f.Panels {
		for _, m := range p.Marks {
			of, ok := m.(interface{ estimates() Estimates })
			if !ok {
				continue
			}
			for i, values := range of.estimates() {
				for place, e := range values {
					if e.N == 0 {
						continue
					}
					text := fmt.Sprintf("%s, %s, %s: %s", p.named(), f.Series[i].Name(), p.place(place), p.Y.Unit.measured(e.Value))
					if e.Known() {
						text += fmt.Sprintf(" (%s to %s)", p.Y.Unit.measured(e.Low), p.Y.Unit.measured(e.High))
					}
					said = append(said, text+".")
				}
			}
		}
	}
	return said
}

// place names a place of the x axis.
func (p Panel) place(i int) string {
	if p.X != nil {
		return p.X.name(p.X.Places[i])
	}
	return p.Groups[i]
}
