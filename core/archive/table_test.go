package archive

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/record"
)

// filled returns a record of which every field holds something of its own.
func filled[T any](t *testing.T) T {
	t.Helper()
	var record T
	fillIn(t, reflect.ValueOf(&record).Elem(), new(int64))
	return record
}

func fillIn(t *testing.T, v reflect.Value, n *int64) {
	t.Helper()
	for i := range v.NumField() {
		*n++
		field := v.Field(i)
		if !field.CanSet() {
			continue // which the case sets
		}
		switch at := field.Addr().Interface().(type) {
		case *time.Time:
			*at = time.UnixMilli(1e12 + *n).UTC()
			continue
		case *json.RawMessage:
			*at = json.RawMessage(fmt.Sprintf(`{"n":%d}`, *n))
			continue
		case *[]byte:
			*at = []byte{byte(*n)}
			continue
		}
		switch field.Kind() {
		case reflect.String:
			field.SetString(fmt.Sprint("text ", *n))
		case reflect.Int, reflect.Int64:
			field.SetInt(*n)
		case reflect.Uint64:
			field.SetUint(1<<63 + uint64(*n))
		case reflect.Float64:
			field.SetFloat(float64(*n) / 8)
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Map:
			field.Set(reflect.ValueOf(map[string]string{"n": fmt.Sprint(*n)}))
		case reflect.Slice:
			field.Set(reflect.ValueOf([]string{fmt.Sprint(*n)}))
		case reflect.Pointer:
			field.Set(reflect.New(field.Type().Elem()))
			if field.Elem().Kind() == reflect.Int64 {
				field.Elem().SetInt(*n)
				continue
			}
			fillIn(t, field.Elem(), n)
		case reflect.Struct:
			fillIn(t, field, n)
		default:
			t.Fatalf("field %s", v.Type().Field(i).Name)
		}
	}
}

