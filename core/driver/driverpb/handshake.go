// Package driverpb is the protocol between benchctl and its plugins: the
// generated messages and the terms of the handshake. docs/format/protocol.md
// explains it.
package driverpb

// The terms on which benchctl and a plugin meet.
const (
	ProtocolVersion = 1
	CookieKey       = "BENCHCTL_PLUGIN"
	CookieValue     = "driver"
	// PluginName is the one service a plugin dispenses.
	PluginName = "driver"
	// BinaryPrefix begins the name of every plugin's binary.
	BinaryPrefix = "benchctl-plugin-"
)

// MaxMessage bounds one message in bytes, either way.
const MaxMessage = 64 << 20
