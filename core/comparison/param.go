package comparison

import "github.com/benchctl/benchctl/core/workload"

// Param is what a workload says of one of its parameters.
type Param struct {
	Help string        `json:"help,omitempty"`
	Unit workload.Unit `json:"unit,omitempty"`
}

func paramsOf(d *workload.Definition) map[string]Param {
	params := map[string]Param{}
	for _, p := range d.Params {
		params[p.Name] = Param{Help: p.Help, Unit: p.Unit}
	}
	return params
}
