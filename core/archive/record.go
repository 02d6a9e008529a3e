package archive

import "github.com/benchctl/benchctl/core/record"

// Names of core/record's types for those who have not changed over to them.
type (
	State        = record.State
	Environment  = record.Environment
	Workload     = record.Workload
	Experiment   = record.Experiment
	Run          = record.Run
	Phase        = record.Phase
	Summary      = record.Summary
	ThreadSecond = record.ThreadSecond
	NodeSecond   = record.NodeSecond
	Event        = record.Event
	Verdict      = record.Verdict
	Result       = record.Result
)

const (
	Running     = record.Running
	Complete    = record.Complete
	Failed      = record.Failed
	Interrupted = record.Interrupted

	Held      = record.Held
	Violated  = record.Violated
	Undecided = record.Undecided
)
