package experiment

import (
	_ "embed"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/internal/yamlfile"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/workload"
)

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// What the mappings of a file can have.
var (
	experimentFields = []string{"name", "summary", "seed", "repeat", "until_decided", "labels", "timeout", "verify",
		"threads", "stores", "setups", "workloads", "exclude"}
	setupFields    = []string{"name", "nodes", "reads", "options", "env", "endpoints"}
	workloadFields = []string{"workload", "params"}
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema of experiment files, for editors.
func Schema() []byte { return schema }

// IsFile reports whether a file is an experiment's and not a workload's: it has
// the field workloads.
func IsFile(source []byte) bool {
	found := false
	f := &yamlfile.File{}
	_ = f.Read(source, func(root ast.Node) { // whoever reads the file next finds what is wrong with it
		for _, e := range f.Entries(root, "the file") {
			found = found || e.Name == "workloads"
		}
	})
	return found
}

// ParseFile reads an experiment file. path is its name in errors, every one of
// which is a *workload.Error. find returns the definition that is meant by a
// workload's name or file.
func ParseFile(path string, source []byte, find func(ref string) (*workload.Definition, error)) (Spec, error) {
	p := &reading{
		File: &yamlfile.File{Path: path, Holds: "an experiment", Begins: "name: and workloads:"},
		Spec: Defaults(),
		find: find,
	}
	err := p.Read(source, p.experiment)
	return p.Spec, err
}

// reading is an experiment on its way from its syntax tree.
type reading struct {
	*yamlfile.File
	Spec
	find func(ref string) (*workload.Definition, error)
}

func (p *reading) experiment(root ast.Node) {
	top := p.Fields(root, "an experiment", experimentFields...)
	for _, name := range []string{"name", "stores", "workloads"} {
		if _, ok := top[name]; !ok {
			p.Fail(p.At(root), "the experiment lacks %s", name)
		}
	}
	if p.Name = p.TextOf(top["name"]); !namePattern.MatchString(p.Name) {
		p.Fail(p.At(top["name"].Value), "name: %q should be lower-case letters, digits and hyphens, a letter first", p.Name)
	}
	if e, ok := top["summary"]; ok {
		if p.Summary = p.TextOf(e); p.Summary == "" || strings.Contains(p.Summary, "\n") {
			p.Fail(p.At(e.Value), "summary should be one line")
		}
	}
	p.Stores = list(p, top["stores"], p.store)
	if e, ok := top["threads"]; ok {
		p.Threads = list(p, e, p.number)
	}
	if e, ok := top["until_decided"]; ok {
		margin, err := ParseMargin(p.TextOf(e))
		if err != nil {
			p.Fail(p.At(e.Value), "until_decided: %v", err)
		}
		p.DecideWithin(margin)
	}
	if e, ok := top["repeat"]; ok {
		p.Repeat = p.number(e)
	}
	if e, ok := top["timeout"]; ok {
		p.Timeout = p.duration(e)
	}
	if e, ok := top["verify"]; ok {
		if p.Verify = load.Verify(p.TextOf(e)); !slices.Contains(load.Verifications, p.Verify) {
			p.Fail(p.At(e.Value), "verify: %q is none of %s", p.Verify, verifications())
		}
	}
	if e, ok := top["labels"]; ok {
		p.labels(e)
	}
	if e, ok := top["setups"]; ok {
		p.setups(e)
	}
	p.workloads(top["workloads"])
	p.Seed = p.Workloads[0].Definition.Seed
	if e, ok := top["seed"]; ok {
		p.Seed = p.Whole(e, 0, 1<<63)
	}
	if err := p.check(); err != nil {
		p.Fail(p.At(root), "%v", err)
	}
	if e, ok := top["exclude"]; ok {
		p.exclusions(e)
	}
}

// list reads a list of values, or the one value that stands in its place.
func list[T comparable](p *reading, e yamlfile.Entry, read func(yamlfile.Entry) T) []T {
	items := []yamlfile.Entry{e}
	if _, several := e.Value.(ast.ArrayNode); several {
		items = p.Items(e)
	}
	if len(items) == 0 {
		p.Fail(p.At(e.Value), "%s is an empty list: name at least one, or leave it out", e.Name)
	}
	var values []T
	for _, item := range items {
		value := read(item)
		if slices.Contains(values, value) {
			p.Fail(item.At, "%s has %v twice", e.Name, value)
		}
		values = append(values, value)
	}
	return values
}

func (p *reading) store(e yamlfile.Entry) string {
	name := p.TextOf(e)
	if !namePattern.MatchString(name) {
		p.Fail(p.At(e.Value), "%s: %q is no name of a store, such as etcd", e.Name, name)
	}
	return name
}

func (p *reading) number(e yamlfile.Entry) int { return int(p.Whole(e, 1, 1_000_000)) }

func (p *reading) duration(e yamlfile.Entry) time.Duration {
	text, at := p.Scalar(e)
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		p.Fail(at, "%s: %q is no duration such as 500ms, 10s or 2m", e.Name, text)
	case d <= 0:
		p.Fail(at, "%s: %v should be above 0", e.Name, d)
	}
	return d
}

