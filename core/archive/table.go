package archive

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// table is a table and those of its columns that stand in a record: one list
// for writing and reading, so that nothing is lost between the two.
type table[T any] struct {
	name    string
	columns []column[T]
}

// column is the name of a column and where its value is in a record: a pointer
// to it, or what scans and writes it in another form.
type column[T any] struct {
	name  string
	field func(*T) any
}

// without returns the table with all columns but one.
func (t table[T]) without(name string) table[T] {
	var columns []column[T]
	for _, c := range t.columns {
		if c.name != name {
			columns = append(columns, c)
		}
	}
	return table[T]{t.name, columns}
}

// only returns the table with some of its columns.
func (t table[T]) only(names ...string) table[T] {
	var columns []column[T]
	for _, c := range t.columns {
		if slices.Contains(names, c.name) {
			columns = append(columns, c)
		}
	}
	return table[T]{t.name, columns}
}

// fields returns where the values of all columns are in a record.
func (t table[T]) fields(record *T) []any {
	fields := make([]any, len(t.columns))
	for i, c := range t.columns {
		fields[i] = c.field(record)
	}
	return fields
}

func (t table[T]) names() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// insert adds a row and returns its id.
func (t table[T]) insert(ctx context.Context, tx *sql.Tx, record T) (int64, error) {
	result, err := tx.ExecContext(ctx, t.insertion("insert"), t.fields(&record)...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// insertAll adds rows, in the place of those that have the same key.
func (t table[T]) insertAll(ctx context.Context, tx *sql.Tx, records []T) error {
	if len(records) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, t.insertion("insert or replace"))
	if err != nil {
		return err
	}
	defer statement.Close()
	var row T
	fields := t.fields(&row)
	for _, row = range records {
		if _, err := statement.ExecContext(ctx, fields...); err != nil {
			return err
		}
	}
	return nil
}

func (t table[T]) insertion(verb string) string {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ")
	return verb + " into " + t.name + " (" + t.names() + ") values (" + marks + ")"
}

// each hands the rows that the rest of a query selects to take, one at a time.
func (t table[T]) each(ctx context.Context, db queryer, rest string, args []any, take func(*T) error) error {
	rows, err := db.QueryContext(ctx, "select "+t.names()+" from "+t.name+" "+rest, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var row, empty T
	fields := t.fields(&row)
	for rows.Next() {
		row = empty
		if err := readRow(rows, fields...); err != nil {
			return err
		}
		if err := take(&row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// queryer is a pool or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// list grows by blocks: a slice of tens of thousands of records that grows by
// itself is copied again and again.
type list[T any] struct {
	full  [][]T
	block []T
}

const blockSize = 1024

// roomFor is a list that holds so many records without a copy, if there are no
// more than that.
func roomFor[T any](records int) list[T] {
	const most = 1 << 20 // a number that a damaged file says asks for no more
	return list[T]{block: make([]T, 0, min(max(records, 0), most))}
}

func (l *list[T]) add(t T) {
	if len(l.block) == cap(l.block) && len(l.block) >= blockSize {
		l.full = append(l.full, l.block)
		l.block = make([]T, 0, blockSize)
	}
	l.block = append(l.block, t)
}

// all returns what was added.
func (l *list[T]) all() []T {
	if len(l.full) == 0 {
		return l.block
	}
	return slices.Concat(append(l.full, l.block)...)
}

// collect adds what scan makes of each row.
func (l *list[T]) collect(rows *sql.Rows, scan func(*T) error) error {
	defer rows.Close()
	var t, empty T
	for rows.Next() {
		t = empty
		if err := scan(&t); err != nil {
			return err
		}
		l.add(t)
	}
	return rows.Err()
}
