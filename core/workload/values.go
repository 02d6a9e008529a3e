package workload

import (
	"math"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
	"github.com/benchctl/benchctl/core/load"
)

type sizeDefinition struct {
	size   int
	weight field
}

var valueFields = []fieldType{
	{"size", ParamInt, UnitBytes}, {"size-to", ParamInt, UnitBytes}, {"compressible", ParamFloat, UnitPercent},
}

func (p *reading) readValues(e yamlfile.Entry) {
	entries := p.Fields(e.Value, "values", append(names(valueFields), "sizes")...)
	p.values = p.typedFields(entries, valueFields)
	weighed, histogram := entries["sizes"]
	if histogram {
		p.sizesPlace = weighed.At
		p.sizes = p.readSizes(weighed)
	}
	switch size, to := p.values["size"], p.values["size-to"]; {
	case !size.given && !histogram:
		p.Fail(e.At, "values lacks size, the bytes of a value, or sizes, such as {100: 90, 1000: 10}")
	case size.given && histogram:
		p.Fail(weighed.At, "values has size and sizes: one thing can say how large they are")
	case to.given && histogram:
		p.Fail(to.place, "size-to belongs to size, where the sizes begin: give it instead of sizes, or take size-to away")
	}
}

// readSizes reads a histogram of sizes, whose field names are numbers.
func (p *reading) readSizes(e yamlfile.Entry) []sizeDefinition {
	mapping, ok := e.Value.(ast.MapNode)
	if !ok {
		p.Fail(p.At(e.Value), "sizes is %s: it should give bytes and their weights, such as {100: 90, 1000: 10}", yamlfile.Describe(e.Value))
	}
	var histogram []sizeDefinition
	for i := mapping.MapRange(); i.Next(); {
		at := p.At(i.Key())
		text := i.Key().GetToken().Value
		size, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			p.Fail(at, "sizes: %q is no whole number of bytes", text)
		}
		if problem := load.Limits.Size.Refuse(size); problem != "" {
			p.Fail(at, "sizes: %s", problem)
		}
		if slices.ContainsFunc(histogram, func(s sizeDefinition) bool { return s.size == int(size) }) {
			p.Fail(at, "sizes has %d twice", size)
		}
		weight := p.typed(yamlfile.Entry{Name: "the weight of " + text, At: at, Value: i.Value()}, ParamFloat)
		p.measures(weight, UnitWeight)
		histogram = append(histogram, sizeDefinition{int(size), weight})
	}
	if len(histogram) == 0 || len(histogram) > load.MaxSizes {
		p.Fail(e.At, "sizes lists %d sizes: there should be 1 to %d", len(histogram), load.MaxSizes)
	}
	slices.SortFunc(histogram, func(a, b sizeDefinition) int { return a.size - b.size })
	return histogram
}

func (b *binder) bindValues(d *Definition) load.Values {
	fs := d.values
	v := load.Values{
		Size:         int(b.integer(fs, "size", load.Limits.Size)),
		SizeTo:       int(b.integer(fs, "size-to", load.Limits.Size)),
		Compressible: b.number(fs, "compressible", load.Limits.Compressible),
	}
	if to := fs["size-to"]; to.given && v.SizeTo < v.Size {
		b.fail(to.place, "%s: %d is less than size, which is %d", b.what("size-to", to), v.SizeTo, v.Size)
	}
	if v.SizeTo == v.Size {
		v.SizeTo = 0
	}
	sum := 0.0
	for _, s := range d.sizes {
		if weight := b.weight(strconv.Itoa(s.size), s.weight); weight > 0 {
			v.Sizes = append(v.Sizes, load.SizeShare{Size: s.size, Weight: weight})
			sum += weight
		}
	}
	if d.sizes != nil && (!(sum > 0) || math.IsInf(sum, 0)) {
		b.fail(d.sizesPlace, "sizes sum to nothing: give at least one a weight above 0")
	}
	for i := range v.Sizes {
		v.Sizes[i].Weight /= sum
	}
	return v
}

// canonicalValues are the fields that were added to the canonical form.
type canonicalValues struct {
	SizeTo       string          `json:"size_to,omitempty"`
	Sizes        []canonicalSize `json:"sizes,omitempty"`
	Compressible string          `json:"compressible,omitempty"`
}

type canonicalSize struct {
	Size   int    `json:"size"`
	Weight string `json:"weight"`
}

func (d *Definition) canonicalValues() canonicalValues {
	form := canonicalValues{
		SizeTo:       d.values.used("size-to", d.values["size"].text),
		Compressible: d.values.used("compressible", "0"),
	}
	for _, s := range d.sizes {
		form.Sizes = append(form.Sizes, canonicalSize{s.size, s.weight.text})
	}
	return form
}
