package comparison

import (
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/workload"
)

// Param is what a workload says of one of its parameters.
type Param struct {
	Help string        `json:"help,omitempty"`
	Unit workload.Unit `json:"unit,omitempty"`
}

// paramsOf reads the parameters of an archived workload. Of one whose source
// cannot be read, the parameters' names have to do.
func paramsOf(w record.Workload) map[string]Param {
	params := map[string]Param{}
	definition, err := workload.Parse(w.Name, []byte(w.Source))
	if err != nil {
		return params
	}
	for _, p := range definition.Params {
		params[p.Name] = Param{Help: p.Help, Unit: p.Unit}
	}
	return params
}
