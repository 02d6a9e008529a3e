package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// pageSize is SQLite's.
const pageSize = 4096

// eventful archives some runs that have a row in every table, and of those of
// which there are many more than one page.
func eventful(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "whole.db")
	a := openAt(t, path)
	for range 3 {
		w, err := begin(t.Context(), a, 3, testPhases)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := load(w, 3, len(testPhases), 12, 40); err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			at := time.Duration(i) * time.Second
			errs := []error{
				w.Event(record.Event{At: at, Kind: "node-log", Node: fmt.Sprint("node-", i%3), Detail: strings.Repeat("said ", 20)}),
				w.NodeSecond(record.NodeSecond{Node: "node-1", Second: i, Seconds: 1, CPUSeconds: 0.5, RSSBytes: int64(i), ReadBytes: 1}),
				w.Verdict(record.Verdict{Phase: "create", Property: fmt.Sprintf("property-%02d", i), Result: record.Held, Checked: int64(i), Detail: strings.Repeat("held ", 20)}),
			}
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Finish(t.Context(), record.Complete, ""); err != nil {
			t.Fatal(err)
		}
	}
	closeNow(t, a)
	return path
}

// verified reports whether Verify finds something.
func verified(t *testing.T, path string) bool {
	t.Helper()
	a, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		return true
	}
	defer a.Close()
	v, err := a.Verify(t.Context(), nil)
	if err != nil {
		t.Errorf("verify: %v", err)
	}
	return len(v.Problems) > 0
}

// reads are what commands ask of an archive, by what asks.
var reads = []struct {
	name string
	read func(ctx context.Context, a *Archive) (any, error)
}{
	{"runs", func(ctx context.Context, a *Archive) (any, error) { return a.Lines(ctx) }},
	{"selected runs", func(ctx context.Context, a *Archive) (any, error) { return a.Lines(ctx, 1, 3) }},
	{"selection", func(ctx context.Context, a *Archive) (any, error) {
		var found []string
		err := a.Values(ctx, []string{"store", "op", "param.size"}, func(run int64, values []string) { found = append(found, fmt.Sprint(run, values)) })
		return found, err
	}},
	{"selection by run", func(ctx context.Context, a *Archive) (any, error) {
		var found []string
		err := a.Values(ctx, []string{"experiment"}, func(run int64, values []string) { found = append(found, fmt.Sprint(run, values)) })
		return found, err
	}},
	{"show", func(ctx context.Context, a *Archive) (any, error) { return a.Account(ctx, 2) }},
	{"runs as JSON", func(ctx context.Context, a *Archive) (any, error) { return a.Accounts(ctx) }},
	{"compared", func(ctx context.Context, a *Archive) (any, error) { return a.Compared(ctx) }},
	{"compared, selected", func(ctx context.Context, a *Archive) (any, error) { return a.Compared(ctx, 1, 2) }},
	{"figures", func(ctx context.Context, a *Archive) (any, error) { return a.Figures(ctx, true) }},
	{"figures, selected", func(ctx context.Context, a *Archive) (any, error) { return a.Figures(ctx, true, 1, 3) }},
	{"verified", func(ctx context.Context, a *Archive) (any, error) { return a.Verified(ctx) }},
	{"runs of an experiment", func(ctx context.Context, a *Archive) (any, error) { return a.RunsOf(ctx, 2) }},
	{"environment", func(ctx context.Context, a *Archive) (any, error) { return a.EnvironmentOf(ctx, 1) }},
	{"workloads", func(ctx context.Context, a *Archive) (any, error) { return a.Workloads(ctx) }},
	{"thread-seconds", func(ctx context.Context, a *Archive) (any, error) { return a.ThreadSeconds(ctx, 2) }},
	{"all samples", func(ctx context.Context, a *Archive) (any, error) {
		var n int
		err := a.Samples(ctx, 2, func(_ sample.Header, s []sample.Sample) error { n += len(s); return nil })
		return n, err
	}},
	{"sql samples", query("select run_id, phase, count(*), sum(latency_ns) from samples group by 1, 2")},
	{"sql samples of a phase", query("select thread, count(*), sum(latency_ns) from samples where run_id = 2 and phase = 'create' group by 1")},
	{"sql samples of a thread", query("select phase, count(*), sum(latency_ns) from samples where run_id = 2 and thread = 1 group by 1")},
}

