package record

import "time"

// Line is a run as a list shows it.
type Line struct {
	ID              int64
	Experiment      int64
	State           State
	StartedAt       time.Time
	Store           string
	Nodes           int
	Threads         int
	Workload        string
	WorkloadVersion int
	Ops             int64  // that succeeded, of the measured phases
	Errors          int64  // that failed, of the measured phases
	Verified        Result // the worst of the verdicts; empty if nothing was checked
	Warnings        int    // how many

	// What the run was given by name. Runs with the same share it.
	Params, Options, Env, Labels map[string]string
}

// Account is everything that is known of a run but its samples.
type Account struct {
	Run
	ExperimentUID string       `json:"experiment_uid,omitempty"`
	Command       string       `json:"command,omitempty"` // the experiment's
	Environment   *Environment `json:"environment,omitempty"`
	Phases        []Phase      `json:"phases,omitempty"` // that began
	Summaries     []Summary    `json:"summaries"`
	Failures      []Failure    `json:"failures,omitempty"`
	Verdicts      []Verdict    `json:"verdicts,omitempty"`
	Events        []Event      `json:"events,omitempty"`
	Processes     []Process    `json:"processes,omitempty"`
}
