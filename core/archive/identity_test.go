package archive

import (
	"slices"
	"testing"

	"github.com/benchctl/benchctl/core/record"
)

func TestRunsAreFoundByTheirIdentity(t *testing.T) {
	a := open(t)
	var uids []string
	for range 3 {
		w, err := begin(t.Context(), a, 1, testPhases)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Finish(t.Context(), record.Failed, "stopped"); err != nil {
			t.Fatal(err)
		}
		run, err := a.Run(t.Context(), w.ID())
		if err != nil {
			t.Fatal(err)
		}
		uids = append(uids, run.UID)
	}
	ids, missing, err := a.Identified(t.Context(), []string{uids[2], "none", uids[0], uids[2]})
	if err != nil || !slices.Equal(ids, []int64{1, 3}) || !slices.Equal(missing, []string{"none"}) {
		t.Errorf("%v, missing %v, %v", ids, missing, err)
	}
	compared, err := a.Compared(t.Context(), 2)
	if err != nil || len(compared) != 1 || compared[0].UID != uids[1] {
		t.Errorf("compared runs have no identity: %v, %v", compared, err)
	}
}