func query(text string) func(ctx context.Context, a *Archive) (any, error) {
	return func(ctx context.Context, a *Archive) (any, error) {
		rows, err := a.Query(ctx, text)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var lines []string
		for rows.Next() {
			var values [4]any
			names, err := rows.Columns()
			if err != nil {
				return nil, err
			}
			fields := []any{&values[0], &values[1], &values[2], &values[3]}
			if err := rows.Scan(fields[:len(names)]...); err != nil {
				return nil, err
			}
			lines = append(lines, fmt.Sprint(values))
		}
		return lines, rows.Err()
	}
}

// read returns what each read says of an archive, as JSON, or its error.
func readAll(t *testing.T, path string) (map[string]string, map[string]error) {
	t.Helper()
	said, errs := map[string]string{}, map[string]error{}
	a, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		for _, r := range reads {
			errs[r.name] = err
		}
		return said, errs
	}
	defer a.Close()
	for _, r := range reads {
		value, err := r.read(t.Context(), a)
		if err != nil {
			errs[r.name] = err
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(r.name, err)
		}
		said[r.name] = string(text)
	}
	return said, errs
}

// damages are what befalls a page.
var damages = []struct {
	name  string
	value bool // it may hit no more than a value, which nothing else knows of
	to    func(rng *rand.Rand, page []byte, all []byte)
}{
	{"zeros", false, func(_ *rand.Rand, page, _ []byte) { clear(page) }},
	{"ones", false, func(_ *rand.Rand, page, _ []byte) {
		for i := range page {
			page[i] = 0xff
		}
	}},
	{"chance", false, func(rng *rand.Rand, page, _ []byte) {
		for i := range page {
			page[i] = byte(rng.Uint32())
		}
	}},
	{"another page", false, func(rng *rand.Rand, page, all []byte) {
		copy(page, all[pageSize*(1+rng.IntN(len(all)/pageSize-1)):][:pageSize])
	}},
	{"half of the cells", false, func(_ *rand.Rand, page, _ []byte) { // of a leaf or interior page
		cells := int(page[3])<<8 | int(page[4])
		page[3], page[4] = byte(cells/2>>8), byte(cells/2)
	}},
	{"second half", false, func(_ *rand.Rand, page, _ []byte) { clear(page[len(page)/2:]) }},
	{"a sector", true, func(rng *rand.Rand, page, _ []byte) {
		at := 512 * rng.IntN(len(page)/512)
		clear(page[at : at+512])
	}},
	{"a bit", true, func(rng *rand.Rand, page, _ []byte) { page[rng.IntN(len(page))] ^= 1 << rng.IntN(8) }},
}

// TestEveryDamagedPageIsNoticed damages the pages of an archive one after the
// other. Whatever reads it says the same as before, or that it is damaged; only
// what a changed value looks like is left to Verify.
func TestEveryDamagedPageIsNoticed(t *testing.T) {
	path := eventful(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, errs := readAll(t, path)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	rng := rand.New(rand.NewPCG(1, 2))
	unseen := 0
	for number := 0; number < len(whole)/pageSize; number++ {
		for _, d := range damages {
			data := append([]byte(nil), whole...)
			page := data[number*pageSize:][:pageSize]
			if number == 0 {
				page = page[100:] // the header says what the file is
			}
			if number > 0 || d.name != "another page" {
				d.to(rng, page, whole)
			}
			if err := os.WriteFile(damaged, data, 0o600); err != nil {
				t.Fatal(err)
			}
			got, errs := readAll(t, damaged)
			for name, err := range errs {
				if !errors.Is(err, ErrArchive) {
					t.Errorf("page %d, %s: %s: %v is no error of the archive", number+1, d.name, name, err)
				}
			}
			for name, text := range got {
				if text != want[name] && !d.value {
					t.Errorf("page %d, %s: %s differs, and nothing was said", number+1, d.name, name)
				}
			}
			if len(errs) > 0 && number%3 == 0 || d.name == "a bit" {
				found := verified(t, damaged)
				if len(errs) > 0 && !found {
					t.Errorf("page %d, %s: Verify found nothing, and reads did: %v", number+1, d.name, errs)
				}
				if !found {
					unseen++
				}
			}
		}
	}
	t.Logf("of %d flipped bits Verify sees %d: others are in free space or in texts", len(whole)/pageSize, len(whole)/pageSize-unseen)
}
