package segmentlog

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/raft"
)

var small = Options{SegmentBytes: 4 << 10}

func open(t testing.TB, dir string, options Options) *Log {
	t.Helper()
	l, err := Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func reopen(t *testing.T, l *Log) *Log {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, l.folder, l.options)
}

// abandon ends the log as the death of its process would.
func (l *Log) abandon() {
	l.writing.Lock()
	l.fail(errClosed)
	l.writing.Unlock()
	close(l.closing)
	l.tasks.Wait()
	l.closeFiles()
}

func entry(index, term uint64) *raft.Log {
	return &raft.Log{
		Index: index, Term: term, Data: fmt.Appendf(nil, "entry %d of term %d", index, term),
		AppendedAt: time.Unix(int64(index), 7),
	}
}

func entries(from, to, term uint64) (logs []*raft.Log) {
	for index := from; index <= to; index++ {
		logs = append(logs, entry(index, term))
	}
	return logs
}

func store(t *testing.T, l *Log, logs []*raft.Log) {
	t.Helper()
	if err := l.StoreLogs(logs); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, l *Log, from, to uint64) {
	t.Helper()
	if err := l.DeleteRange(from, to); err != nil {
		t.Fatal(err)
	}
}

// expect compares the log with entries that follow each other.
func expect(t *testing.T, l *Log, want []*raft.Log) {
	t.Helper()
	first, _ := l.FirstIndex()
	last, _ := l.LastIndex()
	if len(want) == 0 {
		if first != 0 || last != 0 {
			t.Fatalf("the log has entries %d to %d, want none", first, last)
		}
		return
	}
	if first != want[0].Index || last != want[len(want)-1].Index {
		t.Fatalf("the log has entries %d to %d, want %d to %d", first, last, want[0].Index, want[len(want)-1].Index)
	}
	for _, w := range want {
		var got raft.Log
		if err := l.GetLog(w.Index, &got); err != nil {
			t.Fatalf("entry %d: %v", w.Index, err)
		}
		if diff := cmp.Diff(*w, got); diff != "" {
			t.Fatalf("entry %d: %s", w.Index, diff)
		}
	}
	for _, index := range []uint64{first - 1, last + 1} {
		if err := l.GetLog(index, new(raft.Log)); err != raft.ErrLogNotFound { //nolint:errorlint // raft compares so
			t.Errorf("entry %d: %v", index, err)
		}
	}
}

func TestEntriesComeBackAsTheyWere(t *testing.T) {
	l := open(t, t.TempDir(), small)
	expect(t, l, nil)
	logs := []*raft.Log{
		{Index: 5, Term: 1, Type: raft.LogNoop},
		{Index: 6, Term: 1, Data: []byte("data"), Extensions: []byte("extensions"), AppendedAt: time.Unix(1, 2)},
		{Index: 7, Term: 2, Extensions: []byte("only"), Type: raft.LogConfiguration},
		{Index: 8, Term: 1 << 60, Data: bytes.Repeat([]byte("large"), 10_000)},
		{Index: 9, Term: 1 << 60, Data: []byte{}},
	}
	store(t, l, logs)
	expect(t, l, logs)
	logs[0].Data, logs[2].Data = []byte{}, []byte{} // nil is not told from empty
	l = reopen(t, l)
	expect(t, l, logs)
}

func TestSegmentsRollOverAndAreUsedAgain(t *testing.T) {
	l := open(t, t.TempDir(), small)
	for index := uint64(1); index <= 500; index++ {
		store(t, l, entries(index, index, 1))
	}
	if n := len(l.segments); n < 8 {
		t.Fatalf("500 entries are in %d segments", n)
	}
	expect(t, l, entries(1, 500, 1))
	l = reopen(t, l)
	expect(t, l, entries(1, 500, 1))
	for index := uint64(501); index < 3000; index++ {
		store(t, l, entries(index, index, 2))
		if index%100 == 0 {
			remove(t, l, index-600, index-100)
			expect(t, l, append(entries(index-99, min(index, 500), 1), entries(max(index-99, 501), index, 2)...))
		}
		if index%700 == 0 {
			l = reopen(t, l)
		}
	}
	files, _ := filepath.Glob(filepath.Join(l.folder, "*"))
	if len(files) > 8 {
		t.Errorf("%d files are left", len(files))
	}
}

