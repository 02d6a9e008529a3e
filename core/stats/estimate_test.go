package stats

import (
	"encoding/json"
	"math"
	"testing"
)

func TestSummarize(t *testing.T) {
	few := Summarize([]float64{1, 2, 3, 4})
	if few.Value != 2.5 || few.Known() || few.N != 4 {
		t.Errorf("four values: %+v", few)
	}
	five := Summarize([]float64{1, 2, 3, 4, 5})
	if five.Value != 3 || five.Low != 1 || five.High != 5 {
		t.Errorf("five values: %+v", five)
	}
	enough := Summarize([]float64{6, 5, 4, 3, 2, 1})
	if enough.Value != 3.5 || enough.Low != 1 || enough.High != 6 {
		t.Errorf("six values: %+v", enough)
	}
	if got := enough.Spread(); math.Abs(got-2.5/3.5) > 1e-9 {
		t.Errorf("spread %v", got)
	}
	if none := Summarize(nil); none != (Estimate{}) {
		t.Errorf("no values: %+v", none)
	}
}

func TestAnIntervalThatIsNotKnownIsNotInTheJSON(t *testing.T) {
	for want, values := range map[string][]float64{
		`{"value":1.5,"n":2}`:                  {1, 2},
		`{"value":3.5,"low":1,"high":6,"n":6}`: {1, 2, 3, 4, 5, 6},
		`{"value":0,"low":0,"high":0,"n":0}`:   nil,
	} {
		got, err := json.Marshal(Summarize(values))
		if err != nil || string(got) != want {
			t.Errorf("%v: %s, %v", values, got, err)
		}
	}
}
