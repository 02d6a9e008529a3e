package selection

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/spelling"
)

// numbers are the keys whose values are whole numbers.
var numbers = []string{"nodes", "threads", "workload-version", "run", "experiment", "lost"}

// ValuesOfKey returns the values that a key can have, or none if it can have
// any.
func ValuesOfKey(key string) []string {
	switch key {
	case "state":
		return []string{"running", "complete", "failed", "interrupted"}
	case "reads":
		return []string{"linearizable", "sequential"}
	case "durability":
		return []string{"fsync", "memory"}
	case "op":
		var names []string
		for _, op := range sample.Ops() {
			names = append(names, op.String())
		}
		return names
	}
	return nil
}

// value is one of a term.
type value struct {
	text   string
	plain  bool // it stands without quotes
	regexp bool
}

// term is the value as a term of its own.
func (v value) term(key string) string {
	switch {
	case v.regexp:
		return key + ":/" + v.text + "/"
	case v.plain:
		return key + ":" + v.text
	}
	return key + ":" + strconv.Quote(v.text)
}

// meaning returns the range that a value of a key stands for, unless it stands
// for itself. It refuses what no run can have.
func (v value) meaning(key string) (s span, ranged bool, err error) {
	if _, op, compares := cutComparison(v.text); v.plain && compares && strings.HasPrefix(v.text, op) {
		return s, false, fmt.Errorf("%s:%s compares with %s: write a range, such as %s:10..50, %s:10.. or %s:..50, and NOT before what is to be left out", key, v.text, op, key, key, key)
	}
	if known := ValuesOfKey(key); known != nil && !slices.Contains(known, v.text) {
		return s, false, fmt.Errorf("%s:%s: %s is none of %s%s", key, v.text, key, strings.Join(known, ", "), spelling.Meant(v.text, known))
	}
	if key == Started || key == Since || key == Until {
		s, err = dates(key, v.text)
		return s, true, err
	}
	from, to, ranged := strings.Cut(v.text, "..")
	if !ranged || !v.plain {
		if _, err := strconv.Atoi(v.text); err != nil && slices.Contains(numbers, key) {
			return s, false, fmt.Errorf("%s:%s: %s is a whole number, such as %s:10, or a range, such as %s:10..50, %s:10.. or %s:..50", key, v.text, key, key, key, key, key)
		}
		return s, false, nil
	}
	if s.from, s.to = quantityOf(from), quantityOf(to); from == "" && to == "" || from != "" && !s.from.known() || to != "" && !s.to.known() || from != "" && to != "" && s.from.unit != s.to.unit {
		if slices.Contains(numbers, key) {
			return s, false, fmt.Errorf("%s:%s is no range: write %s:10..50, %s:10.. or %s:..50", key, v.text, key, key, key)
		}
		return s, false, nil // such as a path
	}
	return s, true, s.ordered(key, v.text)
}

// span is a range of quantities with both ends in it; one may be open.
type span struct{ from, to quantity }

// quantity is something that has a size.
type quantity struct {
	unit unit
	size float64
}

type unit int

const (
	none unit = iota // it is no quantity
	number
	duration
	moment // seconds since 1970
)

func (q quantity) known() bool { return q.unit != none }

// quantityOf reads a number, a duration or a moment as the archive has it.
func quantityOf(text string) quantity {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return quantity{number, n}
	}
	if d, err := time.ParseDuration(text); err == nil {
		return quantity{duration, d.Seconds()}
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return momentOf(at)
	}
	return quantity{}
}

func momentOf(at time.Time) quantity { return quantity{moment, float64(at.UnixMilli()) / 1000} }

func (s span) holds(value string) bool {
	q := quantityOf(value)
	unit := cmp.Or(s.from.unit, s.to.unit)
	return q.unit == unit && (!s.from.known() || q.size >= s.from.size) && (!s.to.known() || q.size <= s.to.size)
}

func (s span) ordered(key, text string) error {
	if s.from.known() && s.to.known() && s.from.size > s.to.size {
		return fmt.Errorf("%s:%s ends before it begins: write the smaller one first", key, text)
	}
	return nil
}

// dates reads when runs were started: a day or a moment, or a range of them.
func dates(key, text string) (s span, err error) {
	from, to, ranged := strings.Cut(text, "..")
	switch {
	case key == Since && !ranged:
		to = ""
	case key == Until && !ranged:
		from, to = "", text
	case key == Started && !ranged:
		to = text
	case key == Started && (from != "" || to != ""):
	default:
		return s, fmt.Errorf("%s:%s: write a date, such as %s:2026-01-31 or %s:2026-01-31T15:04", key, text, key, key)
	}
	for _, end := range []struct {
		text string
		q    *quantity
		last bool
	}{{from, &s.from, false}, {to, &s.to, true}} {
		if end.text == "" {
			continue
		}
		first, next, ok := dateOf(end.text)
		if !ok {
			return s, fmt.Errorf("%s:%s: %q is no date, such as 2026-01-31 or 2026-01-31T15:04", key, text, end.text)
		}
		*end.q = momentOf(first)
		if end.last {
			*end.q = momentOf(next.Add(-time.Millisecond)) // the archive knows no less
		}
	}
	return s, s.ordered(key, text)
}

// dateOf returns when a day, a minute and so on begins, and when the next one
// does, where this machine is.
func dateOf(text string) (first, next time.Time, ok bool) {
	for _, form := range []struct {
		layout string
		next   func(time.Time) time.Time
	}{
		{"2006", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
		{"2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
		{"2006-01-02", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
		{"2006-01-02T15:04", func(t time.Time) time.Time { return t.Add(time.Minute) }},
		{"2006-01-02T15:04:05", func(t time.Time) time.Time { return t.Add(time.Second) }},
		{time.RFC3339Nano, func(t time.Time) time.Time { return t.Add(time.Millisecond) }},
	} {
		if at, err := time.ParseInLocation(form.layout, text, time.Local); err == nil {
			return at, form.next(at), true
		}
	}
	return first, next, false
}