func TestDeletionsSurviveARestart(t *testing.T) {
	tests := map[string]struct {
		do   func(*testing.T, *Log)
		want []*raft.Log
	}{
		"prefix":       {func(t *testing.T, l *Log) { remove(t, l, 1, 150) }, entries(151, 200, 1)},
		"suffix":       {func(t *testing.T, l *Log) { remove(t, l, 51, 200) }, entries(1, 50, 1)},
		"all":          {func(t *testing.T, l *Log) { remove(t, l, 1, 200) }, nil},
		"beyond":       {func(t *testing.T, l *Log) { remove(t, l, 0, 1000) }, nil},
		"nothing":      {func(t *testing.T, l *Log) { remove(t, l, 201, 300) }, entries(1, 200, 1)},
		"overwritten":  {func(t *testing.T, l *Log) { remove(t, l, 51, 200); store(t, l, entries(51, 99, 2)) }, append(entries(1, 50, 1), entries(51, 99, 2)...)},
		"gap":          {func(t *testing.T, l *Log) { store(t, l, entries(500, 510, 2)) }, entries(500, 510, 2)},
		"both ends":    {func(t *testing.T, l *Log) { remove(t, l, 1, 20); remove(t, l, 30, 200) }, entries(21, 29, 1)},
		"from nothing": {func(t *testing.T, l *Log) { remove(t, l, 1, 200); store(t, l, entries(7, 9, 2)) }, entries(7, 9, 2)},
		"twice": {func(t *testing.T, l *Log) {
			remove(t, l, 101, 200)
			store(t, l, entries(101, 300, 2))
			remove(t, l, 201, 300)
			store(t, l, entries(201, 210, 3))
			remove(t, l, 1, 199)
		}, append(entries(200, 200, 2), entries(201, 210, 3)...)},
	}
	for name, test := range tests {
		for _, end := range []string{"closed", "killed"} {
			t.Run(name+"/"+end, func(t *testing.T) {
				l := open(t, t.TempDir(), small)
				store(t, l, entries(1, 100, 1))
				store(t, l, entries(101, 200, 1))
				test.do(t, l)
				expect(t, l, test.want)
				if end == "killed" {
					l.abandon()
					l = open(t, l.folder, l.options)
				}
				l = reopen(t, l)
				expect(t, l, test.want)
				next := uint64(1)
				if n := len(test.want); n > 0 {
					next = test.want[n-1].Index + 1
				}
				more := entries(next, next+100, 9)
				store(t, l, more)
				expect(t, reopen(t, l), append(test.want, more...))
			})
		}
	}
}

func TestEntriesMustFollowEachOther(t *testing.T) {
	l := open(t, t.TempDir(), small)
	store(t, l, entries(1, 10, 1))
	for _, logs := range [][]*raft.Log{entries(10, 11, 2), entries(3, 3, 2), {entry(11, 1), entry(13, 1)}} {
		if err := l.StoreLogs(logs); err == nil {
			t.Errorf("entry %d was taken after 10", logs[len(logs)-1].Index)
		}
	}
	if err := l.DeleteRange(4, 5); err == nil {
		t.Error("entries in the middle were deleted")
	}
	expect(t, l, entries(1, 10, 1))
}

