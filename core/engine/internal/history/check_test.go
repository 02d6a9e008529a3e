package history

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/sample"
)

// recorded has recorders with the operations of a text, one a line, such as
//
//	0 1-2 set 0:7 ok
//
// thread, call and return in nanoseconds, operation, value (of conditional ones
// what was read and what was written) and result. A line may begin with a star.
func recorded(t testing.TB, text string) []*Recorder {
	t.Helper()
	var recorders []*Recorder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		var thread int
		var name, value, result string
		var o Operation
		line = strings.TrimPrefix(strings.TrimSpace(line), "* ")
		if _, err := fmt.Sscanf(line, "%d %d-%d %s %s %s", &thread, &o.Call, &o.Return, &name, &value, &result); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		var err error
		if o.Op, err = sample.ParseOp(name); err != nil {
			t.Fatal(err)
		}
		for o.Status = sample.OK; o.Status.String() != result; o.Status++ {
			if o.Status > sample.Other {
				t.Fatalf("no result %q", result)
			}
		}
		read, wrote, both := strings.Cut(value, ">")
		switch {
		case both:
			o.Read, o.Wrote = made(t, read), made(t, wrote)
		case o.Op == sample.OpGet:
			o.Read = made(t, read)
		default:
			o.Wrote = made(t, read)
		}
		for thread >= len(recorders) {
			recorders = append(recorders, New(1, 10_000, 32))
		}
		recorders[thread].Record([]byte("/k"), o)
	}
	return recorders
}

func made(t testing.TB, text string) Value {
	t.Helper()
	switch text {
	case "-":
		return Nothing
	case "?":
		return Unstamped
	}
	var thread int
	var write int64
	if _, err := fmt.Sscanf(text, "%d:%d", &thread, &write); err != nil {
		t.Fatalf("value %q: %v", text, err)
	}
	return Made(thread, write)
}

// listed is a violation's history in the form of recorded.
func listed(t testing.TB, history string) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(history) {
		var from, to float64
		var thread int
		var op, key, value, result string
		if _, err := fmt.Sscanf(line, "%d %f %f %s %s %s %s", &thread, &from, &to, &op, &key, &value, &result); err != nil {
			continue // the heading
		}
		lines = append(lines, fmt.Sprintf("%d %.0f-%.0f %s %s %s", thread, from*1e9, to*1e9, op, value, result))
	}
	return lines
}

// starred are the lines of a text that begin with a star.
func starred(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line, ok := strings.CutPrefix(strings.TrimSpace(line), "* "); ok {
			lines = append(lines, line)
		}
	}
	return lines
}

const enough = time.Minute

func TestGoodHistories(t *testing.T) {
	cases := map[string]string{
		"one after the other": `
			0 1-2 get - not-found
			0 3-4 set 0:0 not-found
			0 5-6 delete - not-found
			0 7-8 create 0:1 ok
			0 9-10 create 0:2 exists
			0 11-12 get 0:1 ok
			0 13-14 set 0:3 ok
			0 15-16 get 0:3 ok
			0 17-18 put 0:4 ok
			0 19-20 get 0:4 ok
			0 21-22 delete - ok
			0 23-24 get - not-found
			0 25-26 put 0:5 ok
			0 27-28 get 0:5 ok`,
		"writes at once, in either order": `
			0 1-2 create 0:0 ok
			0 3-9 set 0:1 ok
			1 3-9 set 1:0 ok
			2 4-5 get 1:0 ok
			2 6-7 get 0:1 ok`,
		"a read that is under way with the write": `
			0 1-2 create 0:0 ok
			0 3-9 set 0:1 ok
			1 4-5 get 0:1 ok
			2 6-8 get 0:1 ok`,
		"compare-and-set": `
			0 1-2 create 0:0 ok
			0 3-4 get 0:0 ok
			1 3-4 get 0:0 ok
			0 5-9 compare-and-set 0:0>0:1 ok
			1 5-9 compare-and-set 0:0>1:0 conflict
			2 10-11 delete - ok
			1 12-13 compare-and-set 0:1>1:1 not-found
			1 14-15 compare-and-set 0:1>1:2 conflict`,
		"read-modify-write": `
			0 1-2 create 0:0 ok
			0 3-9 read-modify-write 1:0>0:1 ok
			1 3-9 read-modify-write 0:0>1:0 ok
			2 4-7 read-modify-write 0:0>2:0 conflict
			2 10-11 get 0:1 ok
			2 12-13 delete - ok
			2 14-15 read-modify-write - not-found`,
		"ephemeral keys and transactions": `
			0 1-2 create-ephemeral 0:0 ok
			1 3-4 create-ephemeral 1:0 exists
			1 5-6 transaction 1:1 ok
			0 7-8 get 1:1 ok`,
		"a write without an answer takes effect late": `
			0 1-2 create 0:0 ok
			0 3-4 set 0:1 timeout
			1 5-6 get 0:0 ok
			1 7-8 set 1:0 ok
			1 9-10 get 1:0 ok
			1 11-12 get 0:1 ok`,
		"or never": `
			0 1-2 create 0:0 ok
			0 3-4 set 0:1 timeout
			1 5-6 get 0:0 ok`,
		"a deletion without an answer": `
			0 1-2 create 0:0 ok
			0 3-4 delete - unavailable
			1 5-6 get 0:0 ok
			1 7-8 get - not-found
			1 9-10 create 1:0 ok`,
		"a creation without an answer": `
			0 1-2 create 0:0 timeout
			1 3-4 get - not-found
			1 5-6 create 1:0 exists
			1 7-8 set 1:1 ok`,
		"a put without an answer lets a deletion succeed": `
			0 1-2 put 0:0 other
			1 3-4 delete - ok
			1 5-6 get - not-found`,
		"a set without an answer explains a conflict": `
			0 1-2 create 0:0 ok
			0 3-4 set 0:1 timeout
			1 5-6 compare-and-set 0:0>1:0 conflict`,
		"a compare-and-set without an answer has read what another wrote without one": `
			0 1-2 create 0:0 ok
			0 3-4 set 0:1 timeout
			1 5-6 get 0:1 ok
			1 7-8 compare-and-set 0:1>1:0 timeout
			2 9-10 read-modify-write 1:0>2:0 timeout
			3 11-12 get 2:0 ok`,
		"failures that tell nothing": `
			0 1-2 create 0:0 not-found
			0 3-4 transaction 0:1 not-found
			0 5-6 set 0:2 conflict
			0 7-8 get 0:9 timeout
			0 9-10 read-modify-write - timeout
			0 11-12 create 0:3 ok
			0 13-14 get 0:3 ok`,
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			v := Check(t.Context(), recorded(t, text), enough)
			if v.Result != Held || v.Operations == 0 || v.Ends != forever || v.History != "" {
				t.Errorf("%+v\n%s", v, v.History)
			}
		})
	}
}

