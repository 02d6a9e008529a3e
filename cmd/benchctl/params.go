package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/workload"
)

// param is a parameter as it was given at the command line.
type param struct {
	flag   string // up to its value, such as "--param size"
	values []string
}

// applyParams sets the values of parameters in all workloads.
func (f *runFlags) applyParams(all []experiment.Workload, given func(flag string) bool) error {
	f.given = map[string]param{}
	for name, d := range map[string]time.Duration{"duration": f.duration, "warmup": f.warmup} {
		if given(name) {
			f.given[name] = param{"--" + name, []string{d.String()}}
		}
	}
	for _, p := range f.params {
		name, values, ok := strings.Cut(p, "=")
		if !ok || name == "" || values == "" {
			return usagef("--param %q should be name=value or name=value,value,…", p)
		}
		if _, twice := f.given[name]; twice {
			return usagef("parameter %s is given twice: list its values with commas", name)
		}
		f.given[name] = param{"--param " + name, strings.Split(values, ",")}
	}
	for i := range all {
		if err := f.checkParams(all[i].Definition); err != nil {
			return err
		}
		if all[i].Params == nil {
			all[i].Params = map[string][]string{}
		}
		for name, p := range f.given {
			all[i].Params[name] = p.values
		}
	}
	return nil
}

// checkParams refuses parameters that a workload does not have, and values of
// another type.
func (f *runFlags) checkParams(d *workload.Definition) error {
	for _, name := range slices.Sorted(maps.Keys(f.given)) {
		p := f.given[name]
		for _, value := range p.values {
			_, err := d.ParamValue(name, value)
			var mistake *workload.Error
			switch {
			case err == nil:
			case !errors.As(err, &mistake):
				return &usageError{err}
			case !slices.ContainsFunc(d.Params, func(has workload.Param) bool { return has.Name == name }):
				return usagef("%s: %s", p.flag, mistake.Msg)
			default:
				return usagef("%s=%s: %s", p.flag, value, strings.TrimPrefix(mistake.Msg, fmt.Sprintf("parameter %s=%s: ", name, value)))
			}
		}
	}
	return nil
}

// blamed says of what is wrong with a workload which value at the command line
// makes it so, if one does on its own: the place in the definition is right.
func (f *runFlags) blamed(spec experiment.Spec, err error) error {
	var mistake, same *workload.Error
	if !errors.As(err, &mistake) {
		return err
	}
	for _, w := range spec.Workloads {
		for _, name := range slices.Sorted(maps.Keys(f.given)) {
			for _, value := range f.given[name].values {
				_, _, alone := w.Definition.Bind(map[string]string{name: value})
				if errors.As(alone, &same) && *same == *mistake {
					return fmt.Errorf("%s=%s: %s", f.given[name].flag, value, mistake.Msg)
				}
			}
		}
	}
	return err
}
