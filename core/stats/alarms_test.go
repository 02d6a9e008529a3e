package stats

import (
	"math"
	"testing"
)

// Newcombe 1998, table I, method 3.
func TestRatesHaveWilsonsInterval(t *testing.T) {
	for of, want := range map[[2]int][2]float64{{81, 263}: {0.2553, 0.3662}, {15, 148}: {0.0624, 0.1605}, {0, 20}: {0, 0.1611}, {1, 29}: {0.0061, 0.1718}} {
		r := rate(of[0], of[1], float64(of[1]))
		if math.Abs(r.Low-want[0]) > 5e-5 || math.Abs(r.High-want[1]) > 5e-5 {
			t.Errorf("%d of %d: from %.4f to %.4f, want %v", of[0], of[1], r.Low, r.High, want)
		}
	}
}

func TestFalseAlarms(t *testing.T) {
	cases := map[string]struct {
		walk        float64
		least, most float64 // share apart
	}{"steady": {0, 0, 0.12}, "drift": {0.05, 0.3, 1}}
	for name, c := range cases {
		n := newNoise(61)
		n.walk = c.walk
		repeats, _ := n.sides(240, 1)
		alarms := FalseAlarms(repeats, 500)
		t.Logf("%s: %+v", name, alarms)
		if r := alarms.Interleaved; r.Of != 500 || r.Low > 0.05 {
			t.Errorf("%s, interleaved: %+v", name, r)
		}
		if r := alarms.Apart; r.Of != 229 || r.Share < c.least || r.Share > c.most || r.Low > r.Share || r.High < r.Share {
			t.Errorf("%s, apart: %+v", name, r)
		}
	}
	none := Rate{High: 1}
	if got := FalseAlarms(inBlocks(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), 100); got != (Alarms{none, none}) {
		t.Errorf("11 repeats: %+v", got)
	}
}
