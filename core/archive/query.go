package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// Rows is the answer to a query.
type Rows struct {
	*sql.Rows
	path string
}

// Query runs one SQL query, which can also read the table samples and use the
// functions of docs/format/archive.md. It can change nothing, neither the
// archive nor another file. An error that is the query's own matches ErrQuery;
// one may also come up later, from Err.
func (a *Archive) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	query, rest := first(query)
	switch {
	case query == "":
		return nil, queryFault("the query is empty: write one such as SELECT * FROM runs")
	case !blank(rest):
		return nil, queryFault("there are several queries, and only one can be answered: ask them one after the other")
	}
	rows, err := a.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, explainQuery(a.path, err)
	}
	return &Rows{Rows: rows, path: a.path}, nil
}

// Err returns what ended the rows early, or nil.
func (r *Rows) Err() error { return explainQuery(r.path, r.Rows.Err()) }

// quotes end what begins with them: texts, names and comments.
var quotes = []struct{ begin, end string }{
	{"'", "'"}, {`"`, `"`}, {"`", "`"}, {"[", "]"}, {"--", "\n"}, {"/*", "*/"},
}

// first returns the first statement that is not empty, and what stands behind
// it: the driver would execute all of them and answer the last.
func first(text string) (statement, rest string) {
	begin := 0
	for i := 0; i < len(text); i++ {
		if text[i] == ';' {
			if !blank(text[begin:i]) {
				return text[begin:i], text[i+1:]
			}
			begin = i + 1
		}
		i += quoted(text[i:])
	}
	if blank(text[begin:]) {
		return "", ""
	}
	return text[begin:], ""
}

// quoted returns how many bytes of a quoted part follow on its first one, and 0
// if none begins here.
func quoted(text string) int {
	for _, q := range quotes {
		if !strings.HasPrefix(text, q.begin) {
			continue
		}
		if length := strings.Index(text[len(q.begin):], q.end); length >= 0 {
			return len(q.begin) + length + len(q.end) - 1
		}
		return len(text) - 1
	}
	return 0
}

// blank reports whether there is nothing but space, comments and semicolons.
func blank(query string) bool {
	for i := 0; i < len(query); i++ {
		if strings.HasPrefix(query[i:], "--") || strings.HasPrefix(query[i:], "/*") {
			i += quoted(query[i:])
		} else if !strings.ContainsRune(" \t\r\n\f;", rune(query[i])) {
			return false
		}
	}
	return true
}

func explainQuery(path string, err error) error {
	var lite sqlite3.Error
	if !errors.As(err, &lite) {
		return explain(path, "query", err)
	}
	switch lite.Code {
	case sqlite3.ErrReadonly, sqlite3.ErrAuth:
		return queryFault("a query only reads this archive, so this one was refused: use SELECT")
	case sqlite3.ErrError, sqlite3.ErrRange, sqlite3.ErrMismatch, sqlite3.ErrConstraint, sqlite3.ErrTooBig:
		return queryFault(fmt.Sprintf("query: %v; docs/format/archive.md lists the tables and columns", lite))
	}
	return explain(path, "query", err)
}

func queryFault(text string) error { return &fault{text: text, kinds: []error{ErrQuery}} }
