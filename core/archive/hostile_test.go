package archive

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/klauspost/compress/zstd"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// tampered is a copy of an archive that somebody has changed, with none of the
// rules that benchctl's own connections keep.
func tampered(t *testing.T, whole, change string) string {
	t.Helper()
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "theirs.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("pragma ignore_check_constraints = on; pragma legacy_alter_table = on; " + change); err != nil {
		t.Fatalf("%s: %v", change, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestArchivesOfOthers(t *testing.T) {
	whole := eventful(t)
	t.Chdir(t.TempDir())
	cases := []struct {
		name, change string
		reads        string // which is refused; empty: all
	}{
		{"a view of runs", "alter table runs rename to theirs; create view runs as select * from theirs", ""},
		{"a view that calls itself", "alter table runs rename to theirs; create view runs as select * from theirs where id in (select id from runs)", ""},
		{"a virtual table", "drop table events; create virtual table events using fts4 (id, run_id, at_ns, kind, node, detail)", ""},
		{"no table", "drop table workloads", ""},
		{"another schema", "delete from goose_db_version where version_id > 2", ""},
		{"a table of other columns", "alter table runs rename column store to stores", "runs"},
		{"no index", "drop index runs_experiment", "runs"},
		{"a document", "update runs set setup = '{' where id = 2", "show"},
		{"parameters", "update runs set params = '[1]' where id = 2", "compared"},
		{"parameters of numbers", `update runs set params = '{"size": 1}' where id = 2`, "compared"},
		{"warnings", "update runs set warnings = '{}' where id = 2", "show"},
		{"an owner", "update runs set state = 'running', owner = '[' where id = 2", "runs"},
		{"a moment", "update runs set started_at = 'yesterday' where id = 2", "runs"},
		{"a plan", "update experiments set plan = '{' where id = 2", "show"},
		{"fewer than no operations", "update summaries set ops = -1000 where run_id = 2", "runs"},
		{"many operations", "update summaries set ops = 9223372036854775807 where run_id = 2", "runs"},
		{"an infinite rate", "update summaries set throughput = 9e999 where run_id = 2", "show"},
		{"an absurd rate", "update summaries set throughput = 1e308 where run_id = 2", "figures"},
		{"no time", "update summaries set seconds = -9e999 where run_id = 2", "show"},
		{"percentiles", "update summaries set p99_ns = 1 where run_id = 2", "show"},
		{"samples of a phase", "update phases set samples = 9223372036854775807 where run_id = 2", "runs"},
		{"thousands of phases", "insert into phases (run_id, phase, name, warmup) values (2, 9223372036854775806, 'x', 0)", "runs"},
		{"a place of a chunk", "update chunks set first = 9223372036854775807 where run_id = 2 and first > 0 and thread = 1 and first = (select max(first) from chunks)", "sql samples"},
		{"a count of a chunk", "update chunks set count = 9223372036854775807 where run_id = 2 and thread = 1 and first = 0", "sql samples"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := tampered(t, whole, c.change)
			_, errs := readAll(t, path)
			for name, err := range errs {
				if !errors.Is(err, ErrArchive) {
					t.Errorf("%s: %v is no error of the archive", name, err)
				}
			}
			for _, r := range reads {
				if (c.reads == "" || c.reads == r.name) && errs[r.name] == nil {
					t.Errorf("%s says nothing", r.name)
				}
			}
			if !verified(t, path) {
				t.Error("verify finds nothing")
			}
		})
	}
}

func TestWhatOthersPutBesideTheTablesIsNotRun(t *testing.T) {
	t.Chdir(t.TempDir())
	path := tampered(t, eventful(t), `
		create table "it's ""theirs""" ("a b'c" text);
		create table theirs (x, y generated always as (x + 1));
		create view evil as select load_extension('./evil.so') as x;
		create view tokens as select fts3_tokenizer('simple');
		create trigger on_run after insert on runs begin insert into theirs (x) values (new.id); end;
		create trigger on_chunk after insert on chunks begin select load_extension('./evil.so'); end`)
	a := openAt(t, path)
	for _, view := range []string{"evil", "tokens"} {
		if _, err := answer(t, a, "select * from "+view); !errors.Is(err, ErrQuery) {
			t.Error(view, err)
		}
	}
	if got, err := answer(t, a, "select count(*) from theirs"); err != nil || got[0] != "0" {
		t.Error(got, err) // tables and views of others do no harm
	}
	if _, err := a.Info(t.Context()); err != nil {
		t.Error(err)
	}
	w, err := begin(t.Context(), a, 1, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = load(w, 1, len(testPhases), 1, 10)
	if err := w.Finish(t.Context(), record.Complete, ""); err == nil || strings.Contains(err.Error(), "evil.so") {
		t.Error("the trigger was run:", err)
	}
}

func TestThreadsOfAnyNumber(t *testing.T) {
	path := tampered(t, eventful(t), "update runs set threads = 4000000000; update chunks set thread = 3999999999 where thread = 2")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if !verified(t, path) {
		t.Error("verify finds nothing")
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 {
		t.Errorf("%d bytes were allocated", used)
	}
}

// bomb is a chunk of few bytes that says of itself that it has many.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for range 256 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	chunk := append([]byte{2, 0, 0, 0, 0}, b.Bytes()...)
	table := crc32.MakeTable(crc32.Castagnoli)
	binary.LittleEndian.PutUint32(chunk[1:], crc32.Update(crc32.Checksum(chunk[:1], table), table, chunk[5:]))
	return chunk
}

func TestAChunkThatUnpacksToMuch(t *testing.T) {
	chunk := bomb(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := sample.NewDecoder().Decode(nil, chunk)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, sample.ErrDamaged) || used > 32<<20 {
		t.Errorf("%v, after %d bytes", err, used)
	}
}

// FuzzHistogram reads histograms as they may come in an archive.
func FuzzHistogram(f *testing.F) {
	h := hdrhistogram.New(hdrLowest, hdrHighest, hdrDigits)
	for _, v := range []int64{1, 1000, 1e6, 1e9} {
		_ = h.RecordValue(v)
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		f.Fatal(err)
	}
	blob, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	f.Add(blob[:len(blob)/2])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, blob []byte) {
		h, err := Histogram(record.Summary{HDR: blob})
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
			return
		}
		h.ValueAtPercentile(99)
	})
}
