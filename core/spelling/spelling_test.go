package spelling

import (
	"strings"
	"testing"
)

func TestTheNearestWord(t *testing.T) {
	known := []string{"etcd", "zookeeper", "raftembed", "memory", "op"}
	for word, want := range map[string]string{
		"ectd": "etcd", "zookeper": "zookeeper", "raft-embed": "raftembed", "memroy": "memory", "ops": "op", "MEMORY": "memory",
		"consul": "", "x": "", "": "", "größe": "", strings.Repeat("a", 1<<16): "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("%.20q: %q, want %q", word, got, want)
		}
	}
	if got := Meant("ectd", known) + Meant("consul", known); got != " (did you mean etcd?)" {
		t.Errorf("%q", got)
	}
}
