package comparison_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/driver"
)

// promising is a record of a setup that promises what is said.
func promising(store string, nodes int, durability driver.Durability, reads driver.Consistency, options map[string]string, notes ...string) made {
	r := of(store, nodes, 1, "set", 1)
	r.Durability, r.Promised, r.Options, r.Notes = durability, reads, options, notes
	return r
}

func TestGuaranteesAreToldApartByWhatDecidesThem(t *testing.T) {
	synced, loose := map[string]string{"sync": "true", "heap": "1g"}, map[string]string{"sync": "false", "heap": "2g"}
	records := []made{
		promising("etcd", 1, "fsync", "linearizable", nil, "a note"),
		promising("etcd", 3, "fsync", "linearizable", nil, "a note", "more than one node"),
		promising("etcd", 5, "fsync", "linearizable", nil, "a note", "more than one node"),
		promising("raftembed", 1, "fsync", "linearizable", synced),
		promising("raftembed", 3, "fsync", "linearizable", synced),
		promising("raftembed", 1, "memory", "linearizable", loose),
		promising("raftembed", 3, "memory", "linearizable", map[string]string{"sync": "false", "heap": "1g"}),
		promising("zookeeper", 1, "fsync", "linearizable", nil),
		promising("zookeeper", 3, "fsync", "sequential", nil),
		promising("zookeeper", 5, "fsync", "sequential", nil),
	}
	want := []string{
		"etcd, 1 node: writes acknowledged after fsync on a majority, linearizable reads, 1 connection a thread; a note",
		"etcd, 3 or 5 nodes: writes acknowledged after fsync on a majority, linearizable reads, 1 connection a thread; a note; more than one node",
		"raftembed, sync true: writes acknowledged after fsync on a majority, linearizable reads, 1 connection a thread",
		"raftembed, sync false: writes acknowledged from memory, linearizable reads, 1 connection a thread",
		"zookeeper, 1 node: writes acknowledged after fsync on a majority, linearizable reads, 1 connection a thread",
		"zookeeper, 3 or 5 nodes: writes acknowledged after fsync on a majority, sequential reads, 1 connection a thread",
	}
	if diff := cmp.Diff(want, comparisontest.Compare(t, records).Guarantees); diff != "" {
		t.Error(diff)
	}
	want = []string{"unequal guarantees: " +
		"etcd, raftembed with sync true, zookeeper with 1 node: writes acknowledged after fsync on a majority, linearizable reads; " +
		"zookeeper with 3 or 5 nodes: writes acknowledged after fsync on a majority, sequential reads; " +
		"raftembed with sync false: writes acknowledged from memory, linearizable reads"}
	if diff := cmp.Diff(want, unequal(t, records)); diff != "" {
		t.Error(diff)
	}
	if got := unequal(t, records[:5]); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// unequal returns the warning of guarantees that are not equal.
func unequal(t *testing.T, records []made) []string {
	t.Helper()
	return slices.DeleteFunc(warnings(t, records), func(w string) bool { return !strings.HasPrefix(w, "unequal") })
}
