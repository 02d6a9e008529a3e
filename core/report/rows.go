package report

import (
	"bufio"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Rows is the answer to a query, row by row.
type Rows interface {
	Columns() ([]string, error)
	Next() bool
	Scan(dest ...any) error
	Err() error
}

// Formats lists the formats of WriteRows.
var Formats = []string{"table", "csv", "json", "markdown"}

// WriteRows prints rows in a format, as they come: of a table so many at a time
// as are laid out together.
func WriteRows(w io.Writer, rows Rows, format string) error {
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	switch format {
	case "csv":
		return writeCSV(w, rows, names)
	case "json":
		return writeJSON(w, rows, names)
	case "table":
		return writeTable(w, rows, names)
	case "markdown":
		return writeMarkdown(w, rows, names)
	}
	return fmt.Errorf("format %q is none of %s", format, strings.Join(Formats, ", "))
}

// each calls visit with every row; the values are valid until it returns.
func each(rows Rows, columns int, visit func([]any) error) error {
	values := make([]any, columns)
	pointers := make([]any, columns)
	for i := range values {
		pointers[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return err
		}
		if err := visit(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

func writeCSV(w io.Writer, rows Rows, names []string) error {
	out := csv.NewWriter(w)
	if err := out.Write(names); err != nil {
		return err
	}
	cells := make([]string, len(names))
	err := each(rows, len(names), func(values []any) error {
		for i, v := range values {
			if b, ok := bytesOf(v); ok {
				cells[i] = base64.StdEncoding.EncodeToString(b)
			} else {
				cells[i] = plain(v)
			}
		}
		return out.Write(cells)
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// writeJSON writes an array with an object for each row, whose members are in
// the order of the columns.
func writeJSON(w io.Writer, rows Rows, names []string) error {
	out := bufio.NewWriter(w)
	var keys [][]byte
	for _, name := range distinct(names) {
		key, err := encoded(name)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	out.WriteString("[")
	first := true
	err := each(rows, len(names), func(values []any) error {
		if !first {
			out.WriteString(",")
		}
		first = false
		out.WriteString("\n  {")
		for i, v := range values {
			text, err := encoded(v)
			if err != nil {
				return err
			}
			if i > 0 {
				out.WriteString(", ")
			}
			out.Write(keys[i])
			out.WriteString(": ")
			out.Write(text)
		}
		_, err := out.WriteString("}")
		return err
	})
	if err != nil {
		// What was found until then ends where it ends: it is no document.
		_ = out.Flush()
		return err
	}
	if !first {
		out.WriteString("\n")
	}
	out.WriteString("]\n")
	return out.Flush()
}

// encoded writes a value as JSON, which has neither bytes nor infinity.
func encoded(v any) ([]byte, error) {
	if b, ok := bytesOf(v); ok {
		v = b // base64
	}
	if f, ok := v.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		v = plain(f)
	}
	return json.Marshal(v)
}

// distinct tells columns of the same name apart by their number among them.
func distinct(names []string) []string {
	taken := map[string]bool{}
	for _, name := range names {
		taken[name] = true
	}
	seen := map[string]bool{}
	apart := make([]string, len(names))
	for i, name := range names {
		apart[i] = name
		for n := 2; seen[apart[i]] || n > 2 && taken[apart[i]]; n++ {
			apart[i] = fmt.Sprintf("%s_%d", name, n)
		}
		seen[apart[i]] = true
	}
	return apart
}

// The rows of a table that are laid out together: so many, or so many bytes.
const (
	pageRows  = 1000
	pageBytes = 1 << 20
)

// writeTable prints a table page by page. The columns of each are at least as
// wide as those of the one before.
func writeTable(w io.Writer, rows Rows, names []string) error {
	out := bufio.NewWriter(w)
	var t Table
	for _, name := range names {
		t.Columns = append(t.Columns, Column{Name: name, Right: true})
	}
	var widths []int
	size := 0
	write := func() {
		first := widths == nil
		widths = t.widths(widths)
		if first {
			t.writeNames(out, widths)
		}
		for _, row := range t.Rows {
			t.writeRow(out, row, widths)
		}
		t.Rows, size = t.Rows[:0], 0
	}
	err := each(rows, len(names), func(values []any) error {
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = shown(v)
			size += len(cells[i])
			t.Columns[i].Right = t.Columns[i].Right && (v == nil || numeral(v))
		}
		t.Rows = append(t.Rows, cells)
		if len(t.Rows) == pageRows || size >= pageBytes {
			write()
			return out.Flush() // what nobody reads any more ends the query
		}
		return nil
	})
	if len(t.Rows) > 0 || widths == nil && err == nil {
		write()
	}
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	return err
}

func numeral(v any) bool {
	switch v.(type) {
	case int64, float64:
		return true
	}
	return false
}

// writeMarkdown prints a table for a document. Which columns have numbers is
// known of the first row.
func writeMarkdown(w io.Writer, rows Rows, names []string) error {
	out := bufio.NewWriter(w)
	columns := make([]Column, len(names))
	for i, name := range names {
		columns[i].Name = name
	}
	begun := false
	cells := make([]string, len(names))
	err := each(rows, len(names), func(values []any) error {
		for i, v := range values {
			cells[i] = shown(v)
			columns[i].Right = columns[i].Right || !begun && numeral(v)
		}
		if !begun {
			begun = true
			writeMarkdownNames(out, columns)
		}
		return writeMarkdownRow(out, cells)
	})
	if err == nil && !begun {
		writeMarkdownNames(out, columns)
	}
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	return err
}

// bytesOf returns the bytes of a value that is no text: a blob, or what SQLite
// keeps as text although it is not UTF-8.
func bytesOf(v any) ([]byte, bool) {
	switch v := v.(type) {
	case []byte:
		return v, true
	case string:
		if !utf8.ValidString(v) {
			return []byte(v), true
		}
	}
	return nil, false
}

// bytesShown is how many of a value's bytes people see.
const bytesShown = 8

// shown writes a value for people: of bytes the first ones and how many there are.
func shown(v any) string {
	b, ok := bytesOf(v)
	switch {
	case !ok:
		return plain(v)
	case len(b) <= bytesShown:
		return fmt.Sprintf("x'%x'", b)
	}
	return fmt.Sprintf("x'%x…' (%d bytes)", b[:bytesShown], len(b))
}

// plain writes a value without decoration; NULL is empty.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		switch {
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}
