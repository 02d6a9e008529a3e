// Package etcd is the driver of etcd. The plugin carries a server of its own,
// so that a bare machine needs nothing else; each node of a deployed cluster is
// a process.
package etcd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/version"

	"github.com/benchctl/benchctl/core/driver"
)

const (
	name          = "etcd"
	driverVersion = "0.1.0"
	mostQuota     = 1 << 20 // GiB, more than any disk and no overflow in bytes
)

// Driver returns the driver.
func Driver() driver.Driver { return etcd{} }

type etcd struct{}

func (etcd) Info() driver.Info {
	return driver.Info{
		Name:         name,
		Version:      driverVersion,
		StoreVersion: "etcd " + version.Version,
		Summary:      "etcd, with a server that the plugin carries or any other",
		Options: append([]driver.Option{
			{Name: "binary", Type: driver.Program, Help: "another etcd server to deploy, by its path or its name on PATH; empty: the one carried, " + version.Version},
			{Name: "sync", Type: driver.Bool, Default: "true", Help: "fsync the log before a write is acknowledged; false needs etcd 3.4.10 or later"},
			{Name: "heartbeat", Type: driver.Duration, Default: "100ms", Help: "between the leader's heartbeats"},
			{Name: "election", Type: driver.Duration, Default: "1s", Help: "silence of the leader after which a node calls an election"},
			{Name: "quota", Type: driver.Int, Default: "8", Help: "GiB that a node's database may grow to"},
			{Name: driver.OptionSessionTimeout, Type: driver.Duration, Default: "5s", Help: "lease of ephemeral keys: silence of a client after which they vanish"},
		}, driver.ExternalOptions(name)...),
		Session: (*session)(nil),
	}
}

func (etcd) Guarantees(_ context.Context, setup driver.Setup) (driver.Guarantees, error) {
	g := driver.Guarantees{Durability: driver.DurableFsync, Reads: setup.Reads, Connections: 1}
	err := cmp.Or(setup.CheckEndpoints(2379), setup.CheckExternal(name), setup.CheckQuorum(name), setup.CheckReads(name, driver.Linearizable, driver.Sequential))
	if err != nil {
		return g, err
	}
	switch {
	case setup.Duration("heartbeat") < 10*time.Millisecond || setup.Duration("election") < 5*setup.Duration("heartbeat"):
		return g, errors.New("etcd.heartbeat should be at least 10ms and etcd.election at least five times it")
	case setup.Duration("heartbeat")%time.Millisecond != 0 || setup.Duration("election")%time.Millisecond != 0:
		return g, errors.New("etcd.heartbeat and etcd.election should be whole milliseconds, as servers take them")
	case setup.Int("quota") < 1 || setup.Int("quota") > mostQuota:
		return g, fmt.Errorf("etcd.quota should be at least 1 and at most %d", mostQuota)
	case setup.Duration(driver.OptionSessionTimeout) < 2*time.Second:
		return g, errors.New("etcd.session-timeout should be at least 2s, the shortest lease that etcd grants")
	}
	if !setup.External {
		if _, err := server(setup.Option("binary")); err != nil {
			return g, err
		}
	}
	if unsafe, err := strconv.ParseBool(setup.Env["ETCD_UNSAFE_NO_FSYNC"]); !setup.Bool("sync") || err == nil && unsafe {
		g.Durability = driver.DurableMemory
	} else if binary := setup.Option("binary"); binary != "" && setup.Nodes == 1 && !setup.External {
		switch version, err := versionOf(binary); {
		case err != nil:
			g.Notes = append(g.Notes, fmt.Sprintf("whether a write is synced before it is acknowledged depends on the server's version, which could not be told: %v", err))
		case mayAnswerEarly(version):
			g.Durability = driver.DurableMemory
			g.Notes = append(g.Notes, fmt.Sprintf("etcd %s with one node may acknowledge a write just before it is synced; 3.4.21 and 3.5.5 do not", version))
		}
	}
	if setup.External {
		g.Notes = append(g.Notes, driver.NoteExternal)
	}
	if setup.Reads == driver.Sequential {
		g.Notes = append(g.Notes, "a session whose node is lost goes on at another, which may be behind what it has read")
	}
	return g, nil
}

func (etcd) Ports(context.Context, driver.Setup) (int, error) { return 2, nil }

// Provision describes each node by the flags of the etcd server, which all its
// versions share.
func (etcd) Provision(_ context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	command, err := server(setup.Option("binary"))
	if err != nil {
		return nil, err
	}
	var members []string
	for i, place := range places {
		members = append(members, driver.NodeName(i)+"=http://"+place.Address(1))
	}
	flags := []string{
		"--initial-cluster", strings.Join(members, ","),
		"--initial-cluster-state", "new",
		"--initial-cluster-token", "benchctl-" + strconv.Itoa(places[0].Ports[1]),
		"--heartbeat-interval", milliseconds(setup.Duration("heartbeat")),
		"--election-timeout", milliseconds(setup.Duration("election")),
		"--quota-backend-bytes", strconv.Itoa(setup.Int("quota") << 30),
		"--logger", "zap", "--log-outputs", "stderr", "--log-level", "warn",
	}
	if !setup.Bool("sync") {
		flags = append(flags, "--unsafe-no-fsync")
	}
	var nodes []driver.Node
	for i, place := range places {
		client, peer := place.Address(0), place.Address(1)
		nodes = append(nodes, driver.Node{
			Name:     driver.NodeName(i),
			Endpoint: client,
			Command: slices.Concat(command, []string{
				"--name", driver.NodeName(i), "--data-dir", "data",
				"--listen-client-urls", "http://" + client, "--advertise-client-urls", "http://" + client,
				"--listen-peer-urls", "http://" + peer, "--initial-advertise-peer-urls", "http://" + peer,
			}, flags),
			Ready: ask(client, "/health", `"health":"true"`),
			Leads: ask(client, "/metrics", "etcd_server_is_leader 1"),
		})
	}
	return nodes, nil
}

// server returns the command that starts an etcd server.
func server(binary string) ([]string, error) {
	if binary == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find the plugin's own binary: %w", err)
		}
		return []string{self, commandServer}, nil
	}
	info, err := os.Stat(binary)
	if err != nil {
		return nil, fmt.Errorf("etcd.binary: %w: name the path of an etcd server, or leave the option out", err)
	}
	if info.IsDir() || info.Mode()&0o111 == 0 {
		return nil, fmt.Errorf("etcd.binary: %s is no program: name the path of an etcd server, or leave the option out", binary)
	}
	return []string{binary}, nil
}

// ask is a probe that gets a page from a node.
func ask(address, path, expect string) driver.Probe {
	return driver.Probe{Address: address, Send: "GET " + path + " HTTP/1.0\r\n\r\n", Expect: expect}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
