package load_test

import (
	"math"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/load"
)

// What is said to arrive is what the threads are given.
func TestOfferedIsWhatArrives(t *testing.T) {
	phase := load.Phase{For: 10 * time.Second, Rate: 1000, Per: load.PerTotal, Arrivals: load.ProcessConstant}
	cases := map[string]func(*load.Phase){
		"a rate":                      func(*load.Phase) {},
		"of each thread":              func(p *load.Phase) { p.Per, p.Rate = load.PerThread, 100 },
		"a ramp":                      func(p *load.Phase) { p.RateTo = 5000 },
		"a ramp in steps":             func(p *load.Phase) { p.RateTo, p.Steps = 5000, 5 },
		"some threads":                func(p *load.Phase) { p.Per, p.Rate, p.Active = load.PerThread, 100, 3 },
		"more threads than there are": func(p *load.Phase) { p.Per, p.Rate, p.Active = load.PerThread, 100, 300 },
		"more and more threads":       func(p *load.Phase) { p.Per, p.Rate, p.Active, p.ActiveTo = load.PerThread, 100, 1, 8 },
		"both, in steps": func(p *load.Phase) {
			p.Per, p.Rate, p.RateTo, p.Active, p.ActiveTo, p.Steps = load.PerThread, 100, 500, 1, 8, 4
		},
		"both":                             func(p *load.Phase) { p.Per, p.Rate, p.RateTo, p.Active, p.ActiveTo = load.PerThread, 100, 500, 8, 1 },
		"all together, and fewer and more": func(p *load.Phase) { p.Active, p.ActiveTo = 2, 8 },
	}
	const threads = 8
	for name, change := range cases {
		p := phase
		change(&p)
		arrived := 0
		for thread := range threads {
			arrivals := load.NewArrivals(p, 1, 0, thread, threads)
			for _, more := arrivals.Next(); more; _, more = arrivals.Next() {
				arrived++
			}
		}
		got, want := p.Offered(threads), float64(arrived)/p.For.Seconds()
		if math.Abs(got-want) > 0.01*want {
			t.Errorf("%s: %v arrivals a second are said, and %v come", name, got, want)
		}
	}
	if got := (load.Phase{For: time.Second}).Offered(threads); got != 0 {
		t.Errorf("in a closed loop %v arrive", got)
	}
}
