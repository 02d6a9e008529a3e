package engine_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/plugins/memory"
)

// versioned is the memory store with versions, transactions, and faults: each
// befalls one of so many operations, or none if it is 0.
type versioned struct {
	driver.Driver
	stale      int64 // gets that return the value which the key was created with
	lost       int64 // sets that are acknowledged and not made
	blind      int64 // compare-and-sets that do not compare
	unanswered int64 // sets without an answer, of which every second is made

	mu       sync.Mutex
	versions map[string]int64
	first    map[string][]byte

	gets, sets, compares atomic.Int64
}

func (d *versioned) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	opened, err := d.Driver.Open(ctx, setup)
	d.versions, d.first = map[string]int64{}, map[string][]byte{}
	return &versionedStore{opened, d}, err
}

type versionedStore struct {
	driver.Store
	driver *versioned
}

func (s *versionedStore) Session(ctx context.Context, thread int) (driver.Session, error) {
	opened, err := s.Store.Session(ctx, thread)
	return &versionedSession{opened, s.driver}, err
}

type versionedSession struct {
	driver.Session
	*versioned
}

// nth counts, and reports whether it is the turn of one of so many.
func nth(count *atomic.Int64, every int64) bool { return every > 0 && count.Add(1)%every == 0 }

// alone keeps other sessions out, and lets them come before and after.
func (s *versionedSession) alone() (done func()) {
	runtime.Gosched()
	s.mu.Lock()
	return func() { s.mu.Unlock(); runtime.Gosched() }
}

func (s *versionedSession) Create(ctx context.Context, key, value []byte) error {
	defer s.alone()()
	err := s.Session.Create(ctx, key, value)
	if err == nil {
		s.versions[string(key)]++
		s.first[string(key)] = append([]byte(nil), value...)
	}
	return err
}

func (s *versionedSession) Set(ctx context.Context, key, value []byte) error {
	defer s.alone()()
	if nth(&s.sets, s.lost) {
		return nil
	}
	if nth(&s.sets, s.unanswered) {
		if s.sets.Load()%(2*s.unanswered) == 0 {
			_ = s.set(ctx, key, value)
		}
		return driver.ErrTimeout
	}
	return s.set(ctx, key, value)
}

func (s *versionedSession) set(ctx context.Context, key, value []byte) error {
	err := s.Session.Set(ctx, key, value)
	if err == nil {
		s.versions[string(key)]++
	}
	return err
}

func (s *versionedSession) Put(ctx context.Context, key, value []byte) error {
	defer s.alone()()
	if err := s.set(ctx, key, value); err == nil {
		return nil
	}
	s.versions[string(key)]++
	return s.Session.Create(ctx, key, value)
}

func (s *versionedSession) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, _, err := s.GetVersion(ctx, key)
	return value, err
}

func (s *versionedSession) GetVersion(ctx context.Context, key []byte) ([]byte, int64, error) {
	defer s.alone()()
	value, err := s.Session.Get(ctx, key)
	if first := s.first[string(key)]; first != nil && nth(&s.gets, s.stale) {
		value, err = first, nil
	}
	return value, s.versions[string(key)], err
}

func (s *versionedSession) CompareAndSet(ctx context.Context, key, value []byte, version int64) (int64, error) {
	defer s.alone()()
	if s.versions[string(key)] != version && !nth(&s.compares, s.blind) {
		return 0, driver.ErrConflict
	}
	err := s.set(ctx, key, value)
	return s.versions[string(key)], err
}