func TestStableValues(t *testing.T) {
	l := open(t, t.TempDir(), small)
	if _, err := l.Get([]byte("vote")); err == nil || err.Error() != "not found" {
		t.Errorf("a missing value gives %v", err)
	}
	if n, err := l.GetUint64([]byte("term")); n != 0 || err == nil || err.Error() != "not found" {
		t.Errorf("a missing number gives %d, %v", n, err)
	}
	for term := range uint64(300) { // through several segments
		if err := l.SetUint64([]byte("term"), term); err != nil {
			t.Fatal(err)
		}
		if err := l.Set([]byte("vote"), fmt.Append(nil, "the node-", term)); err != nil {
			t.Fatal(err)
		}
	}
	store(t, l, entries(1, 300, 1))
	remove(t, l, 1, 299)
	l = reopen(t, l)
	if term, err := l.GetUint64([]byte("term")); term != 299 || err != nil {
		t.Errorf("the term is %d, %v", term, err)
	}
	if vote, err := l.Get([]byte("vote")); string(vote) != "the node-299" || err != nil {
		t.Errorf("the vote is %s, %v", vote, err)
	}
	if _, err := l.GetUint64([]byte("vote")); err == nil {
		t.Error("a value is no number")
	}
}

func TestAFolderHasOneUser(t *testing.T) {
	l := open(t, t.TempDir(), small)
	if _, err := Open(l.folder, small); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("opened twice: %v", err)
	}
}

func TestAClosedLogSaysSo(t *testing.T) {
	l := open(t, t.TempDir(), small)
	store(t, l, entries(1, 3, 1))
	l.Close()
	if err := l.StoreLogs(entries(4, 4, 1)); err == nil {
		t.Error("a closed log takes entries")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestReadersMeetWriters(t *testing.T) {
	for _, noSync := range []bool{false, true} {
		l := open(t, t.TempDir(), Options{SegmentBytes: 16 << 10, NoSync: noSync})
		l.recent.slots = l.recent.slots[:64] // so that the files are read too
		const upTo = 600
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for {
					first, _ := l.FirstIndex()
					last, _ := l.LastIndex()
					for index := first; index > 0 && index <= last; index++ {
						var log raft.Log
						err := l.GetLog(index, &log)
						if err == nil && log.Index != index || err != nil && !strings.Contains(err.Error(), "not found") {
							t.Errorf("entry %d is %d, %v", index, log.Index, err)
							return
						}
					}
					if last == upTo {
						return
					}
				}
			})
		}
		for index := uint64(1); index <= upTo; index += 4 {
			logs := entries(index, index+3, 1)
			write := l.StoreLogs
			if index%8 == 1 {
				write = l.Write
			}
			if err := write(logs); err != nil {
				t.Fatal(err)
			}
			if err := l.Wait(index + 3); err != nil || l.Synced() < index+3 {
				t.Fatalf("%v, durable up to %d", err, l.Synced())
			}
			if index%100 == 1 && index > 200 {
				remove(t, l, 1, index-150)
			}
		}
		group.Wait()
	}
}

func TestWritesBecomeDurableInTheBackground(t *testing.T) {
	l := open(t, t.TempDir(), small)
	for index := uint64(1); index <= 300; index++ {
		if err := l.Write(entries(index, index, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Wait(300); err != nil {
		t.Fatal(err)
	}
	expect(t, reopen(t, l), entries(1, 300, 1))
}

func TestTheMemoryOfRecentEntriesIsBounded(t *testing.T) {
	r := newRecent()
	big := make([]byte, 1<<20)
	for index := uint64(1); index <= 100; index++ {
		r.add(&raft.Log{Index: index, Data: big})
	}
	if r.bytes > recentBytes || r.get(100) == nil || r.get(50) != nil {
		t.Errorf("%d bytes, from %d", r.bytes, r.first)
	}
	r.keep(90, 96)
	if r.get(96) != nil || r.get(95) == nil || r.get(89) != nil || r.bytes != 6<<20 {
		t.Errorf("%d bytes, %d to %d", r.bytes, r.first, r.next)
	}
	r.add(&raft.Log{Index: 200})
	if r.bytes != 0 || r.first != 200 {
		t.Errorf("%d bytes, from %d", r.bytes, r.first)
	}
}
