package stats

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
)

// nile is the flow of the Nile at Aswan from 1871 to 1970, in 10⁸ m³ a year (Cobb
// 1978), which fell when 1899 came.
var nile = []float64{
	1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
	1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
	831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
	781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
	744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
}

func TestTheNileFellIn1899(t *testing.T) {
	changes := Changes(nile)
	if len(changes) != 1 || changes[0].At != 1899-1871 {
		t.Fatalf("%+v", changes)
	}
	c := changes[0]
	if c.Low > c.Effect || c.Effect > c.High || c.High > -0.15 || c.Low < -0.32 || c.P > 1e-6 {
		t.Errorf("%+v", c)
	}
}

// By scipy 1.10.1's stats.ttest_ind on logarithms.
func TestLevelsAreComparedLikeStudent(t *testing.T) {
	logs := scale{logarithmic: true}.each(nile)
	got := (&levels{values: logs, dependence: 1}).test(0, 28, 100)
	for what, pair := range map[string][2]float64{
		"before":    {math.Exp(got.before), 1089.3139226687595},
		"after":     {math.Exp(got.after), 840.6805807113291},
		"deviation": {(got.after - got.before) / got.deviation, -7.997982033916557},
		"p":         {got.p, 2.562212367011261e-12},
		"freedom":   {got.freedom, 98},
	} {
		if !near(pair[0], pair[1], 1e-9) {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
}

// The distance in energy is that of its definition: Matteson and James 2014, (5) and (7).
func TestPartsAreFarthestApartByDefinition(t *testing.T) {
	mean := func(a, b []float64, pairs float64) float64 {
		sum := 0.0
		for _, v := range a {
			for _, w := range b {
				sum += math.Abs(v - w)
			}
		}
		return sum / pairs
	}
	n := newNoise(51)
	for length := 2 * shortestLevel; length < 30; length++ {
		values := n.values(length, 1)
		wantAt, wantUntil, greatest := 0, 0, math.Inf(-1)
		for at := shortestLevel; at <= length-shortestLevel; at++ {
			for until := at + shortestLevel; until <= length; until++ {
				x, y := values[:at], values[at:until]
				k, m := float64(len(x)), float64(len(y))
				if q := k * m / (k + m) * (2*mean(x, y, k*m) - mean(x, x, k*(k-1)) - mean(y, y, m*(m-1))); q > greatest {
					wantAt, wantUntil, greatest = at, until, q
				}
			}
		}
		l := levels{values: values}
		if at, until, ok := l.farthest(0, length); at != wantAt || until != wantUntil || !ok {
			t.Errorf("%d values: from %d to %d, want %d to %d", length, at, until, wantAt, wantUntil)
		}
	}
}

func TestChanges(t *testing.T) {
	repeat := func(counts ...int) (series []float64) { // a level and how many values, by turns
		for i := 0; i < len(counts); i += 2 {
			series = append(series, slices.Repeat([]float64{float64(counts[i])}, counts[i+1])...)
		}
		return series
	}
	withGaps := slices.Insert(repeat(10, 8, 12, 8), 4, math.NaN(), math.Inf(1))
	cases := map[string]struct {
		series []float64
		at     []int
	}{
		"nothing":               {nil, nil},
		"one value":             {[]float64{1}, nil},
		"one level":             {repeat(7, 20), nil},
		"zero":                  {repeat(0, 20), nil},
		"a step":                {repeat(10, 8, 12, 8), []int{8}},
		"too few to be sure":    {[]float64{10, 11, 12, 13}, nil},
		"a level that is back":  {repeat(10, 50, 11, 10, 10, 40), []int{50, 60}},
		"steps":                 {repeat(10, 6, 12, 5, 14, 7, 9, 4), []int{6, 11, 18}},
		"from zero":             {repeat(0, 8, 12, 8), []int{8}},
		"gaps are not counted":  {withGaps, []int{10}},
		"one value is no level": {repeat(10, 8, 20, 1, 10, 8), nil},
	}
	for name, c := range cases {
		var at []int
		for _, change := range Changes(c.series) {
			at = append(at, change.At)
		}
		if !slices.Equal(at, c.at) {
			t.Errorf("%s: %v, want %v", name, at, c.at)
		}
	}
	if c := Changes(repeat(10, 8, 12, 8))[0]; !near(c.Before, 10, 1e-9) || !near(c.After, 12, 1e-9) || !near(c.Effect, 0.2, 1e-9) {
		t.Errorf("a step: %+v", c)
	}
	c := Changes(repeat(0, 8, 12, 8))[0]
	if c.Before != 0 || c.After != 12 || !math.IsInf(c.Effect, 1) {
		t.Errorf("from zero: %+v", c)
	}
	if got, err := json.Marshal(c); err != nil || string(got) != `{"at":8,"before":0,"after":12,"p":0}` {
		t.Errorf("from zero: %s, %v", got, err)
	}
}

// Series like a benchmark's history, with shifts of 10 to 30 %, at a spread of 4 %.
func TestKnownShiftsAreFound(t *testing.T) {
	n := newNoise(52)
	n.spread, n.kept = 0.04, 0.2
	shifts, found, covered, others := 0, 0, 0, 0
	for range 100 {
		var series []float64
		var at []int
		var effects []float64
		level := 1.0
		for range 1 + n.IntN(4) {
			if len(series) > 0 {
				effect := 0.1 + 0.2*n.Float64()
				if n.IntN(2) == 0 {
					effect = 1/(1+effect) - 1
				}
				level *= 1 + effect
				at, effects = append(at, len(series)), append(effects, effect)
			}
			series = append(series, n.values(10+n.IntN(40), level)...)
		}
		changes := Changes(series)
		shifts, others = shifts+len(at), others+len(changes)
		for i, want := range at {
			for _, c := range changes {
				if c.At < want-2 || c.At > want+2 {
					continue
				}
				found, others = found+1, others-1
				if c.Low <= effects[i] && effects[i] <= c.High {
					covered++
				}
				break
			}
		}
	}
	t.Logf("of %d shifts %d (%.1f %%) are found within two runs, %d of their intervals cover the effect; %d other changes", shifts, found, 100*float64(found)/float64(shifts), covered, others)
	if found*10 < shifts*9 || covered*10 < found*9 || others*20 > shifts {
		t.Errorf("found %d of %d, covered %d, others %d", found, shifts, covered, others)
	}
}

func TestFlatSeriesSeldomChange(t *testing.T) {
	const trials = 1000
	for name, change := range map[string]func(*noise){
		"steady": func(*noise) {}, "outliers": func(n *noise) { n.odd = 0.05 }, "each like the last": func(n *noise) { n.kept = 0.3 },
	} {
		for _, length := range []int{10, 30, 100} {
			n, changed := newNoise(53), 0
			change(n)
			for range trials {
				if len(Changes(n.values(length, 1))) > 0 {
					changed++
				}
			}
			t.Logf("%s, %d values: %.1f %% have a change", name, length, 100*float64(changed)/trials)
			if changed > trials*5/100 {
				t.Errorf("%s, %d values: %d of %d have a change", name, length, changed, trials)
			}
		}
	}
}

func TestSettle(t *testing.T) {
	noisy := func(levels ...float64) []float64 {
		n := newNoise(59)
		n.spread, n.odd = 0.03, 0
		series := make([]float64, len(levels))
		for i, v := range n.values(len(levels), 1) {
			series[i] = v * levels[i]
		}
		return series
	}
	rise := []float64{}
	for i := range 60 {
		rise = append(rise, 1-0.6*math.Exp(-float64(i)/8))
	}
	steps := slices.Concat(slices.Repeat([]float64{0.6}, 20), slices.Repeat([]float64{1}, 40))
	level := slices.Repeat([]float64{1}, 60)
	fall := slices.Clone(steps)
	slices.Reverse(fall)
	cases := map[string]struct {
		series      []float64
		first, last int // where it may be found to settle
		rising      bool
	}{
		"nothing":            {nil, 0, 0, false},
		"level":              {noisy(level...), 0, 0, false},
		"level, no noise":    {level, 0, 0, false},
		"one step":           {noisy(steps...), 18, 22, true},
		"rising, then level": {noisy(rise...), 6, 30, true},
		"falling":            {noisy(fall...), 38, 42, false},
		"a short beginning":  {slices.Concat([]float64{0.5, 0.5, 0.5, 0.5}, slices.Repeat([]float64{1}, 100)), 4, 4, false},
	}
	for name, c := range cases {
		s := Settle(c.series)
		if s.From < c.first || s.From > c.last || s.Rising() != c.rising {
			t.Errorf("%s: %+v, rising %v; want from %d to %d, %v", name, s, s.Rising(), c.first, c.last, c.rising)
		}
	}
	if s := Settle(steps); s.Level != 1 || !near(s.Mean, 52./60, 1e-9) {
		t.Errorf("a step without noise: %+v", s)
	}
}

func TestLevelSeriesSeldomRise(t *testing.T) {
	const trials = 500
	for _, kept := range []float64{0, 0.25, 0.5} {
		for _, length := range []int{8, 20, 120} {
			n, rising := newNoise(55), 0
			n.kept = kept
			for range trials {
				if Settle(n.values(length, 1)).Rising() {
					rising++
				}
			}
			t.Logf("%.1f kept, %d values: %.1f %% rise", kept, length, 100*float64(rising)/trials)
			if rising > trials*5/100 {
				t.Errorf("%.1f kept, %d values: %d of %d rise", kept, length, rising, trials)
			}
		}
	}
}

// A phase that starts at 60 % of what it comes to, and is off by a third of that
// after a quarter of its time.
func TestWarmUpsAreNoticed(t *testing.T) {
	const trials = 300
	for _, c := range []struct {
		values int
		spread float64
		least  int // percent
	}{{8, 0.02, 80}, {12, 0.02, 80}, {12, 0.05, 80}, {40, 0.05, 90}, {120, 0.1, 90}} {
		n, rising := newNoise(57), 0
		n.spread, n.odd = c.spread, 0
		for range trials {
			series := n.values(c.values, 1)
			for i := range series {
				series[i] *= 1 - 0.4*math.Exp(-4*float64(i)/float64(c.values))
			}
			if Settle(series).Rising() {
				rising++
			}
		}
		t.Logf("%d values that spread by %v: %.1f %% of warm-ups are noticed", c.values, c.spread, 100*float64(rising)/trials)
		if rising*100 < trials*c.least {
			t.Errorf("%d values that spread by %v: %d of %d noticed", c.values, c.spread, rising, trials)
		}
	}
}

// A build that is a tenth slower, in a history that is short.
func TestAShiftIsFoundInAShortHistory(t *testing.T) {
	const trials = 200
	for _, c := range []struct{ runs, least int }{{8, 50}, {12, 65}, {16, 75}, {20, 85}} {
		n, found := newNoise(60), 0
		n.spread = 0.01
		for range trials {
			series := n.values(c.runs, 1)
			for i := c.runs / 2; i < c.runs; i++ {
				series[i] *= 1.1
			}
			if changes := Changes(series); len(changes) == 1 && changes[0].At == c.runs/2 {
				found++
			}
		}
		t.Logf("%d runs: found in %.1f %%", c.runs, 100*float64(found)/trials)
		if found*100 < trials*c.least {
			t.Errorf("%d runs: found in %d of %d", c.runs, found, trials)
		}
	}
}

// A slower build that was mended some runs later.
func TestALevelThatComesBackIsFound(t *testing.T) {
	const trials = 200
	for _, away := range []int{4, 6, 10} {
		n, found := newNoise(58), 0
		n.spread = 0.04
		for range trials {
			start := 20 + n.IntN(40)
			series := n.values(90, 1)
			for i := start; i < start+away; i++ {
				series[i] *= 1.2
			}
			changes := Changes(series)
			near := func(at int) bool {
				return slices.ContainsFunc(changes, func(c Change) bool { return c.At >= at-2 && c.At <= at+2 })
			}
			if near(start) && near(start+away) {
				found++
			}
		}
		t.Logf("%d runs of 90 are 20 %% off: both changes are found in %.1f %%", away, 100*float64(found)/trials)
		if found < trials*9/10 {
			t.Errorf("%d runs: found in %d of %d", away, found, trials)
		}
	}
}
