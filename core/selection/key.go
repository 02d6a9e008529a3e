// Package selection chooses, groups and names what was measured or is to be: the
// runs of an archive, their operations, and the runs of a plan. It is pure, and
// knows what it works on only by the values of keys.
package selection

import (
	"slices"
	"strings"
)

// Key is one by which runs and their operations are selected, grouped and told
// apart.
type Key struct {
	Name    string
	Of      Of
	Planned bool // it is known of a run before that is executed
	Role    Role
	Help    string
}

// Of is what has a value of a key.
type Of string

// What has values.
const (
	Runs       Of = "run"
	Operations Of = "operation" // in a phase of a run
)

// Role is what a difference in a key says.
type Role int

// The roles of keys.
const (
	Always   Role = iota // names every series
	Choice               // tells series apart
	Property             // of a store: tells series apart within one, and nothing between two
	Decides              // of how a run was executed: tells series apart that are otherwise the same
	Single               // of one run or operation, or what follows from other keys: it tells no series apart
)

// Keys are the keys that everything has, in the order in which they order
// groups and make names. Parameters, options, variables of the environment and
// labels have keys beside them, which begin with ParamPrefix, OptionPrefix,
// EnvPrefix and LabelPrefix.
var Keys = []Key{
	{"store", Runs, true, Always, "the store"},
	{"nodes", Runs, true, Always, "its nodes"},
	{"threads", Runs, true, Always, "threads of the load"},
	{"workload", Runs, true, Choice, "the workload's name"},
	{"workload-version", Runs, true, Choice, "its version"},
	{"reads", Runs, true, Choice, "consistency that was asked of reads: linearizable or sequential"},
	{"durability", Runs, false, Decides, "where a write is when it is acknowledged: fsync or memory"},
	{"promised", Runs, false, Decides, "what the driver promises of reads: linearizable or sequential"},
	{"store-version", Runs, false, Property, "version of the store"},
	{"plugin-version", Runs, false, Property, "version of its plugin"},
	{"plugin", Runs, false, Decides, "the plugin's binary: the first 12 digits of its SHA-256"},
	{"machine", Runs, false, Decides, "the machine: a number, which comparisons explain"},
	{"filesystem", Runs, false, Decides, "the filesystem that nodes keep their data in"},
	{"phase", Operations, false, Single, "a phase of the workload"},
	{"op", Operations, false, Single, "an operation: create, set, get and so on"},
	{"state", Runs, false, Single, "running, complete, failed or interrupted"},
	{Lost, Runs, false, Single, "nodes that ended by themselves while the run lasted"},
	{"run", Runs, false, Single, "a run's number"},
	{"experiment", Runs, false, Single, "an experiment's number"},
	{Started, Runs, false, Single, "when it began: a date such as 2026-01-31, or a range of them"},
}

// Lost is the key of how many nodes a run has lost. Runs that have lost any are
// compared only where it is named.
const Lost = "lost"

// Started is the key of when a run began.
const Started = "started"

// What the keys of parameters, options of a store, variables that were added to the
// environment, and labels begin with.
const (
	ParamPrefix  = "param."
	OptionPrefix = "option."
	EnvPrefix    = "env."
	LabelPrefix  = "label."
)

// SetupLabel is the label that holds the name of a run's setup.
const SetupLabel = "setup"

// Lookup finds a key by its name.
func Lookup(name string) (Key, bool) {
	if i := slices.IndexFunc(Keys, func(k Key) bool { return k.Name == name }); i >= 0 {
		return Keys[i], true
	}
	switch {
	case strings.HasPrefix(name, ParamPrefix), strings.HasPrefix(name, EnvPrefix), strings.HasPrefix(name, LabelPrefix):
		return Key{Name: name, Of: Runs, Planned: true, Role: Choice}, true
	case strings.HasPrefix(name, OptionPrefix):
		return Key{Name: name, Of: Runs, Planned: true, Role: Property}, true
	}
	return Key{}, false
}

// Names lists the names of the keys that are of a kind, as a sentence does.
func Names(of func(Key) bool) string {
	var names []string
	for _, k := range Keys {
		if of(k) {
			names = append(names, k.Name)
		}
	}
	names = append(names, ParamPrefix+"NAME", OptionPrefix+"NAME", EnvPrefix+"NAME")
	return strings.Join(names, ", ") + " and " + LabelPrefix + "NAME"
}

// Short is a key's name without its kind: of option.sync, sync.
func Short(key string) string {
	if _, name, ok := strings.Cut(key, "."); ok {
		return name
	}
	return key
}
