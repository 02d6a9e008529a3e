package node

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/machine"
)

// Host is the address of the loopback interface on which nodes listen.
const Host = "127.0.0.1"

// Places makes a folder below dir for each of n nodes, and reserves free ports.
func Places(dir string, n, ports int) ([]driver.Place, error) {
	free, err := Ports(n * ports)
	if err != nil {
		return nil, err
	}
	places := make([]driver.Place, n)
	for i := range places {
		places[i] = driver.Place{Dir: filepath.Join(dir, fmt.Sprintf("node-%d", i+1)), Ports: free[i*ports : (i+1)*ports]}
		if err := os.MkdirAll(places[i].Dir, 0o700); err != nil {
			return nil, fault.Errorf(machine.ErrDataFolder, "make a folder for node %d: %w: name another data folder", i+1, err)
		}
	}
	return places, nil
}

// Ports returns n different TCP ports that are free on Host. It avoids those
// that the system hands to outgoing connections: one of them could be taken
// between a node's end and its next start.
func Ports(n int) ([]int, error) {
	var listeners []net.Listener
	defer func() {
		for _, l := range listeners {
			l.Close()
		}
	}()
	var ports []int
	for tries := 0; len(ports) < n; tries++ {
		port := 0 // any that the system has
		if end := firstOutgoing(); tries < 10*n+100 && end > firstPort+10*n {
			port = firstPort + rand.IntN(end-firstPort)
		}
		l, err := listen(port)
		if err != nil {
			if port != 0 {
				continue
			}
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		listeners = append(listeners, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// firstPort is the lowest port that is given to a node.
const firstPort = 20000

// firstOutgoing returns the lowest port that the system may give to an outgoing
// connection.
func firstOutgoing() int {
	lowest := 32768 // Linux's default; other systems begin higher
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 0 {
			if n, err := strconv.Atoi(fields[0]); err == nil {
				lowest = n
			}
		}
	}
	return lowest
}

// checkFree refuses ports on which somebody else listens: a node could not
// have them, and whoever has them could be taken for the node.
func checkFree(ports []int) error {
	for _, port := range ports {
		l, err := listen(port)
		if err != nil {
			return fmt.Errorf("its port %d has been taken by another process: %w: try again", port, err)
		}
		l.Close()
	}
	return nil
}

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort(Host, strconv.Itoa(port)))
}
