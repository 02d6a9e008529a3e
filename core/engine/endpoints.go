package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// answerWithin is how long an endpoint has to answer that is asked by itself.
const answerWithin = 5 * time.Second

// askEach opens the store at each endpoint of servers that are not ours, by
// itself: a driver that reaches some of them is content, and those that do not
// serve would still be counted as nodes.
func (e *engine) askEach(ctx context.Context) {
	endpoints := e.Setup.Endpoints
	if !e.Setup.External || len(endpoints) < 2 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	answers := make([]error, len(endpoints))
	var asked sync.WaitGroup
	for i, endpoint := range endpoints {
		asked.Go(func() {
			alone := e.Setup
			alone.Endpoints = []string{endpoint}
			store, err := e.Driver.Open(ctx, alone)
			if answers[i] = err; err == nil {
				_ = store.Close() // nothing was done with it
			}
		})
	}
	asked.Wait()
	var silent []string
	for i, err := range answers {
		if err != nil {
			silent = append(silent, fmt.Sprintf("%s (%s)", endpoints[i], strings.Join(strings.Fields(err.Error()), " ")))
		}
	}
	if len(silent) > 0 {
		e.doubts = append(e.doubts, fmt.Sprintf("%d of %d endpoints did not serve when the load began, so the load went to the others: %s",
			len(silent), len(endpoints), strings.Join(silent, ", ")))
	}
}
