package sample

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEveryOperationIsWhole walks the table: what its columns say of an
// operation has to go together.
func TestEveryOperationIsWhole(t *testing.T) {
	names := map[string]Op{}
	for i, op := range Ops() {
		t.Run(op.String(), func(t *testing.T) {
			effect, fromMix := op.Effect(), op.Origin() == FromMix
			for rule, kept := range map[string]bool{
				"the numbers have no gap":                              int(op) == i+1 && op.Known(),
				"its name is its own":                                  names[op.String()] == 0,
				"instead is given of all but those of a mix":           fromMix == (op.Instead() == ""),
				"only one of a mix has demands on its phase":           fromMix || op.Alone() == "" && op.Shares() == "",
				"only one of a mix is asked for a target":              fromMix || op.Target() == TargetNone,
				"only one of a mix is a recipe":                        fromMix || !op.Recipe(),
				"only one of a mix leaves something behind":            fromMix || effect == EffectNone,
				"what creates or writes takes a value":                 op.TakesValue() || effect != EffectCreate && effect != EffectWrite,
				"what deletes takes none":                              effect != EffectDelete || !op.TakesValue(),
				"what reads needs its key":                             !op.Reads() || op.Requires() == KeyPresent,
				"what deletes needs its key":                           effect != EffectDelete || op.Requires() == KeyPresent,
				"a new key is absent":                                  op.Target() != TargetNewKey || op.Requires() == KeyAbsent,
				"a key that is picked among those there are is needed": op.Target() != TargetKey || op.Requires() == KeyPresent,
				"only what is created is ephemeral or numbered":        effect == EffectCreate || !op.Ephemeral() && !op.Numbered(),
				"a numbered key has a prefix":                          op.Numbered() == (op.Target() == TargetPrefix),
				"no capability is needed twice":                        len(slices.Compact(slices.Sorted(slices.Values(op.Needs())))) == len(op.Needs()),
			} {
				if !kept {
					t.Errorf("not so: %s", rule)
				}
			}
			names[op.String()] = op
		})
	}
}

func TestNamesAndNumbers(t *testing.T) {
	for _, op := range Ops() {
		text, err := op.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var read Op
		if err := read.UnmarshalText(text); err != nil || read != op {
			t.Errorf("%s is read as %s: %v", op, read, err)
		}
	}
	for _, op := range []Op{0, OpBarrierLeave + 1, 255} {
		name := fmt.Sprintf("op-%d", uint8(op))
		if op.Known() || op.String() != name || op.Needs() != nil || op.TakesValue() {
			t.Errorf("%d is %s", uint8(op), op)
		}
		if _, err := ParseOp(name); err == nil || err.Error() != fmt.Sprintf("no operation %q", name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheFormatNamesEveryNumber compares the table with that of the page that
// readers of chunks are written from.
func TestTheFormatNamesEveryNumber(t *testing.T) {
	page, err := os.ReadFile("../../docs/format/chunk.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range Ops() {
		if row := fmt.Sprintf("\n| %d | %s | ", uint8(op), op); !strings.Contains(string(page), row) {
			t.Errorf("there is no row %q", row)
		}
	}
}

func TestLookingUpAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		for op := range OpBarrierLeave + 2 {
			_, _, _, _ = op.Target(), op.Effect(), op.TakesValue(), op.Recipe()
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
