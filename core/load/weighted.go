package load

// lotRange is what lots are drawn below: a float64 tells so many numbers apart
// between 0 and 1.
const lotRange = 1 << 53

// appendThreshold appends where the lots of a share end, given the sum of it
// and those before it.
func appendThreshold(thresholds []uint64, sum float64) []uint64 {
	return append(thresholds, uint64(sum*lotRange))
}

// lot returns which share a random number falls to. The last one also gets
// what rounding has left.
func lot(thresholds []uint64, random uint64) int {
	drawn, last := random>>11, len(thresholds)-1
	for i, threshold := range thresholds[:last] {
		if drawn < threshold {
			return i
		}
	}
	return last
}
