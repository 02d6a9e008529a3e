package workload

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
)

// maxSizes bounds the sizes that a histogram lists.
const maxSizes = 100

var (
	sizes    = span[int64]{0, 16 << 20} // bytes of a value
	percents = span[float64]{0, 100}
)

// Values describes the values that are written: all of one size, of sizes
// between two bounds, or of sizes that are drawn by their weights.
type Values struct {
	Size   int         `json:"size"`              // bytes
	SizeTo int         `json:"size_to,omitempty"` // with it sizes are uniform from Size to SizeTo, both included
	Sizes  []SizeShare `json:"sizes,omitempty"`   // instead of Size, in ascending order
	// Compressible is the percent of a value's bytes that a compressor can
	// take away; the others are random.
	Compressible float64 `json:"compressible,omitempty"`
}

// SizeShare is a size's part in a histogram of sizes.
type SizeShare struct {
	Size   int     `json:"size"`   // bytes
	Weight float64 `json:"weight"` // share of the values, all shares sum to 1
}

// Largest returns the bytes of the largest value that may be written.
func (v Values) Largest() int {
	if n := len(v.Sizes); n > 0 {
		return v.Sizes[n-1].Size
	}
	return max(v.Size, v.SizeTo)
}

type sizeDefinition struct {
	size   int
	weight field
}

var valueFields = []fieldType{{"size", ParamInt}, {"size-to", ParamInt}, {"compressible", ParamFloat}}

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
		if problem := sizes.refuse(size); problem != "" {
			p.Fail(at, "sizes: %s", problem)
		}
		if slices.ContainsFunc(histogram, func(s sizeDefinition) bool { return s.size == int(size) }) {
			p.Fail(at, "sizes has %d twice", size)
		}
		weight := p.typed(yamlfile.Entry{Name: "the weight of " + text, At: at, Value: i.Value()}, ParamFloat)
		histogram = append(histogram, sizeDefinition{int(size), weight})
	}
	if len(histogram) == 0 || len(histogram) > maxSizes {
		p.Fail(e.At, "sizes lists %d sizes: there should be 1 to %d", len(histogram), maxSizes)
	}
	slices.SortFunc(histogram, func(a, b sizeDefinition) int { return a.size - b.size })
	return histogram
}

func (b *binder) bindValues(d *Definition) Values {
	fs := d.values
	v := Values{
		Size:         int(b.integer(fs, "size", sizes)),
		SizeTo:       int(b.integer(fs, "size-to", sizes)),
		Compressible: b.number(fs, "compressible", percents),
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
			v.Sizes = append(v.Sizes, SizeShare{s.size, weight})
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

func (v Values) breach() *breach {
	broken := cmp.Or(
		within("size", v.Size, sizes),
		within("size-to", v.SizeTo, sizes),
		within("compressible", v.Compressible, percents),
		rule(v.SizeTo == 0 || v.SizeTo >= v.Size, "size-to", "size-to: %d is less than size, which is %d", v.SizeTo, v.Size),
		rule(v.Sizes == nil || v.Size == 0 && v.SizeTo == 0, "sizes", "values has size and sizes: one thing can say how large they are"),
		rule(len(v.Sizes) <= maxSizes, "sizes", "sizes lists %d sizes: there should be 1 to %d", len(v.Sizes), maxSizes),
	)
	if broken != nil || v.Sizes == nil {
		return broken
	}
	sum, before := 0.0, -1
	for _, s := range v.Sizes {
		problem := sizes.refuse(int64(s.Size))
		if broken := cmp.Or(
			rule(problem == "", "sizes", "sizes: %s", problem),
			rule(s.Size > before, "sizes", "sizes should ascend, and %d comes after %d", s.Size, before),
			rule(s.Weight > 0, "sizes", "sizes gives %d the share %v", s.Size, s.Weight),
		); broken != nil {
			return broken
		}
		before = s.Size
		sum += s.Weight
	}
	return rule(math.Abs(sum-1) <= 1e-6, "sizes", "the shares of sizes sum to %v, not 1", sum)
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
