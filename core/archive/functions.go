package archive

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/mattn/go-sqlite3"
)

// addFunctions gives a connection what SQLite lacks for asking about numbers.
func addFunctions(c *sqlite3.SQLiteConn) error {
	var errs []error
	for name, f := range ofNumber {
		errs = append(errs, c.RegisterFunc(name, func(x any) any { return applied(f, x) }, true))
	}
	for name, f := range ofNumbers {
		errs = append(errs, c.RegisterFunc(name, func(x, y any) any { return appliedToBoth(f, x, y) }, true))
	}
	errs = append(errs,
		c.RegisterFunc("log", logarithm, true),
		c.RegisterFunc("pi", func() float64 { return math.Pi }, true),
		c.RegisterAggregator("median", func() *median50 { return &median50{} }, true),
		c.RegisterAggregator("percentile", func() *percentile { return &percentile{} }, true),
		c.RegisterAggregator("stddev", func() *deviation { return &deviation{} }, true),
	)
	return errors.Join(errs...)
}

var ofNumber = map[string]func(float64) float64{
	"sqrt": math.Sqrt, "exp": math.Exp, "ln": math.Log, "log10": math.Log10, "log2": math.Log2,
	"ceil": math.Ceil, "ceiling": math.Ceil, "floor": math.Floor, "trunc": math.Trunc,
}

var ofNumbers = map[string]func(x, y float64) float64{"pow": math.Pow, "power": math.Pow, "mod": math.Mod}

// applied is f of a value, and null where that is no number, as with SQLite's
// own functions.
func applied(f func(float64) float64, x any) any {
	v, ok := number(x)
	if !ok {
		return nil
	}
	return known(f(v))
}

func appliedToBoth(f func(x, y float64) float64, x, y any) any {
	a, okA := number(x)
	b, okB := number(y)
	if !okA || !okB {
		return nil
	}
	return known(f(a, b))
}

// logarithm is log(X), to the base 10, or log(B, X), as SQLite has it.
func logarithm(values ...any) (any, error) {
	switch len(values) {
	case 1:
		return applied(math.Log10, values[0]), nil
	case 2:
		return appliedToBoth(func(base, x float64) float64 { return math.Log(x) / math.Log(base) }, values[0], values[1]), nil
	}
	return nil, errors.New("log has one or two arguments")
}

func known(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// null reports whether a function was given null, which the driver hands over
// as bytes that are not there.
func null(x any) bool {
	b, ok := x.([]byte)
	return ok && b == nil
}

func number(x any) (float64, bool) {
	switch v := x.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// percentile is the value at rank n·p/100, rounded to the nearest and at least
// 1, in ascending order: as the percentiles of seconds and summaries. Values
// that are null do not count.
type percentile struct {
	whole   []int64 // while all are integers
	values  []float64
	percent float64
	told    bool
}

// Step takes a value.
func (p *percentile) Step(x, percent any) error {
	q, ok := number(percent)
	if !ok || q < 0 || q > 100 {
		return fmt.Errorf("percentile: %v is not between 0 and 100", percent)
	}
	if p.told && q != p.percent {
		return errors.New("percentile: the second argument must be the same in all rows")
	}
	p.percent, p.told = q, true
	if null(x) {
		return nil
	}
	switch v := x.(type) {
	case int64:
		if p.values == nil {
			p.whole = append(p.whole, v)
			return nil
		}
		p.values = append(p.values, float64(v))
	case float64:
		for _, w := range p.whole {
			p.values = append(p.values, float64(w))
		}
		p.whole = nil
		p.values = append(p.values, v)
	default:
		return fmt.Errorf("percentile: %.40q is no number", fmt.Sprint(x))
	}
	return nil
}

// Done returns the percentile, and null if there were no values.
func (p *percentile) Done() any {
	n := len(p.whole) + len(p.values)
	if n == 0 {
		return nil
	}
	rank := min(max(int(p.percent/100*float64(n)+0.5), 1), n)
	if p.values == nil {
		return selectRank(p.whole, rank-1)
	}
	slices.Sort(p.values)
	return p.values[rank-1]
}

// median50 is the 50th percentile.
type median50 struct{ percentile }

// Step takes a value.
func (m *median50) Step(x any) error { return m.percentile.Step(x, 50.0) }

// deviation is the standard deviation of a sample: over n − 1.
type deviation struct {
	n       int64
	mean, m float64
}

// Step takes a value, as Welford did.
func (d *deviation) Step(x any) error {
	if null(x) {
		return nil
	}
	v, ok := number(x)
	if !ok {
		return fmt.Errorf("stddev: %.40q is no number", fmt.Sprint(x))
	}
	d.n++
	delta := v - d.mean
	d.mean += delta / float64(d.n)
	d.m += delta * (v - d.mean)
	return nil
}

// Done returns the deviation, and null of less than two values.
func (d *deviation) Done() any {
	if d.n < 2 {
		return nil
	}
	return known(math.Sqrt(d.m / float64(d.n-1)))
}
