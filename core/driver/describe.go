package driver

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/benchctl/benchctl/core/driver/driverpb"
	"github.com/benchctl/benchctl/core/sample"
)

// SDKVersion is the version of this package that a plugin was built with.
const SDKVersion = "0.1.0"

// Description is what a plugin says of itself: the form that Describe sends
// and that `benchctl-plugin-NAME describe` prints.
type Description struct {
	Name            string       `json:"name"`
	Version         string       `json:"version"`
	StoreVersion    string       `json:"store_version,omitempty"`
	Summary         string       `json:"summary"`
	SDKVersion      string       `json:"sdk_version"`
	ProtocolVersion int          `json:"protocol_version"`
	Ops             []sample.Op  `json:"ops"`
	Capabilities    []Capability `json:"capabilities"`
	WatchCoalesces  bool         `json:"watch_coalesces,omitempty"` // it may miss changes that follow each other closely
	Options         []Option     `json:"options"`
}

// Capability is something that a driver can do beyond the operations it lists.
type Capability string

// The capabilities.
const (
	CapabilityCompareAndSet       Capability = "compare-and-set"
	CapabilityWatch               Capability = "watch"
	CapabilitySync                Capability = "sync"
	CapabilityEphemeralSequential Capability = "ephemeral-sequential"
	CapabilityTransaction         Capability = "transaction"
	CapabilityAwait               Capability = "await"
	CapabilityAbandon             Capability = "abandon"
	CapabilityProvision           Capability = "provision"
)

// Can reports whether the plugin executes the operation.
func (d Description) Can(op sample.Op) bool { return slices.Contains(d.Ops, op) }

// Has reports whether the plugin has the capability.
func (d Description) Has(c Capability) bool { return slices.Contains(d.Capabilities, c) }

// Describe finds out what a driver can do.
func Describe(d Driver) Description {
	info := d.Info()
	description := Description{
		Name:            info.Name,
		Version:         info.Version,
		StoreVersion:    info.StoreVersion,
		Summary:         info.Summary,
		SDKVersion:      SDKVersion,
		ProtocolVersion: driverpb.ProtocolVersion,
		Ops:             []sample.Op{sample.OpCreate, sample.OpSet, sample.OpGet, sample.OpDelete, sample.OpList},
		Capabilities:    []Capability{},
		WatchCoalesces:  info.WatchCoalesces,
		Options:         append([]Option{}, info.Options...),
	}
	if _, ok := info.Session.(Putter); ok {
		description.Ops = append(description.Ops, sample.OpPut)
	}
	if _, ok := info.Session.(EphemeralCreator); ok {
		description.Ops = append(description.Ops, sample.OpCreateEphemeral)
	}
	if _, ok := info.Session.(SequentialCreator); ok {
		description.Ops = append(description.Ops, sample.OpCreateSequential)
	}
	slices.Sort(description.Ops)
	capable := func(c Capability, ok bool) {
		if ok {
			description.Capabilities = append(description.Capabilities, c)
		}
	}
	_, ok := info.Session.(CompareAndSetter)
	capable(CapabilityCompareAndSet, ok)
	_, ok = info.Session.(Watcher)
	capable(CapabilityWatch, ok)
	_, ok = info.Session.(Syncer)
	capable(CapabilitySync, ok)
	_, ok = info.Session.(EphemeralSequentialCreator)
	capable(CapabilityEphemeralSequential, ok)
	_, ok = info.Session.(Transactor)
	capable(CapabilityTransaction, ok)
	_, ok = info.Session.(Awaiter)
	capable(CapabilityAwait, ok)
	_, ok = info.Session.(Abandoner)
	capable(CapabilityAbandon, ok)
	_, ok = d.(Provisioner)
	capable(CapabilityProvision, ok)
	return description
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// checkInfo finds the mistakes an author can make.
func checkInfo(info Info) error {
	if !namePattern.MatchString(info.Name) {
		return fmt.Errorf("driver name %q: use lower-case letters, digits and hyphens, a letter first", info.Name)
	}
	if info.Session == nil {
		return fmt.Errorf("driver %s: Info.Session is nil: set it to a nil pointer of the session's type, so that its capabilities are known", info.Name)
	}
	for _, o := range info.Options {
		if err := o.check(o.Default); err != nil {
			return fmt.Errorf("driver %s: default of option %s: %w", info.Name, o.Name, err)
		}
	}
	return nil
}

// FillOptions checks the values that were given for a driver's options and
// returns a value for every one, the default where none was given.
func FillOptions(store string, options []Option, given map[string]string) (map[string]string, error) {
	filled := make(map[string]string, len(options))
	names := make([]string, 0, len(options))
	for _, o := range options {
		filled[o.Name] = o.Default
		names = append(names, o.Name)
		value, ok := given[o.Name]
		if !ok {
			continue
		}
		if err := o.check(value); err != nil {
			return nil, fmt.Errorf("option %s.%s: %w", store, o.Name, err)
		}
		filled[o.Name] = value
	}
	for name := range given {
		if _, ok := filled[name]; !ok {
			return nil, fmt.Errorf("store %s has no option %q; it has %v: see `benchctl plugin describe %s`", store, name, names, store)
		}
	}
	return filled, nil
}

func (o Option) check(value string) error {
	var err error
	switch o.Type {
	case String:
	case Int:
		_, err = strconv.Atoi(value)
	case Bool:
		_, err = strconv.ParseBool(value)
	case Duration:
		_, err = time.ParseDuration(value)
	default:
		return fmt.Errorf("type %q is none of string, int, bool, duration", o.Type)
	}
	if err != nil {
		return fmt.Errorf("%q is no %s", value, o.Type)
	}
	if len(o.Allowed) > 0 && !slices.Contains(o.Allowed, value) {
		return fmt.Errorf("%q is none of %v", value, o.Allowed)
	}
	return nil
}

// The values of options, which FillOptions has checked.

// Option returns an option's text.
func (s Setup) Option(name string) string { return s.Options[name] }

// Bool returns the value of an option of type bool.
func (s Setup) Bool(name string) bool {
	v, _ := strconv.ParseBool(s.Options[name])
	return v
}

// Int returns the value of an option of type int.
func (s Setup) Int(name string) int {
	v, _ := strconv.Atoi(s.Options[name])
	return v
}

// Duration returns the value of an option of type duration.
func (s Setup) Duration(name string) time.Duration {
	v, _ := time.ParseDuration(s.Options[name])
	return v
}
