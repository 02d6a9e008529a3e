package segmentlog

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/raft"
	raftbench "github.com/hashicorp/raft/bench"
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

// saved is the content of a folder.
type saved map[string][]byte

func save(t *testing.T, dir string) saved {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := saved{}
	for _, f := range files {
		if s[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s saved) restore(t testing.TB, name string, content []byte) string {
	t.Helper()
	dir := t.TempDir()
	for file, b := range s {
		if file == name {
			b = content
		}
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestATornTailIsCut(t *testing.T) {
	l := open(t, t.TempDir(), small)
	store(t, l, entries(1, 5, 1))
	from := l.end
	store(t, l, entries(6, 8, 1))
	to, number := l.end, l.active().number
	l.abandon()
	s := save(t, l.folder)
	name := segmentName(number)
	torn := map[string]func(b []byte, at uint32){
		"zeros": func(b []byte, at uint32) { clear(b[at:to]) },
		"stale": func(b []byte, at uint32) { copy(b[at:to], bytes.Repeat([]byte{0xa5}, int(to-at))) },
		"short": nil,
	}
	size := uint32(entrySize(entry(6, 1)))
	for how, tear := range torn {
		for at := from; at < to; at++ {
			b := bytes.Clone(s[name])
			if tear == nil {
				b = b[:at]
			} else {
				tear(b, at)
			}
			kept := uint64(5 + (at-from)/size)
			if r, _, ok := readRecord(b[min(int(from+(at-from)/size*size), len(b)):], number); ok && r.kind == kindEntry {
				kept++ // what was torn off is the padding
			}
			l := open(t, s.restore(t, name, b), small)
			expect(t, l, entries(1, kept, 1))
			store(t, l, entries(kept+1, kept+1, 2)) // what is behind it must not come back
			l.abandon()
			l = open(t, l.folder, small)
			expect(t, l, append(entries(1, kept, 1), entry(kept+1, 2)))
			l.abandon()
			if t.Failed() {
				t.Fatalf("%s at %d", how, at)
			}
		}
	}
}

// Any part of a write that was never synced may be missing, not just its end.
func TestAHoleInTheLastWriteIsCut(t *testing.T) {
	l := open(t, t.TempDir(), small)
	store(t, l, entries(1, 5, 1))
	at := l.end
	store(t, l, entries(6, 8, 1))
	name := segmentName(l.active().number)
	l.abandon()
	s := save(t, l.folder)
	s[name][at+20] ^= 1
	l = open(t, s.restore(t, "", nil), small)
	expect(t, l, entries(1, 5, 1))
	store(t, l, entries(6, 6, 2))
	expect(t, reopen(t, l), append(entries(1, 5, 1), entry(6, 2)))
}

func TestDamageIsAnError(t *testing.T) {
	l := open(t, t.TempDir(), small)
	for index := uint64(1); index <= 120; index++ {
		store(t, l, entries(index, index, 1))
	}
	end := map[string]uint32{}
	for _, s := range l.segments {
		b, _ := os.ReadFile(l.path(segmentName(s.number)))
		n := 0
		for {
			_, size, ok := readRecord(b[n:], s.number)
			if !ok {
				break
			}
			n += size
		}
		end[segmentName(s.number)] = uint32(n)
	}
	if len(end) < 2 {
		t.Fatal("too few segments")
	}
	l.Close()
	s := save(t, l.folder)
	for name, end := range end {
		for at := uint32(0); at < end; at += 7 {
			b := bytes.Clone(s[name])
			b[at] ^= 1 << (at % 8)
			l, err := Open(s.restore(t, name, b), small)
			if err == nil {
				l.Close()
				t.Fatalf("bit %d of byte %d of %s is flipped, and nobody minds", at%8, at, name)
			}
			if text := err.Error(); !strings.Contains(text, name) || !strings.Contains(text, "restore the folder") {
				t.Fatalf("damage in %s is reported as %v", name, err)
			}
		}
	}
	for name := range end {
		rest := saved{}
		for other, b := range s {
			if other != name {
				rest[other] = b
			}
		}
		l, err := Open(rest.restore(t, "", nil), small)
		if err == nil && name != segmentName(1) && name != segmentName(uint32(len(end))) {
			t.Errorf("%s is missing, and nobody minds", name)
		}
		if err == nil {
			l.Close()
		}
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

const childFolder = "SEGMENTLOG_TEST_FOLDER"

// TestMain makes the test's binary a process that appends until it is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		appendForEver(dir)
	}
	os.Exit(m.Run())
}

// appendForEver appends, deletes and overwrites entries, and says on standard
// output what is durable: + and an index with its term, - and the first index
// that was deleted at the end, before and after.
func appendForEver(dir string) {
	l, err := Open(dir, Options{SegmentBytes: 32 << 10})
	check := func(err error) {
		if err != nil {
			fmt.Println("!", err)
			os.Exit(1)
		}
	}
	check(err)
	last, _ := l.LastIndex()
	term, _ := l.GetUint64([]byte("term"))
	for n := 0; ; n++ {
		term++
		check(l.SetUint64([]byte("term"), term))
		fmt.Println("t", term)
		check(l.StoreLogs(entries(last+1, last+20, term)))
		last += 20
		fmt.Println("+", last, term)
		if n%3 == 0 {
			fmt.Println("<", last-6)
			check(l.DeleteRange(last-6, last))
			fmt.Println("-", last-6)
			last -= 7
		}
		if n%10 == 0 && last > 200 {
			check(l.DeleteRange(1, last-200))
		}
	}
}

func TestAKilledProcessLosesNothing(t *testing.T) {
	dir := t.TempDir()
	terms := map[uint64]uint64{} // of acknowledged entries
	var last, lastTerm uint64
	for round := range 8 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childFolder+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(60+17*round)*time.Millisecond, func() { child.Process.Kill() })
		var deleting uint64 // from here on it is not known
		for lines := bufio.NewScanner(out); lines.Scan(); {
			f := strings.Fields(lines.Text())
			n, err := strconv.ParseUint(f[1], 10, 64)
			if err != nil {
				t.Fatal(lines.Text())
			}
			switch f[0] {
			case "t":
				lastTerm = n
			case "+":
				term, _ := strconv.ParseUint(f[2], 10, 64)
				for index := last + 1; index <= n; index++ {
					terms[index] = term
				}
				last = n
			case "<":
				deleting = n
			case "-":
				deleting, last = 0, n-1
			}
		}
		io.Copy(io.Discard, out)
		child.Wait()

		l := open(t, dir, Options{SegmentBytes: 32 << 10})
		first, _ := l.FirstIndex()
		have, _ := l.LastIndex()
		if deleting > 0 && have == deleting-1 {
			last = have
		}
		if have < last || last == 0 {
			t.Fatalf("round %d: the log ends at %d, acknowledged is %d", round, have, last)
		}
		if first > max(last, 160)-150 {
			t.Fatalf("round %d: the log begins at %d of %d", round, first, last)
		}
		for index := first; index <= have; index++ {
			var log raft.Log
			if err := l.GetLog(index, &log); err != nil {
				t.Fatal(err)
			}
			if index <= last && log.Term != terms[index] {
				t.Fatalf("round %d: entry %d has term %d, acknowledged is %d", round, index, log.Term, terms[index])
			}
			terms[index] = log.Term
		}
		if term, err := l.GetUint64([]byte("term")); term < lastTerm || err != nil {
			t.Fatalf("round %d: the term is %d, %v, acknowledged is %d", round, term, err, lastTerm)
		}
		last = have
		l.Close()
	}
	t.Logf("%d entries", last)
}

func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	l := open(f, dir, Options{SegmentBytes: 1 << 10})
	for index := uint64(1); index <= 5; index++ {
		l.StoreLogs(entries(index, index, 1))
	}
	l.SetUint64([]byte("term"), 3)
	l.DeleteRange(4, 5)
	l.Close()
	whole, _ := os.ReadFile(filepath.Join(dir, segmentName(1)))
	f.Add(whole, 0, byte(0))
	f.Add(whole, 100, byte(1))
	f.Add(whole[:300], 290, byte(7))
	f.Add([]byte{}, 0, byte(0))
	f.Fuzz(func(t *testing.T, content []byte, at int, with byte) {
		content = bytes.Clone(content)
		if at >= 0 && at < len(content) {
			content[at] ^= with
		}
		for b := content; ; { // the payloads of anything that passes for a record
			r, size, ok := readRecord(b, 1)
			if !ok {
				break
			}
			readEntry(r.payload, new(raft.Log))
			readBounds(r.payload)
			readValue(r.payload)
			readBegin(r.payload)
			b = b[size:]
		}
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, segmentName(1)), content, 0o600)
		l, err := Open(dir, Options{SegmentBytes: 1 << 10, NoSync: true})
		if err != nil {
			return
		}
		defer l.Close()
		last, _ := l.LastIndex()
		if err := l.StoreLog(entry(last+1, 9)); err != nil {
			t.Fatal(err)
		}
	})
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

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 16, 64} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			l := open(b, b.TempDir(), Options{})
			logs := make([]*raft.Log, n)
			for i := range logs {
				logs[i] = &raft.Log{Term: 1, Data: make([]byte, 150), AppendedAt: time.Now()}
			}
			next := uint64(1)
			b.ReportAllocs()
			for b.Loop() {
				for _, log := range logs {
					log.Index = next
					next++
				}
				if err := l.StoreLogs(logs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRaft runs what raft itself measures of a store.
func BenchmarkRaft(b *testing.B) {
	logs := map[string]func(*testing.B, raft.LogStore){
		"FirstIndex": raftbench.FirstIndex, "LastIndex": raftbench.LastIndex, "GetLog": raftbench.GetLog,
		"StoreLog": raftbench.StoreLog, "StoreLogs": raftbench.StoreLogs,
	}
	for name, run := range logs {
		b.Run(name, func(b *testing.B) { run(b, open(b, b.TempDir(), Options{})) })
	}
	values := map[string]func(*testing.B, raft.StableStore){
		"Set": raftbench.Set, "Get": raftbench.Get, "SetUint64": raftbench.SetUint64, "GetUint64": raftbench.GetUint64,
	}
	for name, run := range values {
		b.Run(name, func(b *testing.B) { run(b, open(b, b.TempDir(), Options{})) })
	}
}
