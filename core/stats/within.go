package stats

import (
	"math"

	moremath "github.com/aclements/go-moremath/stats"
)

// fewestBatches is how many an interval within a run takes, of as many values each.
const fewestBatches = 4

// BatchMeans returns the mean of the seconds of one run, or of other equal times,
// with its interval by batch means: neighbours are alike, so seconds do not count
// as independent, but the means of stretches of them nearly do. There are as many
// batches as each has values, the root of their number (Flegal and Jones 2010), and
// the interval is Student's of the batches' means, which N counts. It is not known
// of fewer than 16 values.
//
// It says how well one run is known by itself, not what the next will show: that
// takes repeats.
func BatchMeans(series []float64) Estimate {
	batches := int(math.Sqrt(float64(len(series))))
	if batches == 0 {
		return Estimate{}
	}
	means := make([]float64, batches)
	for i := range means {
		means[i] = moremath.Mean(series[i*len(series)/batches : (i+1)*len(series)/batches])
	}
	e := Estimate{Value: moremath.Mean(series), Low: math.Inf(-1), High: math.Inf(1), N: batches}
	if batches >= fewestBatches {
		half := student(float64(batches-1), (1+Confidence)/2) * moremath.StdDev(means) / math.Sqrt(float64(batches))
		e.Low, e.High = e.Value-half, e.Value+half
	}
	return e
}

// student returns what Student's t of so many degrees of freedom is below with a
// given chance.
func student(freedom, chance float64) float64 {
	return moremath.InvCDF(moremath.TDist{V: freedom})(chance)
}
