package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/stats"
)

// printExperiment prints the tables of what an experiment has measured.
func (a *app) printExperiment(ctx context.Context, from *archive.Archive, id int64, asJSON bool) error {
	runs, err := from.RunsOf(ctx, id)
	if err != nil || len(runs) == 0 {
		return err
	}
	if asJSON {
		documents, err := documents(ctx, from, runs)
		if err != nil {
			return err
		}
		return report.WriteJSON(a.stdout, report.Document{
			Version: report.DocumentVersion, Experiment: id, Archive: a.archivePath, Runs: documents,
		})
	}
	runs = latest(runs)
	records, err := recordsOfAll(ctx, from, runs)
	if err != nil {
		return err
	}
	where, err := environmentNotes(ctx, from, runs)
	if err != nil {
		return err
	}
	return printThroughput(a.stdout, records, where, runWarnings(runs))
}

// recordsOfAll reads the records of runs.
func recordsOfAll(ctx context.Context, from *archive.Archive, runs []archive.Run) ([]stats.Record, error) {
	ids := make([]int64, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	summaries, err := from.Summaries(ctx, ids...)
	if err != nil {
		return nil, err
	}
	verified, err := verifiedRuns(ctx, from, ids...)
	if err != nil {
		return nil, err
	}
	var records []stats.Record
	for _, run := range runs {
		mine := slices.DeleteFunc(slices.Clone(summaries), func(s archive.Summary) bool { return s.RunID != run.ID })
		of, err := recordsOf(run, mine, verified[run.ID])
		if err != nil {
			return nil, err
		}
		records = append(records, of...)
	}
	return records, nil
}

// plotExperiment draws what an experiment has measured: over the parameter that
// was swept if there is one, else over threads if there are several numbers of
// them, else as bars.
func (a *app) plotExperiment(ctx context.Context, from *archive.Archive, id int64, file string) error {
	format, err := chart.ParseFormat(file)
	if err != nil {
		return &usageError{err}
	}
	runs, err := from.RunsOf(ctx, id)
	if err != nil {
		return err
	}
	records, err := recordsOfAll(ctx, from, latest(runs))
	if err != nil {
		return err
	}
	if err := oneWorkload(records); err != nil {
		return err
	}
	kind, over := fitting(stats.Measured(records))
	figure, err := draw(ctx, from, kind, records, over)
	if err != nil {
		return err
	}
	if err := create(file, func(f *os.File) error { return figure.Render(f, format, chart.Slide) }); err != nil {
		if errors.Is(err, chart.ErrEmpty) {
			os.Remove(file)
			return errors.New("no run is complete, so there is nothing to draw")
		}
		return err
	}
	fmt.Fprintln(a.stderr, "wrote", file)
	return nil
}

// fitting is the kind of chart for what varies between runs, and the parameter
// that a sweep is drawn over.
func fitting(records []stats.Record) (kind, over string) {
	var swept []string
	for _, key := range stats.Series(records) {
		if strings.HasPrefix(key, "param.") {
			swept = append(swept, key)
		}
	}
	switch {
	case len(swept) == 1:
		return sweep, swept[0]
	case len(stats.GroupBy(records, "threads")) > 1:
		return "threads", ""
	}
	return "throughput", ""
}

// latest leaves out the runs that were executed again when their experiment was
// resumed.
func latest(runs []archive.Run) []archive.Run {
	last := map[int]archive.Run{}
	for _, run := range runs {
		if known, ok := last[run.Position]; !ok || known.State != archive.Complete || run.State == archive.Complete {
			last[run.Position] = run
		}
	}
	return slices.DeleteFunc(runs, func(run archive.Run) bool { return run.Position >= 0 && last[run.Position].ID != run.ID })
}

// printThroughput prints a table for each workload with what weakens it
// beneath, and then the guarantees, the machines and the runs' warnings.
func printThroughput(w io.Writer, records []stats.Record, where, warnings []string) error {
	measured := stats.Measured(records)
	if len(measured) == 0 {
		return nil
	}
	fmt.Fprintf(w, "successful operations per second and thread, median of the runs with its %s\n", stats.Interval(measured))
	fmt.Fprintln(w)
	loads := byWorkload(measured)
	for _, load := range loads {
		if len(loads) > 1 {
			fmt.Fprintf(w, "%s\n\n", load.ref())
		}
		if err := report.Throughput(load.Records).Write(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
		if len(loads) > 1 {
			report.Notes(w, "!", stats.Warnings(load.Records))
			fmt.Fprintln(w)
		}
	}
	if len(loads) == 1 {
		warnings = append(stats.Warnings(measured), warnings...)
	}
	report.Notes(w, "·", slices.Concat(stats.Guarantees(measured), stats.Verified(measured), where))
	report.Notes(w, "!", warnings)
	return nil
}

// ofWorkload is the records of one workload.
type ofWorkload struct{ stats.Group }

func (l ofWorkload) ref() string { return l.Values[0] + "@" + l.Values[1] }

// byWorkload tells apart what cannot be compared: the figures of different
// loads.
func byWorkload(records []stats.Record) []ofWorkload {
	var loads []ofWorkload
	for _, g := range stats.GroupBy(records, "workload", "workload-version") {
		loads = append(loads, ofWorkload{g})
	}
	return loads
}
