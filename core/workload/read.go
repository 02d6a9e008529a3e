package workload

import (
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

func (p *reading) definition(node ast.Node) {
	top := p.fields(node, "a definition", "name", "version", "summary", "source", "description", "seed", "params", "keys", "values", "phases")
	for _, name := range []string{"name", "version", "summary", "source", "keys", "values", "phases"} {
		if _, ok := top[name]; !ok {
			p.fail(p.at(node), "the definition lacks %s", name)
		}
	}
	p.Name = p.name(top["name"])
	p.Version = int(p.whole(top["version"], 1, 1_000_000))
	if p.Summary = p.text(top["summary"]); p.Summary == "" || strings.Contains(p.Summary, "\n") {
		p.fail(p.at(top["summary"].value), "summary should be one line")
	}
	p.Source = p.text(top["source"])
	if e, ok := top["description"]; ok {
		p.Description = p.text(e)
	}
	p.Seed = 1
	if e, ok := top["seed"]; ok {
		p.Seed = p.whole(e, 0, 1<<63)
	}
	if e, ok := top["params"]; ok {
		p.params(e)
	}
	p.readKeys(top["keys"])
	p.readValues(top["values"])
	p.readPhases(top["phases"])
	for _, param := range p.Params {
		if !slices.Contains(p.used, param.Name) {
			p.fail(top["params"].at, "parameter %s is not used: write $%s where its value belongs, or take it away", param.Name, param.Name)
		}
	}
}

func (p *reading) whole(e entry, least, most uint64) uint64 {
	f := p.scalar(e)
	n, err := strconv.ParseUint(f.text, 10, 64)
	if err != nil {
		p.fail(f.place, "%s: %q is no whole number", e.name, f.text)
	}
	if n < least || n > most {
		p.fail(f.place, "%s: %d is not within %d to %d", e.name, n, least, most)
	}
	return n
}

func (p *reading) params(params entry) {
	for _, e := range p.entries(params.value, "params") {
		if !namePattern.MatchString(e.name) {
			p.fail(e.at, "parameter %q should be lower-case letters, digits and hyphens, a letter first", e.name)
		}
		fields := p.fields(e.value, "parameter "+e.name, "default", "help")
		for _, name := range []string{"default", "help"} {
			if _, ok := fields[name]; !ok {
				p.fail(e.at, "parameter %s lacks %s", e.name, name)
			}
		}
		f := p.scalar(fields["default"])
		t := typeOf(f.text)
		canonical, err := t.canonical(f.text)
		if err != nil {
			p.fail(f.place, "parameter %s: %v", e.name, err)
		}
		p.Params = append(p.Params, Param{Name: e.name, Type: t, Default: canonical, Help: p.text(fields["help"])})
	}
}
