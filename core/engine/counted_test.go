package engine

import "testing"

func TestOneIsSaidAsOne(t *testing.T) {
	for n, want := range map[int]string{0: "0 counts of keys are", 1: "1 count of keys is", 2: "2 counts of keys are"} {
		if got := counted(n, "count of keys is", "counts of keys are"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
