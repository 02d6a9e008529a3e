package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/stats"
)

// makePage makes the page for a design review of what is selected.
func makePage(ctx context.Context, from *archive.Archive, title string, s selection, where []string, archivePath string) (report.Page, error) {
	measured := stats.Measured(s.records)
	loads := byWorkload(measured)
	var names, refs []string
	for _, load := range loads {
		names, refs = append(names, load.Values[0]), append(refs, load.ref())
	}
	if title == "" {
		title = fmt.Sprintf("%s: %s", strings.Join(slices.Compact(names), ", "), strings.Join(storesOf(measured), ", "))
	}
	chosen := ""
	if s.text != "" {
		chosen = ", selected by " + s.text
	}
	page := report.Page{
		Title: title,
		Lead: fmt.Sprintf("%s of %s, %s, from %s%s.", stats.Count(len(stats.GroupBy(measured, "run")), "complete run"),
			strings.Join(refs, ", "), days(s.runs), filepath.Base(archivePath), chosen),
	}
	for _, load := range loads {
		title, suffix := "Throughput", ""
		if len(loads) > 1 {
			title, suffix = load.ref(), "-"+strings.Join(load.Values, "-")
		}
		sections, err := load.sections(ctx, from, title, suffix, s.runs)
		if err != nil {
			return page, err
		}
		page.Sections = append(page.Sections, sections...)
	}
	setups, err := setupsTable(s.runs)
	if err != nil {
		return page, err
	}
	page.Sections = append(page.Sections,
		report.Section{Title: "What was compared", Table: setups, Notes: slices.Concat(stats.Guarantees(measured), stats.Verified(measured))},
		report.Section{Title: "Where", Notes: where},
	)
	return page, nil
}

// sections returns the table and the charts of one workload. The names of the
// charts' files end in suffix.
func (l ofWorkload) sections(ctx context.Context, from *archive.Archive, title, suffix string, runs []archive.Run) ([]report.Section, error) {
	mine := slices.DeleteFunc(slices.Clone(runs), func(r archive.Run) bool {
		return r.Workload != l.Values[0] || fmt.Sprint(r.WorkloadVersion) != l.Values[1]
	})
	sections := []report.Section{{
		Title: title,
		Text:  "Successful operations per second and thread: the median of the runs with its " + stats.Interval(l.Records) + ".",
		Table: report.Throughput(l.Records),
		Notes: append(stats.Warnings(l.Records), runWarnings(mine)...),
	}}
	kinds := []string{"throughput", "latency"}
	fits, over := fitting(l.Records)
	switch fits {
	case sweep: // which has both, where bars would be too many
		kinds = []string{sweep}
	case "threads":
		kinds = []string{"throughput", "threads", "latency"}
	}
	for _, kind := range kinds {
		figure, err := draw(ctx, from, kind, l.Records, over)
		if err != nil {
			return nil, err
		}
		var svg bytes.Buffer
		err = figure.Render(&svg, chart.SVG, chart.Page)
		if errors.Is(err, chart.ErrEmpty) {
			continue
		}
		if err != nil {
			return nil, err
		}
		sections = append(sections, report.Section{
			Figure: &report.Figure{File: kind + suffix + ".svg", Alt: figure.Title + ": " + figure.Subtitle, SVG: svg.Bytes()},
		})
	}
	return sections, nil
}

// days says on which days runs were started.
func days(runs []archive.Run) string {
	first, last := runs[0].StartedAt, runs[0].StartedAt
	for _, run := range runs {
		if run.StartedAt.Before(first) {
			first = run.StartedAt
		}
		if run.StartedAt.After(last) {
			last = run.StartedAt
		}
	}
	when := first.Local().Format(time.DateOnly)
	if until := last.Local().Format(time.DateOnly); until != when {
		when += " to " + until
	}
	return when
}

func storesOf(records []stats.Record) []string {
	var names []string
	for _, g := range stats.GroupBy(records, "store") {
		names = append(names, g.Values[0])
	}
	return names
}

// setupsTable lists the stores' versions, and the options that differ from one
// setup to the next or from what the driver has by default.
func setupsTable(runs []archive.Run) (report.Table, error) {
	t := report.Table{Columns: []report.Column{{Name: "store"}, {Name: "version"}, {Name: "nodes", Right: true}, {Name: "runs", Right: true}, {Name: "options"}}}
	rows := map[string]int{}
	for _, run := range runs {
		var setup struct {
			Options map[string]string `json:"options"`
		}
		if err := json.Unmarshal(run.Setup, &setup); err != nil {
			return t, fmt.Errorf("read the setup of run %d: %w", run.ID, err)
		}
		options := map[string]string{}
		for name, value := range setup.Options {
			if value != "" {
				options[name] = value
			}
		}
		row := []string{run.Store, run.StoreVersion, fmt.Sprint(run.Nodes), "", report.Pairs(options)}
		rows[strings.Join(row, "\x00")]++
	}
	for key, count := range rows {
		row := strings.Split(key, "\x00")
		row[3] = fmt.Sprint(count)
		t.Rows = append(t.Rows, row)
	}
	slices.SortFunc(t.Rows, slices.Compare)
	return t, nil
}
