package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// Rows is the answer to a query.
type Rows struct {
	*sql.Rows
	path string
}

// Query runs an SQL query, which can also read the table samples. It cannot
// change the archive. An error that is the query's own matches ErrQuery; one
// may also come up later, from Err.
func (a *Archive) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	rows, err := a.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, explainQuery(a.path, err)
	}
	return &Rows{Rows: rows, path: a.path}, nil
}

// Err returns what ended the rows early, or nil.
func (r *Rows) Err() error { return explainQuery(r.path, r.Rows.Err()) }

func explainQuery(path string, err error) error {
	var lite sqlite3.Error
	if !errors.As(err, &lite) {
		return explain(path, "query", err)
	}
	switch lite.Code {
	case sqlite3.ErrReadonly:
		return queryFault("a query only reads, so this one was refused: use SELECT")
	case sqlite3.ErrError, sqlite3.ErrRange, sqlite3.ErrMismatch, sqlite3.ErrConstraint, sqlite3.ErrTooBig, sqlite3.ErrAuth:
		return queryFault(fmt.Sprintf("query: %v; docs/format/archive.md lists the tables and columns", lite))
	}
	return explain(path, "query", err)
}

func queryFault(text string) error { return &fault{text: text, kinds: []error{ErrQuery}} }
