package load

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

// arrivalsOf returns the arrivals of every thread in seconds, at most n each.
func arrivalsOf(t *testing.T, p Phase, seed uint64, threads, n int) [][]float64 {
	t.Helper()
	all := make([][]float64, threads)
	for thread := range all {
		a := NewArrivals(p, seed, 0, thread, threads)
		before := time.Duration(0)
		for len(all[thread]) < n {
			at, ok := a.Next()
			if !ok {
				if _, again := a.Next(); again {
					t.Fatal("an arrival comes after the last")
				}
				break
			}
			if at < before || p.For > 0 && at >= p.For {
				t.Fatalf("thread %d: an arrival at %v, after %v", thread, at, before)
			}
			if p.ActiveAt(at, threads) <= thread {
				t.Fatalf("thread %d has an arrival at %v and is not active", thread, at)
			}
			before = at
			all[thread] = append(all[thread], at.Seconds())
		}
	}
	return all
}

func merged(all [][]float64) []float64 {
	inOrder := slices.Concat(all...)
	slices.Sort(inOrder)
	return inOrder
}

// perInterval counts arrivals in equal parts of a time.
func perInterval(arrivals []float64, over time.Duration, parts int) []int {
	counts := make([]int, parts)
	for _, at := range arrivals {
		counts[int(at/over.Seconds()*float64(parts))]++
	}
	return counts
}

func open(p Phase) Phase {
	if p.Per == "" {
		p.Per = PerTotal
	}
	if p.Arrivals == "" {
		p.Arrivals = ProcessConstant
	}
	return p
}

func TestConstantArrivals(t *testing.T) {
	cases := map[string]struct {
		phase   Phase
		threads int
		total   float64 // arrivals a second of all threads
	}{
		"one thread":      {Phase{For: time.Second, Rate: 1000}, 1, 1000},
		"several":         {Phase{For: time.Second, Rate: 1000}, 7, 1000},
		"a slow rate":     {Phase{For: time.Minute, Rate: 0.25}, 3, 0.25},
		"an odd rate":     {Phase{For: time.Second, Rate: 333}, 4, 333},
		"of each thread":  {Phase{For: time.Second, Rate: 50, Per: PerThread}, 8, 400},
		"of those active": {Phase{For: time.Second, Rate: 50, Per: PerThread, Active: 3}, 8, 150},
		"of some":         {Phase{For: time.Second, Rate: 120, Active: 3}, 8, 120},
		"without an end":  {Phase{Ops: 5, Rate: 100}, 2, 100},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := open(c.phase)
			active := p.ActiveAt(0, c.threads)
			all := arrivalsOf(t, p, 1, c.threads, 400/active)
			inOrder := merged(all)
			if p.For > 0 && len(inOrder) < 400/active*active && float64(len(inOrder)) != math.Ceil(c.total*p.For.Seconds()) {
				t.Errorf("%d arrivals in %v", len(inOrder), p.For)
			}
			for k, at := range inOrder {
				if want := math.Round(float64(k)*1e9/c.total) / 1e9; math.Abs(at-want) > 1e-12 {
					t.Fatalf("arrival %d at %.9f, want %.9f", k, at, want)
				}
				if all[k%active][k/active] != at {
					t.Fatalf("arrival %d is not that of thread %d", k, k%active)
				}
			}
		})
	}
}

