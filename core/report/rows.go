package report

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
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

// WriteRows prints rows in a format. CSV and JSON are written as the rows come;
// a table is laid out when all are there.
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
	case "table", "markdown":
		t, err := layOut(rows, names)
		if err != nil {
			return err
		}
		if format == "markdown" {
			return t.WriteMarkdown(w)
		}
		return t.Write(w)
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
			cells[i] = plain(v)
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
	keys := make([][]byte, len(names))
	for i, name := range names {
		var err error
		if keys[i], err = json.Marshal(name); err != nil {
			return err
		}
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
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			text, err := json.Marshal(v)
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
		return err
	}
	if !first {
		out.WriteString("\n")
	}
	out.WriteString("]\n")
	return out.Flush()
}

func layOut(rows Rows, names []string) (Table, error) {
	t := Table{}
	for _, name := range names {
		t.Columns = append(t.Columns, Column{Name: name, Right: true})
	}
	err := each(rows, len(names), func(values []any) error {
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = plain(v)
			switch v.(type) {
			case nil, int64, float64:
			default:
				t.Columns[i].Right = false
			}
		}
		t.Rows = append(t.Rows, cells)
		return nil
	})
	return t, err
}

// plain writes a value without decoration; NULL is empty.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}
