// Package migrations holds the archive's schema: SQL files, embedded, each
// applied once and in the order of their numbers. One that has been released
// is never edited; docs/format/archive.md describes the result.
package migrations

import "embed"

// FS holds the migrations, named NNNNN_name.sql.
//
//go:embed *.sql
var FS embed.FS
