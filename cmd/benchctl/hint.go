package main

import (
	"errors"
	"strings"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/chart/kinds"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/machine"
	"github.com/benchctl/benchctl/core/node"
)

// hints are what the sentences of core, which say in words what to do, mean at
// the command line: by the kind of error, which words of its sentence are said
// otherwise here.
var hints = []struct {
	kind        error
	words, says string
}{
	{machine.ErrDataFolder, "name another data folder", "name another with --data-dir"},
	{node.ErrNotReady, "give a slow one longer", "give a slow one longer with --ready-timeout"},
	{experiment.ErrNoStore, "name at least one", "name at least one with --store"},
	{experiment.ErrNumber, "repeat ", "--repeat "},
	{experiment.ErrNumber, "threads ", "--threads "},
	{experiment.ErrNumber, "nodes ", "--nodes "},
	{experiment.ErrEndpoints, "the setup's nodes", "--nodes"},
	{experiment.ErrOption, "option ", "--option "},
	{experiment.ErrChangedPlugin, "allow another", "add --allow-changed-plugin"},
	{archive.ErrMissing, "first or name one", "first or name one with --archive"},
	{archive.ErrMissing, "name one elsewhere", "name one elsewhere with --archive"},
	{archive.ErrMissing, "name an archive elsewhere", "name an archive elsewhere with --archive"},
	{archive.ErrReadOnly, "name an archive elsewhere", "name an archive elsewhere with --archive"},
	{archive.ErrReadOnly, "writable or name another", "writable or name another with --archive"},
	{archive.ErrReadOnly, "name one on a local disk", "name one on a local disk with --archive"},
	{archive.ErrNotArchive, "name another file", "name another file with --archive"},
	{archive.ErrNotArchive, "name a file", "name a file with --archive"},
	{archive.ErrWorkloadChanged, "name another archive", "name another archive with --archive"},
	{kinds.ErrNothingSwept, "with several values of one", "with `benchctl run --param NAME=VALUE,VALUE`"},
	{kinds.ErrManySwept, "over, such as ", "over, such as --over "},
	{kinds.ErrOver, "over ", "--over "},
	{kinds.ErrHistory, "over ", "--over "},
	{kinds.ErrOneSize, "make them with several", "make them with `benchctl run --nodes 1,3,5`"},
	{kinds.ErrBy, "by which key they are compared", "by which key they are compared with --by"},
	{kinds.ErrBy, "by \"", "--by \""},
	{chart.ErrAxis, "the range of y ", "--y-range "},
	{chart.ErrAxis, "the places of the x axis", "--x-log: the places of the x axis"},
	{chart.ErrAxis, "a logarithmic x axis", "--x-log: a logarithmic x axis"},
	{chart.ErrAxis, "a logarithmic y axis", "--y-log: a logarithmic y axis"},
	{chart.ErrSmall, "make the picture larger", "make the picture larger with --size"},
	{chart.ErrAxis, "make the axis linear", "add --y-log=false"},
}

// hinted returns what an error says, in the words of the command line.
func hinted(err error) string {
	text := err.Error()
	for _, h := range hints {
		if errors.Is(err, h.kind) {
			text = strings.Replace(text, h.words, h.says, 1)
		}
	}
	return text
}
