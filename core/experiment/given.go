package experiment

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/internal/variables"
	"github.com/benchctl/benchctl/core/protocol"
)

// CheckEnv refuses a variable that cannot be added to the environment of plugins
// and nodes.
func CheckEnv(name, value string) error { return variables.Check(name, value) }

// CheckEndpoints refuses the endpoints of a store of which one cannot be used, or
// two are the same: each is to be a node of its own.
func CheckEndpoints(store string, endpoints []string) error {
	first := map[string]string{}
	for _, endpoint := range endpoints {
		if strings.Contains(endpoint, "@") {
			return fmt.Errorf("an endpoint of %s has a user or password in it, and endpoints are archived: name them without, and give credentials by the option %s.credentials", store, store)
		}
		address := address(endpoint)
		if address == "" {
			return fault.Errorf(ErrEndpoints, "an endpoint of %s is empty: give each node's, such as 10.0.0.1:2379", store)
		}
		if other, twice := first[address]; twice {
			same := fmt.Sprintf("%s twice", endpoint)
			if other != endpoint {
				same = fmt.Sprintf("%s and %s, which are the same", other, endpoint)
			}
			return fault.Errorf(ErrEndpoints, "the endpoints of %s have %s: name each node once", store, same)
		}
		first[address] = endpoint
	}
	return nil
}

// defaultPorts are those of schemes that name no port.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// address is where an endpoint is, in one spelling; empty: nowhere.
func address(endpoint string) string {
	endpoint = strings.ToLower(strings.TrimSpace(endpoint))
	scheme, rest, ok := strings.Cut(endpoint, "://")
	if !ok {
		scheme, rest = "", endpoint
	}
	if rest = strings.TrimRight(rest, "/"); strings.Trim(rest, ":[]") == "" {
		return ""
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		host, port = strings.Trim(rest, "[]"), defaultPorts[scheme]
	}
	if n, err := strconv.Atoi(port); err == nil {
		port = strconv.Itoa(n)
	}
	if host = strings.TrimSuffix(host, "."); host == "localhost" {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	}
	return net.JoinHostPort(host, port)
}

// ResolveOptions makes the options absolute that name files of the store that a
// plugin is for, so that they mean the same wherever the plan is carried on.
func (p *Plan) ResolveOptions(description protocol.Description) error {
	for i := range p.Runs {
		run := &p.Runs[i]
		if run.Store != description.Name || len(run.Options) == 0 {
			continue
		}
		filled, err := driver.FillOptions(description.Name, description.Options, run.Options)
		if err != nil {
			return &Refused{err.Error()}
		}
		run.Options = maps.Clone(run.Options) // which other runs share
		for name := range run.Options {
			run.Options[name] = filled[name]
		}
	}
	p.name()
	return nil
}
