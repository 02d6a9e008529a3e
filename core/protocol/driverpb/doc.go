// Package driverpb is the generated code of the protocol between benchctl and
// its plugins: see driver.proto, and docs/format/protocol.md.
package driverpb