// TestArrivalsFollowRamps counts the arrivals of all threads in ten parts of
// the phase. The integral of the rate over each says how many there should be.
func TestArrivalsFollowRamps(t *testing.T) {
	const over = 10 * time.Second
	cases := map[string]struct {
		phase   Phase
		threads int
		want    []float64
	}{
		"up":                                   {Phase{Rate: 100, RateTo: 300}, 4, []float64{110, 130, 150, 170, 190, 210, 230, 250, 270, 290}},
		"down":                                 {Phase{Rate: 300, RateTo: 100}, 4, []float64{290, 270, 250, 230, 210, 190, 170, 150, 130, 110}},
		"in steps":                             {Phase{Rate: 100, RateTo: 300, Steps: 5}, 3, []float64{100, 100, 150, 150, 200, 200, 250, 250, 300, 300}},
		"two steps":                            {Phase{Rate: 100, RateTo: 50, Steps: 2}, 3, []float64{100, 100, 100, 100, 100, 50, 50, 50, 50, 50}},
		"more threads":                         {Phase{Rate: 20, Per: PerThread, Active: 1, ActiveTo: 10}, 10, []float64{20, 40, 60, 80, 100, 120, 140, 160, 180, 200}},
		"fewer threads":                        {Phase{Rate: 20, Per: PerThread, Active: 5, ActiveTo: 1}, 10, []float64{100, 100, 80, 80, 60, 60, 40, 40, 20, 20}},
		"total, though there are more threads": {Phase{Rate: 200, Active: 1, ActiveTo: 10}, 10, slices.Repeat([]float64{200}, 10)},
		"rate and threads":                     {Phase{Rate: 10, RateTo: 50, Per: PerThread, Active: 1, ActiveTo: 5, Steps: 5}, 10, []float64{10, 10, 40, 40, 90, 90, 160, 160, 250, 250}},
		"a line of threads that step":          {Phase{Rate: 100, RateTo: 300, Active: 1, ActiveTo: 4}, 10, []float64{110, 130, 150, 170, 190, 210, 230, 250, 270, 290}},
	}
	for name, c := range cases {
		c.phase.For = over
		t.Run("constant "+name, func(t *testing.T) {
			got := perInterval(merged(arrivalsOf(t, open(c.phase), 1, c.threads, math.MaxInt)), over, 10)
			for i, want := range c.want {
				if math.Abs(float64(got[i])-want) > 1 { // an arrival on the edge may be counted on either side
					t.Errorf("%v, want %v", got, c.want)
					break
				}
			}
		})
		t.Run("poisson "+name, func(t *testing.T) {
			c.phase.Arrivals = ProcessPoisson
			totals := make([]int, 10)
			for seed := range uint64(50) {
				for i, n := range perInterval(merged(arrivalsOf(t, open(c.phase), seed, c.threads, math.MaxInt)), over, 10) {
					totals[i] += n
				}
			}
			sum, flat := 0.0, true
			for _, want := range c.want {
				sum += want
				flat = flat && want == c.want[0]
			}
			want := make([]float64, 10)
			for i := range want {
				want[i] = c.want[i] / sum
			}
			if !fits(totals, want) {
				t.Errorf("%v, want in proportion %v", totals, c.want)
			}
			if !flat && fits(totals, uniform(10)) {
				t.Error("a constant rate would pass as well")
			}
			n := 0
			for _, total := range totals {
				n += total
			}
			if expected := 50 * sum; math.Abs(float64(n)-expected) > unlikely*math.Sqrt(expected) {
				t.Errorf("%d arrivals, %v expected", n, expected)
			}
		})
	}
}

// TestThreadsShareArrivals counts what each thread gets while others join.
func TestThreadsShareArrivals(t *testing.T) {
	for _, process := range Processes {
		p := Phase{For: 100 * time.Second, Rate: 120, Per: PerTotal, Arrivals: process, Active: 1, ActiveTo: 4}
		counts, want := make([]int, 5), make([]float64, 5)
		for thread, arrivals := range arrivalsOf(t, p, 1, 5, math.MaxInt) {
			counts[thread] = len(arrivals)
		}
		for active := 1; active <= 4; active++ {
			for thread := range active {
				want[thread] += 0.25 / float64(active)
			}
		}
		if !fits(counts, want) {
			t.Errorf("%s: %v of %v", process, counts, want)
		}
		if fits(counts, []float64{0.25, 0.25, 0.25, 0.25, 0}) {
			t.Error("equal shares would pass as well")
		}
	}
}

// TestPoissonArrivals looks at each thread and at all together: gaps are
// exponential, and counts in windows vary as much as they are on average.
func TestPoissonArrivals(t *testing.T) {
	p := Phase{For: 1000 * time.Second, Rate: 40, Per: PerTotal, Arrivals: ProcessPoisson}
	all := arrivalsOf(t, p, 1, 4, math.MaxInt)
	for name, arrivals := range map[string][]float64{"thread 0": all[0], "thread 3": all[3], "together": merged(all)} {
		t.Run(name, func(t *testing.T) {
			rate := 10.0
			if name == "together" {
				rate = 40
			}
			gaps := make([]float64, len(arrivals)-1)
			for i := range gaps {
				gaps[i] = arrivals[i+1] - arrivals[i]
			}
			exponential := func(rate float64) func(float64) float64 {
				return func(x float64) float64 { return 1 - math.Exp(-rate*x) }
			}
			if !follows(gaps, exponential(rate)) {
				t.Error("gaps are not exponential")
			}
			if follows(gaps, exponential(1.1*rate)) {
				t.Error("another rate would pass as well")
			}
			var counts []float64
			for _, n := range perInterval(arrivals, p.For, 1000) {
				counts = append(counts, float64(n))
			}
			// The standard errors of mean and variance of 1000 counts.
			mean, variance := meanAndVariance(counts)
			if math.Abs(mean-rate) > unlikely*math.Sqrt(rate/1000) {
				t.Errorf("mean %v, want %v", mean, rate)
			}
			if math.Abs(variance-rate) > unlikely*rate*math.Sqrt(2.0/1000) {
				t.Errorf("variance %v, want %v", variance, rate)
			}
		})
	}
	// Arrivals of one thread say nothing about those of another.
	together := 0.0
	first, second := perInterval(all[0], p.For, 1000), perInterval(all[1], p.For, 1000)
	for i := range first {
		together += (float64(first[i]) - 10) * (float64(second[i]) - 10) / 10 / 1000
	}
	if math.Abs(together) > unlikely/math.Sqrt(1000) {
		t.Errorf("threads 0 and 1 correlate: %.3f", together)
	}
}

