package segmentlog

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

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
		// It is killed at some moment after it is known to have begun.
		kill := sync.OnceFunc(func() {
			time.AfterFunc(rand.N(200*time.Millisecond), func() { child.Process.Kill() })
		})
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
				kill()
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
