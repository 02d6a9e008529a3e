package experiment

import (
	"slices"
	"testing"
	"time"
)

func TestRatesOfAPhase(t *testing.T) {
	const ms = time.Millisecond
	cases := map[string]struct {
		every time.Duration // that progress comes
		ended time.Duration
		rates int
	}{
		"a short phase":              {250 * ms, 2 * time.Second, 8},
		"what is left is no rate":    {250 * ms, 2010 * ms, 8},
		"often":                      {100 * ms, 2 * time.Second, 10},
		"a long phase has not many":  {250 * ms, 10 * time.Minute, 120},
		"a phase without a progress": {time.Hour, 2 * time.Second, 1},
	}
	for name, c := range cases {
		var tr trend
		tr.start(time.Second)
		for at := c.every; at <= c.ended; at += c.every {
			tr.add(time.Second+at, at.Milliseconds())
		}
		rates := tr.rates(time.Second+c.ended, c.ended.Milliseconds())
		if len(rates) != c.rates || slices.ContainsFunc(rates, func(rate float64) bool { return rate != 1000 }) {
			t.Errorf("%s: %v, want %d times 1000", name, rates, c.rates)
		}
	}
}
