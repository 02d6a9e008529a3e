package protocol

import (
	"slices"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
)

// Description is what a plugin says of itself: the form that Describe sends
// and that `benchctl-plugin-NAME describe` prints.
type Description struct {
	Name            string              `json:"name"`
	Version         string              `json:"version"`
	StoreVersion    string              `json:"store_version,omitempty"`
	Summary         string              `json:"summary"`
	SDKVersion      string              `json:"sdk_version"`
	ProtocolVersion int                 `json:"protocol_version"`
	Ops             []sample.Op         `json:"ops"`
	Capabilities    []driver.Capability `json:"capabilities"`
	WatchCoalesces  bool                `json:"watch_coalesces,omitempty"` // it may miss changes that follow each other closely
	Options         []driver.Option     `json:"options"`
}

// Can reports whether the plugin executes the operation.
func (d Description) Can(op sample.Op) bool { return slices.Contains(d.Ops, op) }

// Has reports whether the plugin has the capability.
func (d Description) Has(c driver.Capability) bool { return slices.Contains(d.Capabilities, c) }

// Describe finds out what a driver can do.
func Describe(d driver.Driver) Description {
	info := d.Info()
	description := Description{
		Name:            info.Name,
		Version:         info.Version,
		StoreVersion:    info.StoreVersion,
		Summary:         info.Summary,
		SDKVersion:      driver.SDKVersion,
		ProtocolVersion: Version,
		Ops:             []sample.Op{},
		Capabilities:    []driver.Capability{},
		WatchCoalesces:  info.WatchCoalesces,
		Options:         append([]driver.Option{}, info.Options...),
	}
	for _, op := range sample.Ops() {
		if driver.Can(info.Session, op) {
			description.Ops = append(description.Ops, op)
		}
	}
	for _, c := range driver.CapabilitiesOf(info.Session) {
		if !impliedByOps[c] {
			description.Capabilities = append(description.Capabilities, c)
		}
	}
	if _, ok := d.(driver.Provisioner); ok {
		description.Capabilities = append(description.Capabilities, driver.CapabilityProvision)
	}
	return description
}

// impliedByOps are the capabilities that say no more than the operation of the
// same name among the description's operations.
var impliedByOps = map[driver.Capability]bool{
	driver.CapabilityPut: true, driver.CapabilityCreateEphemeral: true, driver.CapabilityCreateSequential: true,
}
