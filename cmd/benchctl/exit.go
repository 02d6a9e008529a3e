package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/workload"
)

// The exit codes, which docs/command.md lists.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitPlugin      = 3
	exitWorkload    = 4
	exitArchive     = 5
	exitThreshold   = 6
	exitInterrupted = 130
)

// usageError is a mistake in the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

func exitCode(ctx context.Context, err error) int {
	var (
		usage       *usageError
		missed      *thresholdMissed
		badWorkload *workload.Error
	)
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil && !errors.Is(err, archive.ErrArchive): // which says that something is lost
		return exitInterrupted
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &missed):
		return exitThreshold
	case errors.As(err, &badWorkload), errors.Is(err, archive.ErrWorkloadChanged):
		return exitWorkload
	case errors.Is(err, client.ErrPlugin):
		return exitPlugin
	case errors.Is(err, archive.ErrArchive), errors.Is(err, comparison.ErrDocument), errors.Is(err, experiment.ErrPlan):
		return exitArchive
	}
	return exitFailed
}