// TestBadHistories marks the operations that the shortest history which shows
// the violation has, and the writes of the values that those have read.
func TestBadHistories(t *testing.T) {
	cases := map[string]string{
		"stale read": `
			* 0 1-2 create 0:0 ok
			1 3-4 get 0:0 ok
			* 0 5-6 set 0:1 ok
			1 7-8 get 0:1 ok
			* 1 9-10 get 0:0 ok
			0 11-12 set 0:2 ok
			1 13-14 get 0:0 ok`,
		"lost write": `
			0 1-2 create 0:0 ok
			* 0 3-4 set 0:1 ok
			* 1 5-6 set 1:0 ok
			* 1 7-8 get 0:1 ok`,
		"lost update": `
			* 0 1-2 create 0:0 ok
			* 0 3-7 read-modify-write 0:0>0:1 ok
			* 1 4-8 read-modify-write 0:0>1:0 ok
			0 9-10 get 1:0 ok`,
		"lost update that took its time": `
			* 0 1-2 create 0:0 ok
			* 1 3-5 read-modify-write 0:0>1:0 ok
			* 2 4-40 read-modify-write 0:0>2:0 ok
			0 6-7 put 0:1 ok
			3 8-9 read-modify-write 0:1>3:0 ok
			3 10-11 set 3:1 ok
			3 12-13 compare-and-set 3:0>3:2 conflict
			3 14-15 get 3:1 ok
			3 16-17 put 3:3 ok`,
		"compare-and-set of what had changed": `
			* 0 1-2 create 0:0 ok
			* 0 3-4 set 0:1 ok
			* 1 5-6 compare-and-set 0:0>1:0 ok`,
		"conflict without another writer": `
			* 0 1-2 create 0:0 ok
			1 3-4 get 0:0 ok
			* 1 5-6 compare-and-set 0:0>1:0 conflict`,
		"read of a deleted key": `
			* 0 1-2 create 0:0 ok
			0 3-4 get 0:0 ok
			* 0 5-6 delete - ok
			2 7-8 get - not-found
			* 1 9-10 get 0:0 ok`,
		"creation that succeeds twice": `
			* 0 1-5 create 0:0 ok
			* 1 2-4 create 1:0 ok
			2 6-7 get 1:0 ok`,
		"creation of what is there, though it is overwritten": `
			* 0 1-2 create 0:0 ok
			* 1 3-9 create 1:0 ok
			0 4-5 set 0:1 ok
			2 10-11 get 0:1 ok`,
		"creation of what is there fails for no reason": `
			* 1 1-2 create 1:0 exists
			0 3-4 create 0:0 ok`,
		"write that comes back": `
			0 1-2 create 0:0 ok
			* 0 3-9 set 0:1 ok
			* 1 3-9 set 1:0 ok
			* 2 4-5 get 1:0 ok
			* 2 6-7 get 0:1 ok
			* 2 12-13 get 1:0 ok`,
		"acknowledged write that is not there": `
			* 0 1-2 create 0:0 ok
			1 3-4 get 0:0 ok
			* 1 5-6 get - not-found`,
		"value that nobody wrote": `
			* 0 1-2 create 0:0 ok
			* 1 3-4 get 7:7 ok`,
		"value of a write that failed": `
			* 0 1-2 create 0:0 ok
			* 1 3-4 create 1:0 exists
			* 0 5-6 get 1:0 ok`,
		"value that is read before it was written": `
			* 0 1-2 create 0:0 ok
			* 1 3-4 get 0:1 ok
			* 0 5-6 set 0:1 ok`,
		"a write without an answer takes effect once": `
			0 1-2 create 0:0 ok
			* 0 3-4 set 0:1 timeout
			* 1 5-6 get 0:1 ok
			* 1 7-8 set 1:0 ok
			* 1 9-10 get 0:1 ok
			1 11-12 get 1:0 ok`,
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			v := Check(t.Context(), recorded(t, text), enough)
			if v.Result != Violated {
				t.Fatalf("%+v", v)
			}
			if diff := cmp.Diff(starred(text), listed(t, v.History)); diff != "" {
				t.Errorf("%s\n%s\n%s", diff, v.Detail, v.History)
			}
		})
	}
}

