package archive

import (
	"github.com/mattn/go-sqlite3"
)

// longest is the most bytes that one value or row of a query may have. The
// longest that benchctl writes, a chunk, has two million.
const longest = 64 << 20

// distrust makes a connection one that runs nothing of what stands in the
// file's own schema but what cannot do harm: it may come from anybody.
func distrust(c *sqlite3.SQLiteConn) error {
	_, err := c.Exec("pragma trusted_schema = off", nil)
	return err
}

// confine makes a connection one that only reads this archive, whatever it is
// asked: SQLite refuses all else before it begins with it.
func confine(c *sqlite3.SQLiteConn) error {
	if _, err := c.Exec("pragma query_only = true", nil); err != nil {
		return err
	}
	c.SetLimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
	c.SetLimit(sqlite3.SQLITE_LIMIT_LENGTH, longest)
	c.RegisterAuthorizer(allow)
	return nil
}

// recursive is what SQLite asks about a common table expression that refers to
// itself; the driver has no name for it.
const recursive = 33

// allow decides on each thing that a statement would do.
func allow(action int, object, argument, _ string) int {
	switch action {
	case sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, recursive:
		return sqlite3.SQLITE_OK
	case sqlite3.SQLITE_FUNCTION:
		if argument != "load_extension" && argument != "fts3_tokenizer" {
			return sqlite3.SQLITE_OK
		}
	case sqlite3.SQLITE_PRAGMA:
		if takes, known := pragmas[object]; known && (takes || argument == "") {
			return sqlite3.SQLITE_OK
		}
	}
	return sqlite3.SQLITE_DENY
}

// pragmas are those that only say something. What those that are true here take
// is the name of a table or index, or a number of lines; to the others a value
// would be a new one.
var pragmas = map[string]bool{
	"application_id": false, "collation_list": false, "compile_options": false, "data_version": false, "database_list": false,
	"encoding": false, "freelist_count": false, "function_list": false, "journal_mode": false, "module_list": false,
	"page_count": false, "page_size": false, "pragma_list": false, "schema_version": false, "user_version": false,
	"foreign_key_check": true, "foreign_key_list": true, "index_info": true, "index_list": true, "index_xinfo": true,
	"integrity_check": true, "quick_check": true, "table_info": true, "table_list": true, "table_xinfo": true,
}
