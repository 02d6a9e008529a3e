// Package conformance is what every driver must do: a suite that is tried over
// the protocol on a store that runs. `benchctl plugin check` puts any plugin
// through it, and drivertest.Run a driver in its author's own tests.
package conformance

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol"
)

// Subject is a plugin whose store serves.
type Subject struct {
	Plugin *client.Client
	Setup  driver.Setup // with the endpoints of the store
}

// Verdict is what a case came to.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "passed"
	Failed  Verdict = "failed"
	Lacking Verdict = "lacking" // the plugin does not offer the function
)

// Result is what one case showed.
type Result struct {
	Case     string        `json:"case"`
	Function Function      `json:"function"`
	Verdict  Verdict       `json:"verdict"`
	Proven   string        `json:"proven,omitempty"` // of the function, in few words
	Detail   string        `json:"detail,omitempty"` // what was tried, or why it failed
	Took     time.Duration `json:"took_ns"`
}

// Function is what a store can do for its clients.
type Function string

// The functions: those of the comparison that the project began with, and what
// else a driver has.
const (
	Create        Function = "create"
	Set           Function = "set"
	Delete        Function = "delete"
	List          Function = "list"
	Ephemeral     Function = "ephemeral"
	Sequence      Function = "sequence"
	Watch         Function = "watch"
	Get           Function = "get"
	Put           Function = "put"
	CompareAndSet Function = "compare-and-set"
	Transaction   Function = "transaction"
	Reads         Function = "reads"
	Conduct       Function = "conduct" // sessions, cancellation, counting
)

// Functions returns the functions in the order in which tables show them.
func Functions() []Function {
	return []Function{Create, Set, Delete, List, Ephemeral, Sequence, Watch, Get, Put, CompareAndSet, Transaction, Reads, Conduct}
}

// caseWithin bounds a case. Ephemeral keys are watched for longer than that
// of a session's timeout.
const caseWithin = 90 * time.Second

// Check puts a plugin through every case and reports each as it ends. Its
// error says that the suite could not be carried out.
func Check(ctx context.Context, subject Subject, report func(Result)) ([]Result, error) {
	t := &trial{subject: subject}
	if err := t.describe(ctx); err != nil {
		return nil, err
	}
	var results []Result
	for i, c := range cases {
		if ctx.Err() != nil {
			return results, ctx.Err()
		}
		t.prefix = fmt.Sprintf("/check-%s/%02d-%s", strconv.FormatInt(time.Now().UnixNano(), 36), i, c.name)
		result := t.try(ctx, c)
		results = append(results, result)
		report(result)
	}
	return results, nil
}

// Cases returns the names of the cases, in their order.
func Cases() []string {
	names := make([]string, len(cases))
	for i, c := range cases {
		names[i] = c.name
	}
	return names
}

// Violations returns the cases that failed.
func Violations(results []Result) []Result {
	var failed []Result
	for _, r := range results {
		if r.Verdict == Failed {
			failed = append(failed, r)
		}
	}
	return failed
}

// Proven sums up in few words what was seen of a function.
func Proven(results []Result, function Function) string {
	var parts []string
	for _, r := range results {
		switch {
		case r.Function != function:
		case r.Verdict == Failed:
			return "FAILED: " + r.Case
		case r.Verdict == Passed && r.Proven != "" && !slices.Contains(parts, r.Proven):
			parts = append(parts, r.Proven)
		}
	}
	if parts == nil {
		return "not offered"
	}
	return strings.Join(parts, "; ")
}

// describe asks the plugin for what it claims.
func (t *trial) describe(ctx context.Context) (err error) {
	if t.claims, err = t.subject.Plugin.Describe(ctx); err != nil {
		return err
	}
	t.guarantees, _, err = t.subject.Plugin.Prepare(ctx, t.subject.Setup)
	return err
}

// try carries out one case on a store opened for it.
func (t *trial) try(ctx context.Context, c testCase) (result Result) {
	result = Result{Case: c.name, Function: c.function, Verdict: Passed}
	if c.needs != nil && !c.needs(t.claims) {
		result.Verdict = Lacking
		return result
	}
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, caseWithin, fmt.Errorf("the case did not end within %v", caseWithin))
	defer cancel()
	mine := *t
	mine.ctx = ctx
	defer func() {
		result.Took = time.Since(began)
		if reason := recover(); reason != nil {
			failure, ok := reason.(failure)
			if !ok {
				panic(reason)
			}
			result.Verdict, result.Detail = Failed, string(failure)
			if ctx.Err() != nil {
				result.Detail = context.Cause(ctx).Error() + ": " + result.Detail
			}
		}
		if mine.store != nil {
			mine.store.HangUp()
		}
	}()
	var err error
	if mine.store, err = t.subject.Plugin.Open(ctx, t.subject.Setup); err != nil {
		mine.failf("open the store: %v", err)
	}
	result.Proven, result.Detail = c.run(&mine)
	return result
}

// trial is a case on its way.
type trial struct {
	subject    Subject
	claims     protocol.Description
	guarantees driver.Guarantees

	ctx    context.Context
	prefix string // of the case's keys
	store  *client.Store
}

// failure ends a case.
type failure string

func (t *trial) failf(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }

// want fails unless err is of the class of target, nil for none.
func (t *trial) want(what string, err, target error) {
	if driver.Classify(err) == driver.Classify(target) {
		return
	}
	if target == nil {
		t.failf("%s failed: %v", what, err)
	}
	if err == nil {
		t.failf("%s succeeded, and should fail as %v", what, target)
	}
	t.failf("%s failed as %v (%v), and should fail as %v", what, driver.Classify(err), err, target)
}

func (t *trial) must(what string, err error) { t.want(what, err, nil) }

func (t *trial) key(name string) []byte { return []byte(t.prefix + "/" + name) }

func (t *trial) session() *client.Session {
	s, err := t.store.Session(t.ctx)
	if err != nil {
		t.failf("open a session: %v", err)
	}
	return s
}

func (t *trial) sessions(n int) []*client.Session {
	all := make([]*client.Session, n)
	for i := range all {
		all[i] = t.session()
	}
	return all
}

// current makes a session see all that was acknowledged, where reads may be
// late.
func (t *trial) current(s *client.Session) {
	if t.guarantees.Reads == driver.Linearizable {
		return
	}
	if t.claims.Has(driver.CapabilitySync) {
		t.must("sync", s.Sync(t.ctx))
		return
	}
	time.Sleep(time.Second)
}

// value reads a key, and fails if it cannot be read.
func (t *trial) value(s *client.Session, key []byte) string {
	t.current(s)
	value, err := s.Get(t.ctx, key)
	t.must(fmt.Sprintf("get %s", key), err)
	return string(value)
}

// absent fails unless a key is absent.
func (t *trial) absent(s *client.Session, key []byte) {
	t.current(s)
	_, err := s.Get(t.ctx, key)
	t.want(fmt.Sprintf("get of the absent key %s", key), err, driver.ErrNotFound)
}

func (t *trial) list(s *client.Session, prefix []byte) []string {
	t.current(s)
	keys, err := s.List(t.ctx, prefix)
	t.must(fmt.Sprintf("list %s", prefix), err)
	return keys
}
