package conformance_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/benchctl/benchctl/core/conformance"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAWholeDriverPasses(t *testing.T) {
	t.Parallel()
	for _, reads := range []driver.Consistency{driver.Linearizable, driver.Sequential} {
		results := drivertest.Results(t, wholeDriver(""), driver.Setup{Reads: reads})
		for _, r := range results {
			if r.Verdict != conformance.Passed || r.Proven+r.Detail == "" {
				t.Errorf("%s: %+v", reads, r)
			}
		}
		if len(results) != len(conformance.Cases()) {
			t.Errorf("%d of %d cases", len(results), len(conformance.Cases()))
		}
	}
}

func TestABrokenDriverFailsInTheCaseThatSaysSo(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for broken, want := range map[fault]string{
		"creates what is present":                      "create",
		"classes an error wrongly":                     "create",
		"sets what is absent":                          "set",
		"deletes what is absent":                       "delete",
		"deletes neighbours":                           "delete",
		"returns nothing for what is absent":           "get",
		"keeps the caller's slice":                     "values",
		"lists without order":                          "list",
		"lists neighbours":                             "list",
		"sets without comparing":                       "compare-and-set",
		"sets what is there of a transaction":          "transaction",
		"shows half of a transaction":                  "transaction-readers",
		"mixes transactions":                           "transaction-contended",
		"leaves ephemeral keys behind":                 "ephemeral-vanishes",
		"makes an ephemeral key last when it is set":   "ephemeral-vanishes",
		"takes ephemeral keys of others away":          "ephemeral-vanishes",
		"leaves numbered ephemeral keys behind":        "ephemeral-sequence",
		"gives an ephemeral number twice":              "ephemeral-sequence-shared",
		"tells the store that a session is abandoned":  "abandon",
		"gives signs of life for an abandoned session": "abandon",
		"takes others down with an abandoned session":  "abandon",
		"closes an abandoned session in order":         "abandon",
		"numbers by session":                           "sequence",
		"gives a number twice":                         "sequence-concurrent",
		"gives the value before a change":              "watch-values",
		"gives no value of a change":                   "watch-values",
		"drops an event of a watch":                    "watch-burst",
		"swaps events of a watch":                      "watch-burst",
		"never closes the channel of a watch":          "watch-ends",
		"waits for what is so already":                 "await",
		"does not wait":                                "await",
		"wakes one of many":                            "await-many",
		"looks for a key now and then":                 "await-recreated",
		"waits on when it is cancelled":                "await-cancelled",
		"does not survive a cancelled wait":            "await-cancelled",
		"calls a cancelled wait unavailable":           "await-cancelled",
		"gives up a wait":                              "await-long",
		"serves stale reads":                           "consistency",
		"does not survive a cancelled operation":       "cancellation",
		"fails when a session is closed twice":         "close-twice",
		"fails when its store is closed twice":         "close-twice",
		"declares no durability":                       "guarantees",
		"does not say what it is":                      "guarantees",
		"loses an acknowledged create":                 "counting",
	} {
		group.Go(func() { // they wait more than they work
			var failed []string
			for _, r := range conformance.Violations(drivertest.Results(t, wholeDriver(broken), driver.Setup{})) {
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
