package archive

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/record"
)

// Info is what an archive holds.
type Info struct {
	Path        string                 `json:"archive"`
	Bytes       int64                  `json:"bytes"` // of the file and what waits beside it to be merged into it
	Schema      int64                  `json:"schema"`
	Experiments int64                  `json:"experiments"`
	Runs        map[record.State]int64 `json:"runs"`
	Samples     int64                  `json:"samples"`
	First       time.Time              `json:"first_run,omitzero"` // when it began
	Last        time.Time              `json:"last_run,omitzero"`
	Tables      []TableInfo            `json:"tables"`
}

// TableInfo is the size of one table.
type TableInfo struct {
	Name  string `json:"table"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"` // of what its columns hold: 8 for a number, without indexes and structure
}

// Info counts what the archive holds.
func (a *Archive) Info(ctx context.Context) (Info, error) {
	info, err := a.info(ctx)
	return info, explain(a.path, "read archive info", err)
}

func (a *Archive) info(ctx context.Context) (Info, error) {
	info := Info{Path: a.path, Runs: map[record.State]int64{}}
	for _, suffix := range []string{"", "-wal"} {
		if file, err := os.Stat(a.path + suffix); err == nil {
			info.Bytes += file.Size()
		}
	}
	err := a.reader.QueryRowContext(ctx, `
		select (select max(version_id) from goose_db_version where is_applied), (select count(*) from experiments),
		       (select coalesce(sum(count), 0) from chunks), (select min(started_at) from runs), (select max(started_at) from runs)`).
		Scan(&info.Schema, &info.Experiments, &info.Samples, moment{&info.First}, moment{&info.Last})
	if err != nil {
		return info, err
	}
	runs, err := a.Runs(ctx)
	if err != nil {
		return info, err
	}
	for _, r := range runs {
		info.Runs[r.State]++
	}
	info.Tables, err = a.tables(ctx)
	return info, err
}

func (a *Archive) tables(ctx context.Context) ([]TableInfo, error) {
	rows, err := a.reader.QueryContext(ctx, `
		select t.name, group_concat(case when c.type in ('TEXT', 'BLOB') then format('coalesce(octet_length("%w"), 0)', c.name) else '8' end, ' + ')
		from main.sqlite_schema t, pragma_table_info(t.name, 'main') c
		where t.type = 'table' and t.name not like 'sqlite%' and t.name not like 'goose%'
		group by t.name order by t.name`)
	if err != nil {
		return nil, err
	}
	type source struct{ name, size string }
	sources, err := collect(rows, func(s *source) error { return readRow(rows, &s.name, &s.size) })
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, s := range sources {
		parts = append(parts, fmt.Sprintf("select '%s', count(*), coalesce(sum(%s), 0) from main.\"%s\"",
			strings.ReplaceAll(s.name, "'", "''"), s.size, strings.ReplaceAll(s.name, `"`, `""`))) // others name theirs as they like
	}
	if rows, err = a.reader.QueryContext(ctx, strings.Join(parts, " union all ")); err != nil {
		return nil, err
	}
	return collect(rows, func(t *TableInfo) error { return readRow(rows, &t.Name, &t.Rows, &t.Bytes) })
}
