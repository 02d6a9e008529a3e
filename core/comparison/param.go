package comparison

import (
	"encoding/json"
	"strings"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/workload"
)

// Param is what a workload says of one of its parameters.
type Param struct {
	Help string `json:"help,omitempty"`
	Unit Unit   `json:"unit,omitempty"`
}

// Unit is what the values of a parameter are counted in.
type Unit string

// The units. Values without one are numbers of things, or words.
const (
	Bytes    Unit = "bytes"
	Duration Unit = "duration" // values are written with their units, such as 300ms
)

// paramsOf reads the parameters of an archived workload. Their units follow
// from its canonical form: durations have a type, and what stands where a size
// of values is given is in bytes.
func paramsOf(w record.Workload) map[string]Param {
	params := map[string]Param{}
	var form struct {
		Params []struct{ Name, Type string } `json:"params"`
		Size   string                        `json:"size"`
		SizeTo string                        `json:"size_to"`
	}
	if json.Unmarshal(w.Definition, &form) == nil {
		for _, p := range form.Params {
			if p.Type == string(workload.ParamDuration) {
				params[p.Name] = Param{Unit: Duration}
			}
		}
		for _, field := range []string{form.Size, form.SizeTo} {
			if name, ok := strings.CutPrefix(field, "$"); ok {
				params[name] = Param{Unit: Bytes}
			}
		}
	}
	definition, err := workload.Parse(w.Name, []byte(w.Source))
	if err != nil {
		return params // the parameters' names have to do
	}
	for _, p := range definition.Params {
		params[p.Name] = Param{Help: p.Help, Unit: params[p.Name].Unit}
	}
	return params
}