func (p *reading) value(e yamlfile.Entry) string {
	text, _ := p.Scalar(e)
	return text
}

func (p *reading) labels(labels yamlfile.Entry) {
	for _, e := range p.Entries(labels.Value, "labels") {
		p.Labels[e.Name] = p.value(e)
	}
}

func (p *reading) setups(setups yamlfile.Entry) {
	p.Setups = nil
	for _, item := range p.Items(setups) {
		setup := p.setup(item.Value)
		if setup.Name != "" && slices.ContainsFunc(p.Setups, func(other Setup) bool { return other.Name == setup.Name }) {
			p.Fail(item.At, "two setups are called %s: give each a name of its own", setup.Name)
		}
		p.Setups = append(p.Setups, setup)
	}
	if len(p.Setups) == 0 {
		p.Fail(p.At(setups.Value), "setups is an empty list: name at least one, or leave it out")
	}
}

func (p *reading) setup(node ast.Node) Setup {
	setup := Defaults().Setups[0]
	fields := p.Fields(node, "a setup", setupFields...)
	if e, ok := fields["name"]; ok {
		if setup.Name = p.TextOf(e); !namePattern.MatchString(setup.Name) {
			p.Fail(p.At(e.Value), "name: %q should be lower-case letters, digits and hyphens, a letter first", setup.Name)
		}
	}
	if e, ok := fields["reads"]; ok {
		setup.Reads = list(p, e, p.consistency)
	}
	if e, ok := fields["options"]; ok {
		setup.Options = p.options(e)
	}
	if e, ok := fields["env"]; ok {
		setup.Env = map[string]string{}
		for _, variable := range p.Entries(e.Value, "env") {
			setup.Env[variable.Name] = p.value(variable)
			if err := CheckEnv(variable.Name, setup.Env[variable.Name]); err != nil {
				p.Fail(variable.At, "%v", err)
			}
		}
	}
	nodes, given := fields["nodes"]
	if given {
		setup.Nodes = list(p, nodes, p.number)
	}
	if e, ok := fields["endpoints"]; ok {
		setup.Endpoints = map[string][]string{}
		for _, store := range p.Entries(e.Value, "endpoints") {
			p.ofExperiment(store.At, store.Name)
			urls := list(p, store, p.value)
			setup.Endpoints[store.Name] = urls
			if !given {
				setup.Nodes, given = []int{len(urls)}, true
			}
			if len(setup.Nodes) != 1 || setup.Nodes[0] != len(urls) {
				p.Fail(store.At, "the endpoints of %s are %s, so the setup's nodes can only be %d", store.Name, count(len(urls), "node"), len(urls))
			}
		}
	}
	return setup
}

func (p *reading) consistency(e yamlfile.Entry) driver.Consistency {
	c := driver.Consistency(p.value(e))
	if c != driver.Linearizable && c != driver.Sequential {
		p.Fail(p.At(e.Value), "%s: %q is neither linearizable nor sequential", e.Name, c)
	}
	return c
}

func (p *reading) options(options yamlfile.Entry) map[string]map[string]string {
	byStore := map[string]map[string]string{}
	for _, e := range p.Entries(options.Value, "options") {
		store, option, dotted := strings.Cut(e.Name, ".")
		if !dotted || store == "" || option == "" {
			p.Fail(e.At, "option %q should be written store.key: value", e.Name)
		}
		p.ofExperiment(e.At, store)
		if byStore[store] == nil {
			byStore[store] = map[string]string{}
		}
		byStore[store][option] = p.value(e)
	}
	return byStore
}

func (p *reading) ofExperiment(at yamlfile.Place, store string) {
	if !slices.Contains(p.Stores, store) {
		p.Fail(at, "store %s is not in this experiment, which has %s", store, strings.Join(p.Stores, ", "))
	}
}

