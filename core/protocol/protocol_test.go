package protocol_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// fill gives every field of a value something that it can be told by.
func fill(v reflect.Value, n *int64) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("text-" + string(rune('a'+*n%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(*n)
	case reflect.Uint8:
		v.SetUint(uint64(*n%5 + 1))
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n))
	}
}

func filled[T any]() T {
	var v T
	n := int64(0)
	fill(reflect.ValueOf(&v).Elem(), &n)
	return v
}

// over sends a message as bytes.
func over[M proto.Message](t *testing.T, m M, into M) M {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
	return into
}

func TestARunRequestArrivesWhole(t *testing.T) {
	want := filled[protocol.RunRequest]()
	m, err := want.Message()
	if err != nil {
		t.Fatal(err)
	}
	got, err := protocol.ReadRunRequest(over(t, m, new(driverpb.RunRequest)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(load.Load{})); diff != "" {
		t.Error(diff)
	}
}

// calls is a sink that writes down how it was called.
type calls []any

func (c *calls) add(values ...any) error { *c = append(*c, values); return nil }

func (c *calls) Started(zero time.Time, version string) error {
	return c.add("started", zero.UnixNano(), version)
}
func (c *calls) PhaseStarted(phase int, at time.Duration) error { return c.add("phase", phase, at) }
func (c *calls) Chunk(h sample.Header, data []byte) error       { return c.add("chunk", h, string(data)) }
func (c *calls) Offered(phase int, o record.Offered) error      { return c.add("offered", phase, o) }
func (c *calls) PhaseEnded(phase int, at time.Duration, samples, unstarted int64) error {
	return c.add("ended", phase, at, samples, unstarted)
}
func (c *calls) Progress(phase int, at time.Duration, ops, failed int64) {
	_ = c.add("progress", phase, at, ops, failed)
}
func (c *calls) Incident(at time.Duration, i driver.Incident) error { return c.add("incident", at, i) }
func (c *calls) Verdict(phase int, v record.Verdict) error          { return c.add("verdict", phase, v) }
func (c *calls) Finished(f protocol.Finished) error                 { return c.add("finished", f) }

// Every event that the one side makes is handed over on the other with all that
// is in it, and there is none that is not tried.
func TestEventsArriveWhole(t *testing.T) {
	zero, header, incident, finished := time.Unix(1, 2), filled[sample.Header](), filled[driver.Incident](), filled[protocol.Finished]()
	verdict, offered := filled[record.Verdict](), filled[record.Offered]()
	verdict.RunID, verdict.Phase = 0, "" // the other side knows them
	events := []*driverpb.RunEvent{
		protocol.Started(zero, "v"), protocol.PhaseStarted(1, 2), protocol.Chunk(header, []byte("data")),
		protocol.PhaseEnded(3, 4, 5, 6), protocol.Progress(7, 8, 9, 10), protocol.Incident(11, incident),
		protocol.Verdict(12, verdict), protocol.End(finished), protocol.Offered(13, offered),
	}
	want := calls{
		[]any{"started", zero.UnixNano(), "v"}, []any{"phase", 1, time.Duration(2)}, []any{"chunk", header, "data"},
		[]any{"ended", 3, time.Duration(4), int64(5), int64(6)}, []any{"progress", 7, time.Duration(8), int64(9), int64(10)},
		[]any{"incident", time.Duration(11), incident}, []any{"verdict", 12, verdict}, []any{"finished", finished},
		[]any{"offered", 13, offered},
	}
	var got calls
	kinds := map[string]bool{}
	for _, event := range events {
		arrived := over(t, event, new(driverpb.RunEvent))
		if err := protocol.Hand(arrived, &got); err != nil {
			t.Fatal(err)
		}
		m := arrived.ProtoReflect()
		kinds[string(m.WhichOneof(m.Descriptor().Oneofs().Get(0)).Name())] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if of := new(driverpb.RunEvent).ProtoReflect().Descriptor().Fields().Len(); len(kinds) != of {
		t.Errorf("%d of %d kinds of events were tried", len(kinds), of)
	}
	if of := reflect.TypeFor[protocol.Sink]().NumMethod(); of != len(events) {
		t.Errorf("a sink has %d methods, and %d events were tried", of, len(events))
	}
}
