package stats

import "testing"

// The values are those of quantile(x, c(.25, .5, .75), type = 8) of R.
func TestQuartiles(t *testing.T) {
	cases := []struct {
		values []float64
		want   [3]float64
	}{
		{[]float64{7}, [3]float64{7, 7, 7}},
		{[]float64{2, 1}, [3]float64{1, 1.5, 2}},
		{[]float64{6, 5, 4, 3, 2, 1}, [3]float64{23. / 12, 3.5, 61. / 12}},
	}
	for _, c := range cases {
		first, median, third := Quartiles(c.values)
		for i, got := range []float64{first, median, third} {
			if d := got - c.want[i]; d > 1e-9 || d < -1e-9 {
				t.Errorf("%v: %v; want %v", c.values, got, c.want[i])
			}
		}
	}
}