func (p *reading) workloads(workloads yamlfile.Entry) {
	for _, item := range p.Items(workloads) {
		w := p.workload(item)
		for _, other := range p.Workloads {
			if other.Definition.Ref() == w.Definition.Ref() && other.Definition.SHA256() != w.Definition.SHA256() {
				p.Fail(item.At, "there are two different workloads %s: raise the version of one of them", w.Definition.Ref())
			}
		}
		p.Workloads = append(p.Workloads, w)
	}
	if len(p.Workloads) == 0 {
		p.Fail(p.At(workloads.Value), "workloads is an empty list: name at least one, such as read-write")
	}
}

func (p *reading) workload(item yamlfile.Entry) Workload {
	if _, parameters := item.Value.(ast.MapNode); !parameters {
		return Workload{Definition: p.definition(item)}
	}
	fields := p.Fields(item.Value, "a workload", workloadFields...)
	ref, ok := fields["workload"]
	if !ok {
		p.Fail(item.At, "the workload lacks its name: write workload: read-write, or that of a file")
	}
	w := Workload{Definition: p.definition(ref), Params: map[string][]string{}}
	if params, ok := fields["params"]; ok {
		for _, e := range p.Entries(params.Value, "params") {
			w.Params[e.Name] = list(p, e, func(value yamlfile.Entry) string {
				return p.param(w.Definition, e, value)
			})
		}
	}
	if n := w.choices(); n > maxRuns {
		p.Fail(fields["params"].At, "params has %.0f combinations, more than an experiment may have runs (%d)", n, maxRuns)
	}
	if _, err := w.bind(); err != nil {
		p.Fail(fields["params"].At, "%s", message(err))
	}
	return w
}

func (p *reading) definition(e yamlfile.Entry) *workload.Definition {
	ref := p.TextOf(e)
	definition, err := p.find(ref)
	var mistake *workload.Error
	switch {
	case errors.As(err, &mistake):
		panic(mistake) // its place is in the workload's own file
	case err != nil:
		p.Fail(p.At(e.Value), "%v", err)
	}
	return definition
}

// param reads one value of a parameter, in its one spelling.
func (p *reading) param(definition *workload.Definition, param, value yamlfile.Entry) string {
	text, at := p.Scalar(value)
	if !slices.ContainsFunc(definition.Params, func(other workload.Param) bool { return other.Name == param.Name }) {
		at = param.At
	}
	canonical, err := definition.ParamValue(param.Name, text)
	if err != nil {
		p.Fail(at, "%s", message(err))
	}
	return canonical
}

// message is what is wrong, without a place in another file.
func message(err error) string {
	var mistake *workload.Error
	if errors.As(err, &mistake) {
		return mistake.Msg
	}
	return err.Error()
}

// exclusions reads the selections of runs to leave out. One that selects none
// is a mistake, for it shows that something else was meant.
func (p *reading) exclusions(exclude yamlfile.Entry) {
	combinations, err := p.combinations()
	if err != nil {
		p.Fail(exclude.At, "%s", message(err))
	}
	items := []yamlfile.Entry{exclude}
	if _, several := exclude.Value.(ast.ArrayNode); several {
		items = p.Items(exclude)
	}
	left := combinations
	for _, item := range items {
		expression := p.excluded(item)
		excludes := func(run Run) bool { return selects(expression, run.planned(p.Labels)) }
		if !slices.ContainsFunc(combinations, excludes) {
			p.Fail(item.At, "%q excludes nothing: no run of this experiment is selected by it", expression)
		}
		left = slices.DeleteFunc(slices.Clone(left), excludes)
		p.Exclude = append(p.Exclude, expression)
	}
	if len(left) == 0 {
		p.Fail(exclude.At, "every run is excluded: nothing is left to run")
	}
}

func (p *reading) excluded(e yamlfile.Entry) *selection.Expression {
	text := p.TextOf(e)
	if text == "" {
		p.Fail(p.At(e.Value), "an empty selection would exclude every run")
	}
	expression, err := selection.Parse(text)
	if err != nil {
		p.Fail(p.At(e.Value), "%v", err)
	}
	if expression.Last() > 0 {
		p.Fail(p.At(e.Value), "selection %q: last:N is of runs that were executed", text)
	}
	for _, key := range expression.Keys() {
		if known, _ := selection.Lookup(key); !known.Planned {
			p.Fail(p.At(e.Value), "selection %q: %s is not known before a run is executed; what is known are %s",
				text, key, selection.Names(func(k selection.Key) bool { return k.Planned }))
		}
	}
	return expression
}

func verifications() string {
	var names []string
	for _, v := range load.Verifications {
		names = append(names, string(v))
	}
	return strings.Join(names, ", ")
}
