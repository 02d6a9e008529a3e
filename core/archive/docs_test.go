package archive

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

func page(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/format/archive.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestQueriesOfThePageRun(t *testing.T) {
	a := open(t)
	finished(t, a, 2, 3, 300)
	blocks := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(page(t), -1)
	if len(blocks) < 8 {
		t.Fatalf("%d queries", len(blocks))
	}
	for i, block := range blocks {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			rows, err := a.Query(t.Context(), block[1])
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			n := 0
			for rows.Next() {
				n++
			}
			if n == 0 || rows.Err() != nil {
				t.Errorf("%d rows, %v", n, rows.Err())
			}
		})
	}
}

// TestPageNamesEveryColumn checks the page's tables against the schema.
func TestPageNamesEveryColumn(t *testing.T) {
	a := open(t)
	if want := fmt.Sprintf("This page describes version %d.", Schema); !strings.Contains(page(t), want) {
		t.Errorf("the page lacks: %s", want)
	}
	sections := map[string]string{}
	for _, section := range strings.Split(page(t), "\n### ")[1:] {
		name, text, _ := strings.Cut(section, "\n")
		text, _, _ = strings.Cut(text, "\n## ")
		sections[name] = text
	}
	rows, err := a.Query(t.Context(), "select t.name, c.name from sqlite_schema t, pragma_table_info(t.name) c where t.type = 'table' and t.name not like 'sqlite%' and t.name not like 'goose%'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	row := regexp.MustCompile(`(?m)^\| ([a-z0-9_, ]+) \|`)
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, cell := range row.FindAllStringSubmatch(sections[table], -1) {
			for _, name := range strings.Split(cell[1], ", ") {
				found = found || name == column
			}
		}
		if !found {
			t.Errorf("the page does not describe %s.%s", table, column)
		}
	}
	if rows.Err() != nil {
		t.Error(rows.Err())
	}
}
