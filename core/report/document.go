package report

import (
	"encoding/json"
	"io"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/record"
)

// DocumentVersion is the version of the JSON documents, which
// docs/format/json.md describes.
const DocumentVersion = 1

// Document is the JSON document of runs.
type Document struct {
	Version    int              `json:"version"`
	Experiment int64            `json:"experiment,omitempty"`
	Archive    string           `json:"archive"`
	Decisions  *Decisions       `json:"until_decided,omitempty"` // nil unless the experiment runs until it is decided
	Runs       []record.Account `json:"runs"`
}

// WriteJSON prints a document.
func WriteJSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}

// Differences is the JSON document of a comparison of sides.
type Differences struct {
	Version     int                       `json:"version"`
	Selection   string                    `json:"selection,omitempty"`
	Differences []*comparison.Differences `json:"differences"`
	Compared    *comparison.Comparison    `json:"compared"` // all runs of all sides
}

// NewDifferences makes the document.
func NewDifferences(all []*comparison.Differences, c *comparison.Comparison) Differences {
	return Differences{DocumentVersion, c.Selection, all, c}
}

// Self is the JSON document of runs that are compared with themselves.
type Self struct {
	Version   int                 `json:"version"`
	Selection string              `json:"selection,omitempty"`
	Alarms    []comparison.Alarms `json:"false_alarms"`
}

// Plan is the JSON document of an experiment that is not executed.
type Plan struct {
	Version         int     `json:"version"`
	Name            string  `json:"name,omitempty"`       // of the experiment file
	Experiment      int64   `json:"experiment,omitempty"` // that is resumed
	Workload        string  `json:"workload"`             // or several, with ", " between them
	Seed            uint64  `json:"seed"`
	ExpectedSeconds float64 `json:"expected_seconds"` // of phases that time ends, and a second a run for the rest
	Runs            any     `json:"runs"`             // in their order

	Decisions *Decisions            `json:"until_decided,omitempty"` // nil unless the experiment runs until it is decided
	Foresight *comparison.Foresight `json:"foresight,omitempty"`     // nil where the archive has no like runs, or the repeats are too few
}