func (s *versionedSession) SetAll(ctx context.Context, keys, values [][]byte) error {
	defer s.alone()()
	for _, key := range keys {
		if _, err := s.Session.Get(ctx, key); err != nil {
			return err
		}
	}
	for i, key := range keys {
		if err := s.set(ctx, key, values[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *versionedSession) Delete(ctx context.Context, key []byte) error {
	defer s.alone()()
	s.versions[string(key)]++
	return s.Session.Delete(ctx, key)
}

// mixed is a load on keys that threads share.
func mixed(keys int, ops int64, mix map[sample.Op]float64) *load.Load {
	w := &load.Load{
		Name: "mixed", Version: 1,
		Keys:   load.Keys{Space: load.SpaceShared, Choose: load.ChooseUniform, Count: keys},
		Values: load.Values{Size: 16},
		Phases: []load.Phase{
			{Name: "fill", Warmup: true, Mix: []load.Share{{Op: sample.OpCreate, Weight: 1}}, Fill: true},
			{Name: "mix", Ops: ops},
		},
	}
	sum := 0.0
	for _, weight := range mix {
		sum += weight
	}
	phase := &w.Phases[1]
	for op, weight := range mix {
		phase.Mix = append(phase.Mix, load.Share{Op: op, Weight: weight / sum})
		if op == sample.OpTransaction {
			phase.KeysPerTransaction = 3
		}
	}
	return w
}

var (
	plain = map[sample.Op]float64{sample.OpGet: 4, sample.OpSet: 4, sample.OpCreate: 1, sample.OpDelete: 1}
	all   = map[sample.Op]float64{
		sample.OpGet: 4, sample.OpSet: 2, sample.OpPut: 2, sample.OpCreate: 1, sample.OpDelete: 1,
		sample.OpCompareAndSet: 2, sample.OpReadModifyWrite: 2, sample.OpTransaction: 1,
	}
)

// verified runs a load and returns the verdicts, by phase and property, and how
// long the last phase took.
func verified(t testing.TB, d driver.Driver, w *load.Load, threads int, reads driver.Consistency, verify load.Verify) (map[int]map[string]record.Verdict, time.Duration) {
	t.Helper()
	var s sink
	err := drivertest.Serve(t, d).Run(t.Context(), protocol.RunRequest{
		Setup: driver.Setup{Nodes: 1, Reads: reads, Timeout: time.Second}, Load: w, Threads: threads, Seed: 1, Verify: verify,
		KeyPrefix: "/bench", SpillDir: t.TempDir(), StartTimeout: time.Minute,
	}, &s)
	if err != nil {
		t.Fatal(err)
	}
	return s.verdicts, s.ended - s.began
}

func TestLinearizable(t *testing.T) {
	cases := map[string]struct {
		driver  func() driver.Driver
		mix     map[sample.Op]float64
		threads int
		want    record.Result
	}{
		"the memory store":             {memory.Driver, plain, 4, record.Held},
		"with many threads":            {memory.Driver, plain, 16, record.Held},
		"all operations":               {func() driver.Driver { return &versioned{Driver: memory.Driver()} }, all, 4, record.Held},
		"all with many threads":        {func() driver.Driver { return &versioned{Driver: memory.Driver()} }, all, 16, record.Held},
		"sets without an answer":       {func() driver.Driver { return &versioned{Driver: memory.Driver(), unanswered: 20} }, plain, 4, record.Held},
		"many of them":                 {func() driver.Driver { return &versioned{Driver: memory.Driver(), unanswered: 5} }, plain, 16, record.Held},
		"stale reads":                  {func() driver.Driver { return &versioned{Driver: memory.Driver(), stale: 1000} }, plain, 3, record.Violated},
		"stale reads of many threads":  {func() driver.Driver { return &versioned{Driver: memory.Driver(), stale: 1000} }, plain, 16, record.Violated},
		"lost writes":                  {func() driver.Driver { return &versioned{Driver: memory.Driver(), lost: 200} }, plain, 3, record.Violated},
		"lost writes of many threads":  {func() driver.Driver { return &versioned{Driver: memory.Driver(), lost: 200} }, plain, 16, record.Violated},
		"lost updates":                 {func() driver.Driver { return &versioned{Driver: memory.Driver(), blind: 2} }, all, 3, record.Violated},
		"lost updates of many threads": {func() driver.Driver { return &versioned{Driver: memory.Driver(), blind: 2} }, all, 16, record.Violated},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			operations := int64(40_000) // all of which there is room for
			if c.want == record.Held {
				operations /= 4 // they are all to be searched, in the time that there is
			}
			verdicts, _ := verified(t, c.driver(), mixed(20, operations/int64(c.threads), c.mix), c.threads, driver.Linearizable, load.VerifyLinearizable)
			v := verdicts[1]["linearizable"]
			if v.Property == "" || verdicts[0]["linearizable"].Property != "" {
				t.Fatalf("%+v", verdicts)
			}
			if v.Result != c.want {
				t.Fatalf("%+v", v)
			}
			if c.want == record.Held && (v.Checked < operations || v.History != "") {
				t.Errorf("%+v", v)
			}
			if n := strings.Count(v.History, "\n"); c.want == record.Violated && (n < 2 || n > 20) {
				t.Errorf("it takes %d lines to show it:\n%s", n, v.History)
			}
		})
	}
}

// TestLinearizableInPart has more operations than there is room for, so that
// fewer keys are chosen, or less of the run.
func TestLinearizableInPart(t *testing.T) {
	verdicts, _ := verified(t, memory.Driver(), mixed(5000, 100_000, plain), 2, driver.Linearizable, load.VerifyLinearizable)
	v := verdicts[1]["linearizable"]
	if v.Result != record.Held || v.Checked < 10_000 || v.Checked > 64<<10 || !strings.Contains(v.Detail, "(chosen from 25 % of all)") && !strings.Contains(v.Detail, "(chosen from 12.5 % of all)") {
		t.Errorf("many keys: %+v", v)
	}

	w := mixed(1, 100_000, map[sample.Op]float64{sample.OpGet: 1, sample.OpSet: 1})
	w.Phases = append(w.Phases, w.Phases[1])
	w.Phases[2].Name = "again"
	verdicts, _ = verified(t, memory.Driver(), w, 2, driver.Linearizable, load.VerifyLinearizable)
	v = verdicts[1]["linearizable"]
	if v.Result != record.Held || v.Checked < 10_000 || !strings.Contains(v.Detail, " of the run, when there was no room for more") {
		t.Errorf("one key: %+v", v)
	}
	v = verdicts[2]["linearizable"]
	if v.Result != record.Undecided || !strings.HasSuffix(v.Detail, "no room for more: the phase began later, so spread the operations over more keys") {
		t.Errorf("one key, later: %+v", v)
	}
}

// asked is a driver that declares the reads that it was asked for.
type asked struct{ driver.Driver }

func (d asked) Guarantees(ctx context.Context, setup driver.Setup) (driver.Guarantees, error) {
	g, err := d.Driver.Guarantees(ctx, setup)
	g.Reads = setup.Reads
	return g, err
}

func TestLinearizableIsUndecided(t *testing.T) {
	small := mixed(20, 1000, plain)
	small.Values.Size = 7
	cases := map[string]struct {
		workload *load.Load
		reads    driver.Consistency
		verify   load.Verify
		want     string // "": there is no verdict
	}{
		"late reads":   {mixed(20, 1000, plain), driver.Sequential, load.VerifyLinearizable, "the driver declares only sequential reads, which may be late"},
		"small values": {small, driver.Linearizable, load.VerifyLinearizable, "keys had values of less than 8 bytes"},
		"read-back":    {mixed(20, 1000, plain), driver.Linearizable, load.VerifyReadBack, ""},
		"none":         {mixed(20, 1000, plain), driver.Linearizable, load.VerifyNone, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			verdicts, _ := verified(t, asked{memory.Driver()}, c.workload, 2, c.reads, c.verify)
			v := verdicts[1]["linearizable"]
			if c.want == "" {
				if v.Property != "" {
					t.Errorf("%+v", v)
				}
				return
			}
			if v.Property == "" || v.Result != record.Undecided || !strings.Contains(v.Detail, c.want) {
				t.Errorf("%+v", v)
			}
		})
	}
}

// BenchmarkVerified shows what it costs a thread to remember its writes, and to
// record all operations with their answers. The check that follows the phase is
// not in its time.
func BenchmarkVerified(b *testing.B) {
	for _, verify := range load.Verifications {
		b.Run(string(verify), func(b *testing.B) {
			w := mixed(1000, int64(b.N), map[sample.Op]float64{sample.OpGet: 1, sample.OpSet: 1})
			_, took := verified(b, memory.Driver(), w, 1, driver.Linearizable, verify)
			b.ReportMetric(float64(took)/float64(b.N), "ns/op-of-thread")
			b.ReportMetric(0, "ns/op")
		})
	}
}
