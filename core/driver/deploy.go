package driver

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// A Provisioner is a driver that knows how to deploy its store on this machine.
type Provisioner interface {
	// Ports is how many TCP ports each node needs.
	Ports(ctx context.Context, setup Setup) (int, error)
	// Provision says how to start every node: as many as there are places, the
	// first at the first place. It starts nothing, and may be asked again.
	Provision(ctx context.Context, setup Setup, places []Place) ([]Node, error)
}

// A NodeController is a Provisioner some of whose nodes live inside the
// plugin's own process: their Node has no Command.
type NodeController interface {
	Provisioner
	StartNode(ctx context.Context, node string) error // returns when it runs, ready or not
	StopNode(ctx context.Context, node string) error  // flushes and ends in order
	KillNode(ctx context.Context, node string) error  // ends as SIGKILL would
}

// A Commander is a driver whose binary has commands of its own beside serving,
// such as the one that runs a node. os.Executable is the path of that binary, for
// the Command of a node; in an author's test it is the test's, which drivertest's
// Commands lets be one.
type Commander interface {
	Commands() []Command
}

// Command is a command of a plugin's binary: benchctl-plugin-NAME COMMAND.
type Command struct {
	Name string
	// Run executes the command. args are those after its name. It returns when
	// ctx ends, which SIGINT and SIGTERM bring about. Its error is printed, and the
	// process ends with 1; flag.ErrHelp is none.
	Run func(ctx context.Context, args []string) error
}

// Place is where a node may live.
type Place struct {
	Dir   string `json:"dir"`   // absolute; exists, empty on first start
	Ports []int  `json:"ports"` // as many as Ports says, free on 127.0.0.1
}

// Address is the address at the place's port of an index: 127.0.0.1:2379.
func (p Place) Address(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Ports[port]))
}

// Node says how to start a node and how to know that it serves.
type Node struct {
	Name     string `json:"name"`     // unique among the nodes: see NodeName
	Endpoint string `json:"endpoint"` // where clients reach it
	// Command is the program and its arguments; empty for a node inside the
	// plugin's process. It is started in the node's folder.
	Command []string          `json:"command,omitempty"`
	Env     []string          `json:"env,omitempty"`   // added to the environment, KEY=value
	Files   map[string]string `json:"files,omitempty"` // written before the first start, by path below the node's folder
	Ready   Probe             `json:"ready"`           // true once the node serves
	Leads   Probe             `json:"leads,omitzero"`  // true while the node leads the others
}

// NodeName is the usual name of the node at an index: node-1 for the first.
func NodeName(index int) string { return fmt.Sprintf("node-%d", index+1) }

// Probe is a question to a node's process. It is true if the address accepts a
// connection and, where Expect is set, answers Send with a text that contains it,
// all within a few seconds. Send is text in UTF-8. Whether a node serves is asked
// fifty times a second, until it does or a minute has passed.
type Probe struct {
	Address string `json:"address,omitempty"` // host:port
	Send    string `json:"send,omitempty"`
	Expect  string `json:"expect,omitempty"`
}

// Below are the refusals and the notes that the drivers of replicated stores
// have in common, in the same words.

// CheckQuorum refuses to deploy a number of nodes other than 1, 3, 5 or 7. How
// many nodes an external cluster has is its own affair.
func (s Setup) CheckQuorum(store string) error {
	if s.External || slices.Contains([]int{1, 3, 5, 7}, s.Nodes) {
		return nil
	}
	return fmt.Errorf("%s runs on 1, 3, 5 or 7 nodes, not %d: an even number tolerates no more failures than the odd one below", store, s.Nodes)
}

// CheckReads refuses reads of a consistency that the store cannot serve. A store
// with linearizable reads alone can serve sequential ones too, so it names both.
func (s Setup) CheckReads(store string, has ...Consistency) error {
	if slices.Contains(has, s.Reads) {
		return nil
	}
	names := make([]string, len(has))
	for i, c := range has {
		names[i] = string(c)
	}
	return fmt.Errorf("%s has %s reads, not %s", store, strings.Join(names, " and "), s.Reads)
}

// NoteExternal is a note on the durability of a cluster that we did not start.
const NoteExternal = "whether the servers sync their logs is as they were started, not checked"
