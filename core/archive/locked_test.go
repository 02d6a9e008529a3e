package archive

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// lockedBy locks an archive as another program does, until release is called.
func lockedBy(t *testing.T, path string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?_txlock=immediate&_busy_timeout=30000")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

// told counts what OnLock says.
type told struct {
	locked, free atomic.Int32
	first        chan struct{}
}

func listen(a *Archive) *told {
	said := &told{first: make(chan struct{}, 1)}
	a.OnLock(func(locked bool) {
		if !locked {
			said.free.Add(1)
			return
		}
		said.locked.Add(1)
		select {
		case said.first <- struct{}{}:
		default:
		}
	})
	return said
}

func TestALockedArchiveIsWaitedFor(t *testing.T) {
	a := open(t)
	said := listen(a)
	w, err := begin(t.Context(), a, 2, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	release := lockedBy(t, a.Path())
	if _, err := load(w, 2, len(testPhases), 3, 100); err != nil {
		t.Fatal(err)
	}
	<-said.first
	time.AfterFunc(100*time.Millisecond, release)
	if err := w.Finish(t.Context(), record.Complete, ""); err != nil {
		t.Fatal(err)
	}
	run, err := a.Run(t.Context(), w.ID())
	if err != nil || run.State != record.Complete {
		t.Errorf("%s (%v)", run.State, err)
	}
	if said.locked.Load() == 0 || said.locked.Load() != said.free.Load() {
		t.Errorf("told %d times of a lock, %d times of its end", said.locked.Load(), said.free.Load())
	}
	checkSums(t, a, w.ID())
	sound(t, a)
}

func TestWhatIsMadeWaitsToo(t *testing.T) {
	a := open(t)
	said := listen(a)
	release := lockedBy(t, a.Path())
	go func() {
		<-said.first
		release()
	}()
	w, err := begin(t.Context(), a, 1, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), record.Interrupted, ""); err != nil {
		t.Fatal(err)
	}
}

func TestALockUntilThereIsNoRoom(t *testing.T) {
	defer func(before int) { heldBytes = before }(heldBytes)
	a := open(t)
	said := listen(a)
	w, err := begin(t.Context(), a, 1, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	heldBytes = 64 << 10
	release := lockedBy(t, a.Path())
	if err := w.Started(time.Now(), ""); err != nil {
		t.Fatal(err)
	}
	encoder := sample.NewEncoder()
	chunk := encoder.Append(nil, []sample.Sample{{Start: 1, Intended: 1, Latency: 1, Op: sample.OpGet}})
	taken := int64(0)
	for ; err == nil; taken++ {
		s := []sample.Sample{{Start: taken, Intended: taken, Latency: 1, Op: sample.OpGet}}
		err = w.Chunk(sample.Header{First: taken, Count: 1}, encoder.Append(chunk[:0:0], s))
	}
	taken--
	if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "what was measured until then is kept") || said.locked.Load() == 0 {
		t.Error(err)
	}
	if taken < 100 {
		t.Errorf("only %d chunks were taken", taken)
	}
	time.AfterFunc(100*time.Millisecond, release)
	if err := w.Finish(t.Context(), record.Complete, ""); !errors.Is(err, ErrBusy) || !errors.Is(err, ErrArchive) {
		t.Error("finish:", err)
	}
	run, err := a.Run(t.Context(), w.ID())
	if err != nil || run.State != record.Failed || !strings.Contains(run.Error, "locked") {
		t.Errorf("%s, %s (%v)", run.State, run.Error, err)
	}
	if got := one[int64](t, a, "select count(*) from samples"); got != taken {
		t.Errorf("%d samples are archived, %d were taken", got, taken)
	}
	sound(t, a)
}

func TestWhoEndsTheWaitIsToldWhatIsLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	a := openAt(t, path)
	said := listen(a)
	w, err := begin(t.Context(), a, 2, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	release := lockedBy(t, path)
	defer release()
	if _, err := load(w, 2, len(testPhases), 3, 100); err != nil {
		t.Fatal(err)
	}
	<-said.first
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = w.Finish(ctx, record.Interrupted, "")
	if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "; 1800 samples that were measured are lost") {
		t.Error(err)
	}
}
