package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/machine"
	"github.com/benchctl/benchctl/core/report"
)

// answerWithin is how long an endpoint has to take a connection.
const answerWithin = 2 * time.Second

// checkPlot finds what would keep the chart of a run from being written, before
// hours are spent on it.
func checkPlot(file string) error {
	if file == "" {
		return nil
	}
	if _, plain := plainFile(file); !plain {
		return nil
	}
	probe, err := os.CreateTemp(filepath.Dir(file), ".benchctl-*.tmp")
	if err == nil {
		return errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	if existing, openErr := os.OpenFile(file, os.O_WRONLY, 0); errors.Is(err, fs.ErrPermission) && openErr == nil {
		return existing.Close() // it is written over
	}
	return usagef("--plot %s: %v: name a file in a folder that can be written to", file, unwrapped(err))
}

// checkPlaces finds what a run would stumble over when it begins: an archive that
// takes nothing, a data folder, a store that does not answer.
func (e *execution) checkPlaces(ctx context.Context, runs []experiment.Run) error {
	if err := archive.CheckWritable(ctx, e.archivePath); err != nil {
		return err
	}
	folder := e.plan.DataDir
	if folder == "" {
		folder = os.TempDir()
	}
	if _, err := machine.Read(ctx, folder); err != nil {
		return err
	}
	if e.deploys {
		if _, err := machine.Fsync(folder); err != nil {
			return err
		}
	}
	asked := map[string]bool{}
	for _, run := range runs {
		if key := run.Store + " " + strings.Join(run.Endpoints, " "); len(run.Endpoints) > 0 && !asked[key] {
			asked[key] = true
			if err := e.checkEndpoints(ctx, run.Store, run.Endpoints); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkEndpoints asks each endpoint of a store for a connection. A store may do
// without some of them, and not without all.
func (e *execution) checkEndpoints(ctx context.Context, store string, endpoints []string) error {
	failures := make([]error, len(endpoints))
	done := make(chan int)
	for i, endpoint := range endpoints {
		go func() {
			failures[i] = answers(ctx, endpoint)
			done <- i
		}()
	}
	for range endpoints {
		<-done
	}
	if !slices.Contains(failures, nil) {
		return fmt.Errorf("%s does not answer at %s: %w", store, strings.Join(endpoints, ", "), failures[0])
	}
	for i, err := range failures {
		if err != nil {
			report.Notes(e.console, "!", []string{fmt.Sprintf("%s does not answer at %s: %v", store, endpoints[i], err)})
		}
	}
	return nil
}

// answers returns why an endpoint takes no connection.
func answers(ctx context.Context, endpoint string) error {
	address := endpoint
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		address = u.Host
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil // its driver knows the port
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return connection.Close()
}