func TestWhatCannotBeDecided(t *testing.T) {
	// Any write may explain a conflict.
	conflict := "0 1-2 create 0:8 ok\n0 3-4 set 0:9 ok\n0 5-6 compare-and-set 0:8>0:10 conflict\n"
	// Writes that are all under way at once, of which two were last.
	var tangle strings.Builder
	for i := range 24 {
		fmt.Fprintf(&tangle, "%d 5000-6000 set %d:0 ok\n", i, i)
	}
	fmt.Fprint(&tangle, "24 6001-6002 get 0:0 ok\n24 6003-6004 get 1:0 ok\n")
	// No operation is alone, as long as the deletion may still come.
	long := conflict + "24 7-8 delete - timeout\n"
	for i := range 1100 {
		long += fmt.Sprintf("24 %d-%d set 24:%d ok\n", 9+2*i, 10+2*i, i+1)
	}
	cases := map[string]struct {
		text       string
		result     Result
		operations int
		detail     string
	}{
		"too many at once": {
			conflict + tangle.String(), Undecided, 0,
			"0 operations since the run began, on 1 keys (chosen from 100 % of all), are linearizable, and 29 more could not be checked; on /k too many were under way at once, or without an answer: use more keys or fewer threads",
		},
		"at the end of a long history": {
			long + tangle.String(), Held, 565,
			"565 operations since the run began, on 1 keys (chosen from 100 % of all), are linearizable, and 565 more could not be checked",
		},
		"values without a stamp": {
			"0 1-2 create 0:0 ok\n0 3-4 get ? ok", Undecided, 0,
			"1 keys had values of less than 8 bytes, which do not tell who wrote them: make all values larger",
		},
		"nothing": {
			"0 1-2 create 0:0 not-found", Undecided, 0, "nothing that can be checked was done to the keys that were chosen",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := Check(t.Context(), recorded(t, c.text), enough)
			if v.Result != c.result || v.Operations != c.operations || !strings.Contains(v.Detail, c.detail) {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestTheTimeIsKept(t *testing.T) {
	var tangle strings.Builder
	for i := range 40 { // any of which may explain that the key is present
		fmt.Fprintf(&tangle, "%d 1-100 put %d:0 ok\n", i, i)
	}
	fmt.Fprint(&tangle, "0 101-102 get 0:0 ok\n0 103-104 get 1:0 ok\n")
	recorders := recorded(t, tangle.String())
	const within = 50 * time.Millisecond
	began := time.Now()
	v := Check(t.Context(), recorders, within)
	if took := time.Since(began); v.Result != Undecided || took > enough {
		t.Errorf("%+v after %v", v, took)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if v := Check(stopped, recorders, enough); v.Result != Undecided {
		t.Errorf("%+v, and the run was stopped", v)
	}
	var long strings.Builder // of several parts, none of which is searched
	for i := range 10 * partLeast {
		fmt.Fprintf(&long, "0 %d-%d put 0:%d ok\n", 2*i, 2*i+1, i)
	}
	if v := Check(stopped, recorded(t, long.String()), enough); v.Result != Undecided || v.Operations != 0 {
		t.Errorf("%+v, and nothing was searched", v)
	}
}

func TestLongViolationsAreListedInPart(t *testing.T) {
	var h history
	for i := range int64(5000) {
		h.operations = append(h.operations, operation{thread: 1000 + int(i), Operation: Operation{
			Op: sample.OpCompareAndSet, Read: Made(1000, 1e9+i), Wrote: Made(1000, 2e9+i), Call: 1e14 + i, Return: 1e14 + 5000,
		}})
	}
	text := lines(strings.Repeat("k", 96), h.operations)
	if n := strings.Count(text, "\n"); n != linesMost+2 || !strings.HasPrefix(text, "4800 operations before these are left out\nthread ") {
		t.Errorf("%d lines: %.200s", n, text)
	}
	if len(text) > 64<<10 {
		t.Errorf("%d bytes", len(text))
	}
	if !strings.Contains(text, " 1000:1000004999>1000:2000004999 ") {
		t.Error("the last operation is not listed")
	}
}
