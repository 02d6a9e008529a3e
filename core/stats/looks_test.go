package stats

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestPlanLooks(t *testing.T) {
	for most, want := range map[int][]int{
		6: {6}, 8: {8}, 9: {8, 9}, 30: {8, 10, 13, 17, 22, 29, 30}, 100: {8, 10, 13, 17, 22, 29, 38, 50, 66, 88, 100},
	} {
		looks, err := PlanLooks(most)
		if err != nil || !slices.Equal(looks.At, want) {
			t.Errorf("up to %d: %v, %v, want %v", most, looks.At, err, want)
		}
		// No verdict must be out of reach, and none nearer than of a single look.
		if looks.Level < 2/math.Exp2(float64(want[0])) || looks.Level > 0.05 {
			t.Errorf("up to %d: level %v", most, looks.Level)
		}
		t.Logf("up to %d blocks: level %.4f", most, looks.Level)
	}
	for _, most := range []int{-1, 5, 201} {
		if _, err := PlanLooks(most); err == nil || !strings.Contains(err.Error(), "give from 6, which a verdict takes, to 200") {
			t.Errorf("up to %d: %v", most, err)
		}
	}
}

// until looks at sides block after block and returns how it was decided, and after
// how many blocks.
func until(looks Looks, a, b []Value, margin float64) (Decision, int) {
	for _, blocks := range looks.At {
		if _, decision := looks.Decide(a[:blocks], b[:blocks], margin); decision != Undecided {
			return decision, blocks
		}
	}
	return Undecided, looks.At[len(looks.At)-1]
}

func TestLooksHoldTheErrorOverAllOfThem(t *testing.T) {
	const trials, most, margin = 1000, 40, 0.05
	looks, err := PlanLooks(most)
	if err != nil {
		t.Fatal(err)
	}
	careless := Looks{looks.At, 0.05}
	cases := map[string]struct {
		factor float64
		wrong  Decision // which must be rare
	}{
		"nothing differs":         {1, Different},
		"by the margin":           {1 + margin, Equal},
		"by more than the margin": {1 + 1.2*margin, Equal},
	}
	for name, c := range cases {
		n, wrong, naive := newNoise(31), 0, 0
		n.walk = 0.05
		for range trials {
			a, b := n.sides(most, c.factor)
			if decision, _ := until(looks, a, b, margin); decision == c.wrong {
				wrong++
			}
			if c.wrong == Different {
				if decision, _ := until(careless, a, b, margin); decision == Different {
					naive++
				}
			}
		}
		t.Logf("%s: wrong in %.1f %%; a difference with 0.05 at each look in %.1f %%", name, 100*float64(wrong)/trials, 100*float64(naive)/trials)
		if wrong > trials*5/100 {
			t.Errorf("%s: wrong in %d of %d", name, wrong, trials)
		}
		if c.wrong == Different && naive < 2*wrong {
			t.Errorf("%s: looking as often without care is wrong in no more than %d of %d, so this proves nothing", name, naive, trials)
		}
	}
}

func TestLooksDecide(t *testing.T) {
	const trials, most, margin = 300, 60, 0.05
	looks, err := PlanLooks(most)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		factor float64
		right  Decision
	}{"nothing differs": {1, Equal}, "a tenth": {1.1, Different}, "a fifth": {1.2, Different}} {
		n, right, blocks := newNoise(32), 0, 0
		n.walk = 0.05
		for range trials {
			a, b := n.sides(most, c.factor)
			decision, after := until(looks, a, b, margin)
			if decision == c.right {
				right++
			}
			blocks += after
		}
		t.Logf("%s: decided rightly in %.1f %%, after %.1f blocks", name, 100*float64(right)/trials, float64(blocks)/trials)
		if right < trials*9/10 {
			t.Errorf("%s: decided rightly in %d of %d", name, right, trials)
		}
	}
	a, b := newNoise(33).sides(9, 2)
	if d, decision := looks.Decide(a, b, margin); decision != Undecided || d.A != 9 {
		t.Errorf("between two looks: %v, %+v", decision, d)
	}
	if _, decision := looks.Decide(unblocked(a), unblocked(b), margin); decision != Undecided {
		t.Errorf("without blocks: %v", decision)
	}
}

// The chance that one of two looks finds a difference where none is, counted over all
// orders of sizes and all signs of seven shifts, of which the last is above zero: the
// other half mirrors these.
func TestSimulatedLooksAreThoseOfAllOrders(t *testing.T) {
	const at, then, level = 6, 7, 0.05
	found, all := 0, 0
	shifts := []float64{1, 2, 3, 4, 5, 6, 7}
	var orders func(fixed int)
	orders = func(fixed int) {
		if fixed == len(shifts) {
			for signs := range 1 << (then - 1) {
				signed := slices.Clone(shifts)
				for i := range signed {
					if signs>>i&1 == 1 {
						signed[i] = -signed[i]
					}
				}
				all++
				if signedRank(signed[:at]) <= level || signedRank(signed) <= level {
					found++
				}
			}
			return
		}
		for i := fixed; i < len(shifts); i++ {
			shifts[fixed], shifts[i] = shifts[i], shifts[fixed]
			orders(fixed + 1)
			shifts[fixed], shifts[i] = shifts[i], shifts[fixed]
		}
	}
	orders(0)
	simulated := 0
	for _, p := range leastPs([]int{at, then}) {
		if p <= level {
			simulated++
		}
	}
	want, got := float64(found)/float64(all), float64(simulated)/paths
	t.Logf("of all orders %.4f, simulated %.4f", want, got)
	if math.Abs(got-want) > 0.005 {
		t.Errorf("%v, want %v", got, want)
	}
}
