package comparison

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/selection"
)

// Threshold is a difference that a side must not have from the first: p99>+10%.
type Threshold struct {
	text   string
	metric string
	op     string // or the phase; empty: any
	share  float64
}

// ErrThreshold is the error of a threshold that cannot be read, or judged.
var ErrThreshold = errors.New("threshold")

var thresholdForm = regexp.MustCompile(`^\s*(?:(\S+)\s+)?([a-z0-9-]+)\s*([<>])\s*([+-]?)\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*$`)

// ParseThreshold reads a threshold: an operation or a phase if it is of one
// alone, a metric, and how much more or less is too much.
func ParseThreshold(text string) (Threshold, error) {
	fail := func(why string) (Threshold, error) {
		return Threshold{}, fmt.Errorf("%w %q: %s: write such as 'p99>+10%%', 'throughput<-5%%' or 'set p99>+10%%'", ErrThreshold, text, why)
	}
	m := thresholdForm.FindStringSubmatch(text)
	if m == nil {
		return fail("it is not a metric, > or <, and a percentage")
	}
	share, err := strconv.ParseFloat(m[5], 64)
	if err != nil || math.IsInf(share, 0) {
		return fail("its percentage is no number")
	}
	t := Threshold{text: strings.TrimSpace(text), op: m[1], metric: m[2], share: share / 100}
	if !slices.Contains(MetricNames(), t.metric) {
		return fail("the metrics are " + strings.Join(MetricNames(), ", "))
	}
	if (m[3] == "<") != (m[4] == "-") {
		return fail("more than is > and +, less than is < and -")
	}
	if m[3] == "<" {
		t.share = -t.share
	}
	return t, nil
}

// String returns the threshold as it was written.
func (t Threshold) String() string { return t.text }

// beyond reports whether a share of change is beyond the threshold.
func (t Threshold) beyond(share float64) bool {
	if t.share < 0 || math.Signbit(t.share) {
		return share < t.share
	}
	return share > t.share
}

// Check says what is surely beyond the threshold, what is beyond it and not
// surely so, and fails where nothing could be judged.
func (t Threshold) Check(all []*Differences) (missed, unsure []string, err error) {
	judged, few, unequal := 0, 0, 0
	for _, d := range all {
		for _, table := range d.Tables {
			if table.Name != t.metric {
				continue
			}
			for _, row := range table.Rows {
				if t.op != "" && t.op != row.Op && t.op != row.Phase {
					continue
				}
				for i, cell := range row.Cells {
					if cell.Difference == nil {
						continue
					}
					difference := cell.Difference
					switch {
					case !difference.Enough:
						few = max(few, difference.Needed)
						continue
					case cell.Unequal:
						unequal++
						continue
					}
					judged++
					if !t.beyond(difference.Effect) {
						continue
					}
					near := difference.Low // the end of the interval that is nearer to none
					if difference.Effect < 0 {
						near = difference.High
					}
					said := fmt.Sprintf("%s of %s: %s %s", table.Name, d.where(row, i), format.Change(difference.Effect), format.Changes(difference.Low, difference.High))
					if cell.Adjusted <= Significance && t.beyond(near) {
						missed = append(missed, said)
					} else {
						unsure = append(unsure, said)
					}
				}
			}
		}
	}
	switch {
	case judged > 0:
		return missed, unsure, nil
	case few > 0:
		return nil, nil, fmt.Errorf("%w %s cannot be judged: there are too few repeats, it takes %s", ErrThreshold, t, format.Integer(few))
	case unequal > 0:
		return nil, nil, fmt.Errorf("%w %s cannot be judged: the sides have unequal guarantees", ErrThreshold, t)
	}
	return nil, nil, fmt.Errorf("%w %s cannot be judged: nothing that was compared has such a figure on both sides", ErrThreshold, t)
}

// where names a cell of a row.
func (d *Differences) where(row *Cells, side int) string {
	var of []string
	if name := selection.Name(d.Keys, row.Values); name != "" {
		of = append(of, name)
	}
	of = append(of, row.Name)
	return fmt.Sprintf("%s, %s against %s", strings.Join(of, ", "), d.Sides[side].Name, d.Sides[0].Name)
}
