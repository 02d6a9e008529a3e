package selection

import (
	"slices"
	"strings"
	"testing"
)

func TestNamesAreOrderedAsPeopleOrderThem(t *testing.T) {
	for _, want := range []string{
		"1 2 10 11",
		"s-1 s-2 s-10 s-11",
		"v1.9.0 v1.10.0 v1.10.0-rc1",
		"a a1 a1b a2 b",
		"x01 x1 x2 x010 x10",
		"node9999999999999999998 node9999999999999999999 node10000000000000000000",
		"größe2 größe10",
	} {
		names := strings.Fields(want)
		slices.Reverse(names)
		slices.SortFunc(names, func(a, b string) int { return compare("option.x", a, b) })
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