// TestConstantIsNotPoisson shows that the tests above tell them apart.
func TestConstantIsNotPoisson(t *testing.T) {
	p := Phase{For: 1000 * time.Second, Rate: 40.3, Per: PerTotal, Arrivals: ProcessConstant}
	var counts []float64
	for _, n := range perInterval(merged(arrivalsOf(t, p, 1, 4, math.MaxInt)), p.For, 1000) {
		counts = append(counts, float64(n))
	}
	if _, variance := meanAndVariance(counts); variance > 1 {
		t.Errorf("variance %v", variance)
	}
}

func TestTheSeedDecidesArrivals(t *testing.T) {
	p := Phase{For: time.Second, Rate: 100, RateTo: 500, Per: PerTotal, Arrivals: ProcessPoisson, Active: 1, ActiveTo: 3}
	of := func(seed uint64, index, thread int) []time.Duration {
		var all []time.Duration
		a := NewArrivals(p, seed, index, thread, 3)
		for at, ok := a.Next(); ok; at, ok = a.Next() {
			all = append(all, at)
		}
		return all
	}
	one := of(1, 0, 0)
	if !slices.Equal(one, of(1, 0, 0)) {
		t.Error("the same seed gives other arrivals")
	}
	for name, other := range map[string][]time.Duration{"seed": of(2, 0, 0), "phase": of(1, 1, 0), "thread": of(1, 0, 1)} {
		if slices.Equal(one, other) {
			t.Errorf("another %s gives the same arrivals", name)
		}
	}
}

// TestArrivalsAtTheLimits asks for what the arithmetic can just bear.
func TestArrivalsAtTheLimits(t *testing.T) {
	for _, process := range Processes {
		for _, p := range []Phase{
			{For: 1, Rate: Limits.Rate.Most, RateTo: Limits.Rate.Least},
			{For: 7, Rate: Limits.Rate.Most, Active: 1, ActiveTo: 1000, Steps: 1000},
			{For: math.MaxInt64, Rate: Limits.Rate.Least, RateTo: Limits.Rate.Most},
			{Ops: 1, Rate: Limits.Rate.Most, Per: PerThread},
			{For: time.Hour, Rate: 1, RateTo: 2, Steps: 1000, Active: 1000, ActiveTo: 1},
		} {
			p.Arrivals = process
			t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) { arrivalsOf(t, open(p), 1, 20, 1000) })
		}
	}
}

// TestArrivalsAllocateNothing crosses many steps.
func TestArrivalsAllocateNothing(t *testing.T) {
	for _, process := range Processes {
		for _, per := range Pers {
			p := Phase{For: time.Minute, Rate: 1000, RateTo: 2000, Active: 1, ActiveTo: 100, Per: per, Arrivals: process}
			a := NewArrivals(p, 1, 0, 0, 100)
			if n := testing.AllocsPerRun(1000, func() { a.Next() }); n != 0 {
				t.Errorf("%s per %s: %v allocations", process, per, n)
			}
		}
	}
}

// TestASearchTriesConstantRates asks for the phase of one rate.
func TestASearchTriesConstantRates(t *testing.T) {
	p := Phase{For: time.Second, Rate: 10, RateTo: 90, Steps: 5, Per: PerTotal, Arrivals: ProcessConstant, Until: &Bound{"p99", time.Millisecond}}
	tried := p.At(40)
	if got := len(merged(arrivalsOf(t, tried, 1, 2, math.MaxInt))); got != 40 || tried.Searches() || !p.Searches() {
		t.Errorf("%d arrivals in a second of 40", got)
	}
}

func BenchmarkArrivals(b *testing.B) {
	for _, process := range Processes {
		b.Run(string(process), func(b *testing.B) {
			a := NewArrivals(Phase{Ops: 1, Rate: 1000, Per: PerTotal, Arrivals: process}, 1, 0, 0, 10)
			b.ReportAllocs()
			for b.Loop() {
				a.Next()
			}
		})
	}
}
