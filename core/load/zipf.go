package load

import (
	"math"
	"math/rand/v2"
)

// zipf draws ranks from 1 to n, rank k with a probability in proportion to
// k^-s, for any s above 0 and an n that may change from draw to draw. The
// method is rejection-inversion: W. Hörmann and G. Derflinger,
// "Rejection-inversion to generate variates from monotone discrete
// distributions", ACM Transactions on Modeling and Computer Simulation 6
// (1996), 169–184. It inverts the integral of the density x^-s instead of the
// sum of the probabilities, and rejects what lies beyond them.
type zipf struct {
	s       float64
	top     float64 // the integral where rank 1 begins
	accepts float64 // a rank no further than this above its x needs no test
	n       int64
	bottom  float64 // the integral where rank n ends
}

func newZipf(s float64) zipf {
	z := zipf{s: s}
	z.top = z.integral(1.5) - 1
	z.accepts = 2 - z.inverse(z.integral(2.5)-z.density(2))
	return z
}

func (z *zipf) draw(random *rand.Rand, n int64) int64 {
	if n != z.n {
		z.n, z.bottom = n, z.integral(float64(n)+0.5)
	}
	for {
		u := z.bottom + random.Float64()*(z.top-z.bottom)
		x := z.inverse(u)
		k := min(max(math.Floor(x+0.5), 1), float64(n))
		if k-x <= z.accepts || u >= z.integral(k+0.5)-z.density(k) {
			return int64(k)
		}
	}
}

func (z *zipf) density(x float64) float64 { return math.Exp(-z.s * math.Log(x)) }

// integral is that of the density from 1 to x: (x^(1-s) - 1) / (1-s), and
// log x where s is 1. Near there the quotient is computed without cancellation.
func (z *zipf) integral(x float64) float64 {
	l := math.Log(x)
	t := (1 - z.s) * l
	if math.Abs(t) < 1e-8 {
		return l * (1 + t/2)
	}
	return l * math.Expm1(t) / t
}

func (z *zipf) inverse(u float64) float64 {
	t := max((1-z.s)*u, -1) // beyond -1 is only rounding
	if math.Abs(t) < 1e-8 {
		return math.Exp(u * (1 - t/2))
	}
	return math.Exp(u * math.Log1p(t) / t)
}
