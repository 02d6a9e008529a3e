package experiment

import (
	"time"

	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/record"
)

// Observer is told how an experiment goes, to show it.
type Observer interface {
	ExperimentStarted(experiment int64, runs []Run) // those that are to be executed
	RunStarted(run Run)
	RunEnded(run Run, id int64, state record.State, took time.Duration, failure error)
	Looked(runs []Run) // after a block, of an experiment that runs until it is decided: those that are still to be executed
	RunObserver
}

// RunObserver is told how the run that is under way goes.
type RunObserver interface {
	Doing(what string)
	PhaseStarted(phase load.Phase)
	Progress(phase load.Phase, at time.Duration, ops, failures int64)
}
