package drivertest

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/benchctl/benchctl/core/driver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAWholeDriverPasses(t *testing.T) {
	for _, reads := range []driver.Consistency{driver.Linearizable, driver.Sequential} {
		results := Results(t, wholeDriver(""), driver.Setup{Reads: reads})
		for _, r := range results {
			if r.Verdict != Passed || r.Proven+r.Detail == "" {
				t.Errorf("%s: %+v", reads, r)
			}
		}
		if len(results) != len(cases) {
			t.Errorf("%d of %d cases", len(results), len(cases))
		}
	}
}

func TestABrokenDriverFailsInTheCaseThatSaysSo(t *testing.T) {
	var group sync.WaitGroup
	for broken, want := range map[fault]string{
		"creates what is present":                "create",
		"classes an error wrongly":               "create",
		"sets what is absent":                    "set",
		"deletes what is absent":                 "delete",
		"deletes neighbours":                     "delete",
		"returns nothing for what is absent":     "get",
		"keeps the caller's slice":               "values",
		"lists without order":                    "list",
		"lists neighbours":                       "list",
		"sets without comparing":                 "compare-and-set",
		"leaves ephemeral keys behind":           "ephemeral-vanishes",
		"takes ephemeral keys of others away":    "ephemeral-vanishes",
		"numbers by session":                     "sequence",
		"gives a number twice":                   "sequence-concurrent",
		"drops an event of a watch":              "watch-burst",
		"swaps events of a watch":                "watch-burst",
		"never closes the channel of a watch":    "watch-ends",
		"serves stale reads":                     "consistency",
		"does not survive a cancelled operation": "cancellation",
		"fails when a session is closed twice":   "close-twice",
		"fails when its store is closed twice":   "close-twice",
		"declares no durability":                 "guarantees",
		"does not say what it is":                "guarantees",
		"loses an acknowledged create":           "counting",
	} {
		group.Go(func() { // they wait more than they work
			var failed []string
			for _, r := range Violations(Results(t, wholeDriver(broken), driver.Setup{})) {
				t.Logf("%s: %s: %s", broken, r.Case, r.Detail)
				if r.Detail == "" || strings.Contains(r.Detail, "did not end within") {
					t.Errorf("%s: %s: %+v", broken, r.Case, r)
				}
				failed = append(failed, r.Case)
			}
			if !slices.Contains(failed, want) {
				t.Errorf("%s: failed: %v; want %s among them", broken, failed, want)
			}
		})
	}
	group.Wait()
}
