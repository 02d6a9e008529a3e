package workload

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
)

func (p *reading) definition(node ast.Node) {
	top := p.Fields(node, "a definition", "name", "version", "summary", "source", "description", "seed", "params", "keys", "values", "phases", "answers")
	for _, name := range []string{"name", "version", "summary", "source", "keys", "values", "phases"} {
		if _, ok := top[name]; !ok {
			p.Fail(p.At(node), "the definition lacks %s", name)
		}
	}
	p.Name = p.name(top["name"])
	p.Version = int(p.Whole(top["version"], 1, 1_000_000))
	if p.Summary = p.TextOf(top["summary"]); p.Summary == "" || strings.Contains(p.Summary, "\n") {
		p.Fail(p.At(top["summary"].Value), "summary should be one line")
	}
	p.Source = p.TextOf(top["source"])
	if e, ok := top["description"]; ok {
		p.Description = p.TextOf(e)
	}
	p.Seed = 1
	if e, ok := top["seed"]; ok {
		p.Seed = p.Whole(e, 0, 1<<63)
	}
	if e, ok := top["params"]; ok {
		p.params(e)
	}
	p.readKeys(top["keys"])
	p.readValues(top["values"])
	p.readPhases(top["phases"])
	if e, ok := top["answers"]; ok {
		p.readAnswers(e)
	}
	for i, param := range p.Params {
		unit, used := p.units[param.Name]
		if !used {
			p.Fail(top["params"].At, "parameter %s is not used: write $%s where its value belongs, or take it away", param.Name, param.Name)
		}
		p.Params[i].Unit = unit
	}
}

func (p *reading) params(params yamlfile.Entry) {
	for _, e := range p.Entries(params.Value, "params") {
		if !namePattern.MatchString(e.Name) {
			p.Fail(e.At, "parameter %q should be lower-case letters, digits and hyphens, a letter first", e.Name)
		}
		fields := p.Fields(e.Value, "parameter "+e.Name, "default", "help")
		for _, name := range []string{"default", "help"} {
			if _, ok := fields[name]; !ok {
				p.Fail(e.At, "parameter %s lacks %s", e.Name, name)
			}
		}
		f := p.scalar(fields["default"])
		t := typeOf(f.text)
		canonical, err := t.canonical(f.text)
		if err != nil {
			p.Fail(f.place, "parameter %s: %v", e.Name, err)
		}
		p.Params = append(p.Params, Param{Name: e.Name, Type: t, Default: canonical, Help: p.TextOf(fields["help"])})
	}
}