// kept archives a record with something in every field, and one with nothing,
// and reads them again in an order that has the full one first. Columns of the table that are in no record are named.
func kept[T any](t *testing.T, table table[T], order string, adjust func(*T), others ...string) {
	t.Run(table.name, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		if _, err := prepare(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		db, err := connect(path, "mode=rw&_foreign_keys=false", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		written := []T{filled[T](t), *new(T)}
		for i := range written {
			adjust(&written[i])
		}
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if err := table.insertAll(t.Context(), tx, written); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		var read []T
		if err := table.each(t.Context(), db, order, nil, func(r *T) error { read = append(read, *r); return nil }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(written, read, cmp.AllowUnexported(archivedRun{}, archivedExperiment{})); diff != "" {
			t.Error(diff)
		}
		names := slices.Clone(others)
		for _, c := range table.columns {
			names = append(names, c.name)
		}
		rows, err := db.Query("select name from pragma_table_info(?)", table.name)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := collect(rows, func(s *string) error { return rows.Scan(s) })
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(names)
		slices.Sort(columns)
		if diff := cmp.Diff(columns, names); diff != "" {
			t.Error("the columns of the schema and of the list:", diff)
		}
	})
}

func TestEveryFieldIsKept(t *testing.T) {
	full := func(id int64) bool { return id != 0 }
	kept(t, runTable, "order by id", func(r *archivedRun) {
		r.State, r.owner = record.Complete, `{"pid":1}`
		if !full(r.ID) {
			// What is never empty, and what an empty one comes back as.
			r.ID, r.UID, r.Position, r.StartedAt, r.Threads = 99, "u", -1, time.UnixMilli(1).UTC(), 1
			r.Setup, r.Guarantees = json.RawMessage("{}"), json.RawMessage("{}")
			r.Params, r.Labels, r.Warnings = map[string]string{}, map[string]string{}, []string{}
		}
	})
	kept(t, experimentTable, "order by id", func(e *archivedExperiment) {
		if full(e.ID) {
			e.owner = `{"pid":1}`
			return
		}
		e.ID, e.UID, e.CreatedAt, e.Plan = 99, "u", time.UnixMilli(1).UTC(), json.RawMessage("[]")
	})
	kept(t, environmentTable, "order by id", func(e *record.Environment) {
		if !full(e.ID) {
			e.ID = 99
		}
	}, "fsync_ns") // of schema 1 to 4
	kept(t, workloadTable, "order by sha256 desc", func(w *record.Workload) {
		if w.Definition == nil {
			w.Definition = json.RawMessage("{}")
		}
	})
	kept(t, phaseTable, "order by run_id desc", func(*record.Phase) {})
	kept(t, summaryTable, "order by run_id desc", func(*record.Summary) {})
	kept(t, threadSecondTable, "order by run_id desc", func(*record.ThreadSecond) {})
	kept(t, failureTable, "order by run_id desc", func(*record.Failure) {})
	kept(t, nodeSecondTable, "order by run_id desc", func(*record.NodeSecond) {})
	kept(t, eventTable, "order by id", func(*record.Event) {}, "id")
	kept(t, verdictTable, "order by run_id desc", func(v *record.Verdict) { v.Result = record.Held })
}

func TestProcesses(t *testing.T) {
	a := open(t)
	w, err := begin(t.Context(), a, 1, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	// The node lives for two and a half seconds and uses a processor and a half.
	for _, s := range []record.NodeSecond{
		{Node: "node-1", Second: 0, Seconds: 1, CPUSeconds: 1.5, RSSBytes: 10, ReadBytes: 1, WrittenBytes: new(int64(2))},
		{Node: "node-1", Second: 1, Seconds: 1, CPUSeconds: 1.5, RSSBytes: 30, ReadBytes: 1, WrittenBytes: new(int64(2))},
		{Node: "node-1", Second: 2, Seconds: 0.5, CPUSeconds: 0.75, RSSBytes: 20, ReadBytes: 1, WrittenBytes: new(int64(2))},
		{Node: record.ClientNode, Second: 0, Seconds: 0.25, CPUSeconds: 0.25, RSSBytes: 5},
	} {
		if err := w.NodeSecond(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(t.Context(), record.Failed, "the test"); err != nil {
		t.Fatal(err)
	}
	got, err := a.Processes(t.Context(), w.ID())
	want := []record.Process{
		{Name: record.ClientNode, Seconds: 0.25, CPUSeconds: 0.25, MaxRSSBytes: 5},
		{Name: "node-1", Seconds: 2.5, CPUSeconds: 3.75, MaxRSSBytes: 30, ReadBytes: 3, WrittenBytes: new(int64(6))},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestThousandsOfIDs(t *testing.T) {
	a := open(t)
	run, _ := finished(t, a, 1, 1, 50)
	ids := make([]int64, 20_000)
	for i := range ids {
		ids[i] = int64(i) + run
	}
	runs, err := a.Runs(t.Context(), ids...)
	if err != nil || len(runs) != 1 {
		t.Error(runs, err)
	}
	seen := 0
	err = a.Histograms(t.Context(), func(s record.Summary) error {
		if h, err := Histogram(s); err != nil || h.TotalCount() != s.Ops {
			t.Errorf("%s %s: %v", s.Phase, s.Op, err)
		}
		seen++
		return nil
	}, ids...)
	summaries, errSummaries := a.Summaries(t.Context(), ids...)
	if err != nil || errSummaries != nil || seen != len(summaries) || seen == 0 {
		t.Errorf("%d histograms of %d summaries (%v, %v)", seen, len(summaries), err, errSummaries)
	}
}

func TestListKeepsTheOrder(t *testing.T) {
	for _, n := range []int{0, 1, blockSize, blockSize + 1, 3*blockSize + 7} {
		for _, room := range []int{0, 1, n, blockSize, 2 * n} {
			l := roomFor[int](room)
			for i := range n {
				l.add(i)
			}
			all := l.all()
			for i := range all {
				if all[i] != i {
					t.Fatalf("room for %d: %d of %d is %d", room, i, n, all[i])
				}
			}
			if len(all) != n {
				t.Errorf("room for %d: %d of %d", room, len(all), n)
			}
		}
	}
}
