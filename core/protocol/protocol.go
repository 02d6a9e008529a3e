// Package protocol is what benchctl and its plugins say to each other: the terms
// of the handshake, the documents, and for every message of a run the mapping in
// both directions, so that a field that one side writes the other reads.
//
// The messages are in driverpb; docs/format/protocol.md can be implemented from.
package protocol

// The terms on which benchctl and a plugin meet.
const (
	Version     = 1
	CookieKey   = "BENCHCTL_PLUGIN"
	CookieValue = "driver"
	// PluginName is the one service a plugin dispenses.
	PluginName = "driver"
	// BinaryPrefix begins the name of every plugin's binary.
	BinaryPrefix = "benchctl-plugin-"
)

// CannotServe begins what a plugin says last whose author has made a mistake that
// it finds itself.
const CannotServe = "cannot serve: "

// What a setup may ask for at most. A thread is a session, of which no store of
// this kind serves more.
const (
	MaxThreads = 1_000_000
	MaxNodes   = 1000
	MaxPorts   = 100 // of a node
)

// MaxMessage bounds one message in bytes, either way.
const MaxMessage = 64 << 20

// Window is the HTTP/2 flow-control window, in bytes: large enough that the
// stream of chunks does not wait for a round trip.
const Window = 16 << 20
