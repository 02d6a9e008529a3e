package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// going is operations of a thread, one each, that take a time, from one moment to
// another.
func going(from, until, each, takes time.Duration) (samples []sample.Sample) {
	for at := from; at+takes <= until; at += each {
		samples = append(samples, sample.Sample{Intended: int64(at), Start: int64(at), Latency: int64(takes)})
	}
	return samples
}

// held is an operation that lasts from one moment to another; it was due at due.
func held(due, from, until time.Duration) []sample.Sample {
	return []sample.Sample{{Intended: int64(due), Start: int64(from), Latency: int64(until - from)}}
}

func TestAStandstillIsFoundAndNobodyElseAccused(t *testing.T) {
	const (
		ms = time.Millisecond
		s  = time.Second
	)
	// Every load begins a second after the run's zero.
	cases := map[string]struct {
		threads [][]sample.Sample
		late    []gap // when the encoder was not woken
		want    string
	}{
		"nothing":   {[][]sample.Sample{going(1*s, 6*s, 5*ms, 5*ms)}, nil, ""},
		"no sample": {nil, nil, ""},
		"a plugin that was stopped with an operation on its way": {
			[][]sample.Sample{going(1*s, 3*s, 5*ms, 5*ms), held(3*s, 3*s, 13*s), going(13*s, 15*s, 5*ms, 5*ms)}, []gap{{2990 * ms, 13 * s}},
			"measure: the load generator stood still for 10.0 s from 3.0 s of the run on",
		},
		"a plugin that was stopped between two operations": {
			[][]sample.Sample{going(1*s, 3*s, 5*ms, 5*ms), going(13*s, 15*s, 5*ms, 5*ms)}, []gap{{2990 * ms, 13 * s}},
			"the load generator stood still for 10.0 s",
		},
		"an encoder that was late while threads went on": {
			[][]sample.Sample{going(1*s, 15*s, 5*ms, 5*ms)}, []gap{{3 * s, 13 * s}}, "",
		},
		"a store that was stopped": {
			[][]sample.Sample{going(1*s, 3*s, 5*ms, 5*ms), held(3*s, 3*s, 13*s), going(13*s, 15*s, 5*ms, 5*ms)}, nil,
			"measure: no operation ended for 10.0 s from 3.0 s of the run on, though some were on their way or due",
		},
		"two stops": {
			[][]sample.Sample{going(1*s, 3*s, 5*ms, 5*ms), held(3*s, 3*s, 5*s), going(5*s, 6*s, 5*ms, 5*ms), held(6*s, 6*s, 9*s), going(9*s, 12*s, 5*ms, 5*ms)}, nil,
			"no operation ended for 3.0 s from 6.0 s of the run on (the longest of 2 times)",
		},
		"one of two threads is held":     {[][]sample.Sample{going(1*s, 15*s, 5*ms, 5*ms), held(3*s, 3*s, 13*s)}, nil, ""},
		"a pause that is ordinary":       {[][]sample.Sample{going(1*s, 3*s, 5*ms, 5*ms), held(3*s, 3*s, 3900*ms), going(3900*ms, 6*s, 5*ms, 5*ms)}, nil, ""},
		"operations that take long":      {[][]sample.Sample{going(1*s, 60*s, 4*s, 4*s)}, nil, ""},
		"threads that think":             {[][]sample.Sample{going(1*s, 60*s, 5*s, 5*ms)}, nil, ""},
		"an open loop with few arrivals": {[][]sample.Sample{going(1*s, 60*s, 10*s, 5*ms)}, nil, ""},
		"an open loop whose store stood": {
			[][]sample.Sample{going(1*s, 3*s, 100*ms, 5*ms), held(3*s, 3*s, 8*s), held(3100*ms, 8*s, 8005*ms), going(8100*ms, 10*s, 100*ms, 5*ms)}, nil,
			"no operation ended for 5.0 s from 3.0 s",
		},
	}
	for name, c := range cases {
		still := newStandstills(time.Now(), s)
		for _, samples := range c.threads {
			still.observe(samples)
		}
		for _, g := range c.late {
			still.look(g.from, 2*ms)
			still.look(g.until, 2*ms)
		}
		got := strings.Join(still.warnings("measure"), "; ")
		if !strings.Contains(got, c.want) || (got == "") != (c.want == "") || strings.Contains(got, "; measure: ") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
