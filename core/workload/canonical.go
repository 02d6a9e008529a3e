package workload

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// canonicalForm is what is hashed. A released definition's form never changes:
// fields that were added later are left out where they are not used.
type canonicalForm struct {
	Name    string           `json:"name"`
	Version int              `json:"version"`
	Seed    uint64           `json:"seed"`
	Params  []canonicalParam `json:"params"`
	Space   string           `json:"space"`
	Choose  string           `json:"choose"`
	Count   string           `json:"count"`
	Size    string           `json:"size"`
	canonicalKeys
	canonicalValues
	Phases []canonicalPhase `json:"phases"`
}

type canonicalParam struct {
	Name    string    `json:"name"`
	Type    ParamType `json:"type"`
	Default string    `json:"default"`
}

type canonicalPhase struct {
	Name   string           `json:"name"`
	Warmup bool             `json:"warmup"`
	Mix    []canonicalShare `json:"mix"`
	For    string           `json:"for"`
	Ops    string           `json:"ops"`
	Fill   bool             `json:"fill"`
	canonicalPace
	KeysPerTransaction string `json:"keys_per_transaction,omitempty"`
	Watchers           string `json:"watchers,omitempty"`
}

type canonicalShare struct {
	Op     sample.Op `json:"op"`
	Weight string    `json:"weight"`
}

// Canonical returns the definition's canonical form: JSON with a fixed order
// of fields, defaults filled in and values in one spelling, so that it is the
// same for definitions that only look different.
func (d *Definition) Canonical() []byte {
	form := canonicalForm{
		Name: d.Name, Version: d.Version, Seed: d.Seed,
		Space:           d.keys.text("space", ""),
		Choose:          d.keys.text("choose", string(load.ChooseSequential)),
		Count:           d.keys.text("count", ""),
		Size:            d.values.text("size", ""),
		canonicalKeys:   d.keys.canonicalKeys(),
		canonicalValues: d.canonicalValues(),
		Params:          []canonicalParam{}, Phases: []canonicalPhase{},
	}
	for _, p := range d.Params {
		form.Params = append(form.Params, canonicalParam{p.Name, p.Type, p.Default})
	}
	slices.SortFunc(form.Params, func(a, b canonicalParam) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range d.phases {
		form.Phases = append(form.Phases, p.canonical())
	}
	document, err := json.Marshal(form)
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	return document
}

func (p phaseDefinition) canonical() canonicalPhase {
	form := canonicalPhase{
		Name: p.name, Warmup: p.warmup, Fill: p.fill,
		For: p.fields.text("for", ""),
		Ops: p.fields.text("ops", ""),

		canonicalPace:      p.fields.canonicalPace(),
		KeysPerTransaction: p.fields.text("keys-per-transaction", ""),
		Watchers:           p.fields.used("watchers", "0"),
	}
	for _, s := range p.mix {
		form.Mix = append(form.Mix, canonicalShare{s.op, s.weight.text})
		if s.op.Several() {
			form.KeysPerTransaction = cmp.Or(form.KeysPerTransaction, strconv.Itoa(defaultKeysPerTransaction))
		}
	}
	slices.SortFunc(form.Mix, func(a, b canonicalShare) int { return int(a.Op) - int(b.Op) })
	return form
}

// SHA256 returns the hash of the canonical form in hexadecimal.
func (d *Definition) SHA256() string {
	sum := sha256.Sum256(d.Canonical())
	return hex.EncodeToString(sum[:])
}
