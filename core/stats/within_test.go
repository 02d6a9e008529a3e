package stats

import (
	"math"
	"testing"
)

func TestBatchMeans(t *testing.T) {
	rise := make([]float64, 16)
	for i := range rise {
		rise[i] = float64(i + 1)
	}
	// Four batches with means 2.5, 6.5, 10.5 and 14.5, and Student's 3.182446 of 3 degrees.
	half := 3.1824463 * math.Sqrt(80./3) / 2
	if e := BatchMeans(rise); e.Value != 8.5 || e.N != 4 || !near(e.High-8.5, half, 1e-6) || !near(8.5-e.Low, half, 1e-6) {
		t.Errorf("%+v, want 8.5 and %v to each side", e, half)
	}
	if e := BatchMeans(rise[:15]); e.Value != 8 || e.Known() {
		t.Errorf("15 seconds: %+v", e)
	}
	if e := BatchMeans(nil); e != (Estimate{}) {
		t.Errorf("no seconds: %+v", e)
	}
}

// By scipy 1.10.1's stats.t.ppf.
func TestStudent(t *testing.T) {
	for freedom, want := range map[float64]float64{1: 12.70620474, 3: 3.18244631, 4.2: 2.72507272, 5: 2.57058184, 98: 1.98446745} {
		if got := student(freedom, 0.975); !near(got, want, 1e-7) {
			t.Errorf("%v degrees of freedom: %v, want %v", freedom, got, want)
		}
	}
}

// Where each second keeps some of what the last was off, seconds that were taken for
// independent give intervals that are far too narrow; batches nearly hold their level.
func TestBatchMeansHeedWhatSecondsKeep(t *testing.T) {
	const trials = 1000
	for kept, least := range map[float64]int{0: 930, 0.3: 920, 0.5: 900, 0.7: 850} {
		for _, seconds := range []int{30, 60, 300} {
			n, covered, naive := newNoise(41), 0, 0
			n.kept, n.odd = kept, 0
			truth := math.Exp(n.spread * n.spread / 2)
			for range trials {
				series := n.values(seconds, 1)
				if e := BatchMeans(series); e.Low <= truth && truth <= e.High {
					covered++
				}
				half := 2 * n.spread / math.Sqrt(float64(seconds))
				if e := BatchMeans(series); math.Abs(e.Value-truth) <= half {
					naive++
				}
			}
			t.Logf("%.1f kept, %d seconds: covered in %.1f %%, and %.1f %% by seconds as if independent", kept, seconds, float64(covered)/10, float64(naive)/10)
			if covered < least {
				t.Errorf("%.1f kept, %d seconds: covered in %d of %d, want %d", kept, seconds, covered, trials, least)
			}
		}
	}
}
