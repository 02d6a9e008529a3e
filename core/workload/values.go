package workload

import "cmp"

var sizes = span[int64]{0, 16 << 20} // bytes of a value

// Values describes the values that are written.
type Values struct {
	Size int `json:"size"` // bytes
}

var valueFields = []fieldType{{"size", ParamInt}}

func (p *reading) readValues(e entry) {
	p.values = p.scalars(e.value, "values", valueFields)
	if !p.values["size"].given {
		p.fail(e.at, "values lacks size, the bytes of a value")
	}
}

func (b *binder) bindValues(d *Definition) Values {
	return Values{Size: int(b.integer(d.values, "size", sizes))}
}

func (v Values) breach() *breach {
	return cmp.Or(within("size", v.Size, sizes))
}
