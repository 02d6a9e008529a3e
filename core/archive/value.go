package archive

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/benchctl/benchctl/core/record"
)

// The types of this file scan and write values that stand in the archive in
// another form than in a record. A query scans all its rows into the same ones.

// timeLayout is how moments stand in the archive: RFC 3339, in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

// moment is text, and null if it has not come.
type moment struct{ *time.Time }

func (m moment) Value() (driver.Value, error) {
	if m.IsZero() {
		return nil, nil
	}
	return stamp(*m.Time), nil
}

func (m moment) Scan(value any) (err error) {
	*m.Time = time.Time{}
	switch v := value.(type) {
	case nil:
	case string:
		*m.Time, err = time.Parse(timeLayout, v)
	default:
		err = fmt.Errorf("%v is not a moment", value)
	}
	return err
}

// nanoseconds is a moment as nanoseconds since 1970, and null if it has not come.
type nanoseconds struct{ *time.Time }

func (n nanoseconds) Value() (driver.Value, error) {
	if n.IsZero() {
		return nil, nil
	}
	return n.UnixNano(), nil
}

func (n nanoseconds) Scan(value any) error {
	*n.Time = time.Time{}
	if value == nil {
		return nil
	}
	v, err := integer(value)
	*n.Time = time.Unix(0, v).UTC()
	return err
}

// unsigned is an integer that SQLite shows as negative above 2⁶³ − 1.
type unsigned struct{ *uint64 }

func (u unsigned) Value() (driver.Value, error) { return int64(*u.uint64), nil }

func (u unsigned) Scan(value any) error {
	v, err := integer(value)
	*u.uint64 = uint64(v)
	return err
}

// optional is null where it is absent, which none that are there can be.
type optional[T comparable] struct {
	at     *T
	absent T
}

func (o optional[T]) Value() (driver.Value, error) {
	if *o.at == o.absent {
		return nil, nil
	}
	return driver.DefaultParameterConverter.ConvertValue(*o.at)
}

func (o optional[T]) Scan(value any) error {
	*o.at = o.absent
	if value == nil {
		return nil
	}
	return scan(o.at, value)
}

// scan converts what the database holds into the types of optional columns.
func scan(at, value any) error {
	if text, ok := at.(*string); ok {
		if *text, ok = value.(string); !ok {
			return fmt.Errorf("%v is no text", value)
		}
		return nil
	}
	v, err := integer(value)
	switch at := at.(type) {
	case *int64:
		*at = v
	case *int:
		*at = int(v)
	case *time.Duration:
		*at = time.Duration(v)
	default:
		return fmt.Errorf("no column holds a %T", at)
	}
	return err
}

// integer is a value of a column that holds nothing else, unless it is damaged.
func integer(value any) (int64, error) {
	v, ok := value.(int64)
	if !ok {
		return 0, fmt.Errorf("%v is no integer", value)
	}
	return v, nil
}

// duration is a time of which it is known apart whether it has come.
type duration struct {
	at   *time.Duration
	come *bool
}

func (d duration) Value() (driver.Value, error) {
	if !*d.come {
		return nil, nil
	}
	return d.at.Nanoseconds(), nil
}

func (d duration) Scan(value any) error {
	if *d.come = value != nil; !*d.come {
		*d.at = 0
		return nil
	}
	v, err := integer(value)
	*d.at = time.Duration(v)
	return err
}

// latency is a value of operations, and null if there were none.
type latency struct{ at, operations *int64 }

func (l latency) Value() (driver.Value, error) {
	if *l.operations == 0 {
		return nil, nil
	}
	return *l.at, nil
}

func (l latency) Scan(value any) error {
	*l.at = 0
	if value == nil {
		return nil
	}
	v, err := integer(value)
	*l.at = v
	return err
}

// document is JSON. Rows that have the same share it.
type document struct {
	at    *json.RawMessage
	known map[string]json.RawMessage
}

func documentIn(at *json.RawMessage) document { return document{at, map[string]json.RawMessage{}} }

func (d document) Value() (driver.Value, error) { return string(*d.at), nil }

func (d document) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("%v is not JSON", value)
	}
	known, ok := d.known[text]
	if !ok {
		if !json.Valid([]byte(text)) {
			return fmt.Errorf("%.40q is not JSON", text)
		}
		known = json.RawMessage(text)
		d.known[text] = known
	}
	*d.at = known
	return nil
}

// encoded is a value as JSON. Rows that have the same share it.
type encoded[T any] struct {
	at    *T
	empty T // in the place of nil
	known map[string]T
}

func encodedIn[T any](at *T, empty T) encoded[T] { return encoded[T]{at, empty, map[string]T{}} }

func (e encoded[T]) Value() (driver.Value, error) {
	data, err := json.Marshal(*e.at)
	if string(data) == "null" {
		data, err = json.Marshal(e.empty)
	}
	return string(data), err
}

func (e encoded[T]) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("%v is not JSON", value)
	}
	known, ok := e.known[text]
	if !ok {
		if err := json.Unmarshal([]byte(text), &known); err != nil {
			return err
		}
		e.known[text] = known
	}
	*e.at = known
	return nil
}

// bound is what became of the bound of a search, and null where there was none. It
// stands behind the rate that was offered.
type bound struct{ offered **record.Offered }

func (b bound) Value() (driver.Value, error) {
	if *b.offered == nil || (*b.offered).Bound == "" {
		return nil, nil
	}
	return string((*b.offered).Bound), nil
}

func (b bound) Scan(value any) error {
	if text, ok := value.(string); ok && *b.offered != nil {
		(*b.offered).Bound = record.Bound(text)
	}
	return nil
}

// within is a number in a part of a record, and null if that part is not known.
type within[P any, T int64 | float64 | time.Duration] struct {
	part **P
	at   func(*P) *T
}

func (w within[P, T]) Value() (driver.Value, error) {
	if *w.part == nil {
		return nil, nil
	}
	return driver.DefaultParameterConverter.ConvertValue(*w.at(*w.part))
}

func (w within[P, T]) Scan(value any) error {
	if value == nil {
		return nil
	}
	if *w.part == nil {
		*w.part = new(P)
	}
	at := w.at(*w.part)
	switch v := value.(type) {
	case int64:
		*at = T(v)
	case float64:
		if math.IsInf(v, 0) {
			return fmt.Errorf("%v is no number", v)
		}
		*at = T(v)
	default:
		return fmt.Errorf("%v is no number", value)
	}
	return nil
}
