package node

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/machine"
)

// Host is the address of the loopback interface on which nodes listen.
const Host = "127.0.0.1"

// Places makes a folder below dir for each of n nodes, and finds them ports,
// which are the cluster's until it is closed.
func Places(dir string, n, ports int) ([]driver.Place, error) {
	free, err := Ports(n * ports)
	if err != nil {
		return nil, err
	}
	places := make([]driver.Place, n)
	for i := range places {
		places[i] = driver.Place{Dir: filepath.Join(dir, fmt.Sprintf("node-%d", i+1)), Ports: free[i*ports : (i+1)*ports]}
		if err := os.MkdirAll(places[i].Dir, 0o700); err != nil {
			Release(free...)
			return nil, fault.Errorf(machine.ErrDataFolder, "make a folder for node %d: %w: name another data folder", i+1, err)
		}
	}
	return places, nil
}

// given are the ports of this process's clusters.
var given = struct {
	sync.Mutex
	claims map[int]io.Closer
}{claims: map[int]io.Closer{}}

// give reports whether a port was nobody's; it is the caller's from now on.
func give(port int) bool {
	given.Lock()
	defer given.Unlock()
	if given.claims[port] != nil {
		return false
	}
	claimed, err := claim(port)
	if err != nil {
		return false
	}
	given.claims[port] = claimed
	return true
}

// Release gives ports back that no node will have again.
func Release(ports ...int) {
	given.Lock()
	defer given.Unlock()
	for _, port := range ports {
		if claimed := given.claims[port]; claimed != nil {
			_ = claimed.Close() // a mark, through which nothing is written
			delete(given.claims, port)
		}
	}
}

// Ports returns n different TCP ports that are free on Host, and stay the
// caller's until they are released: no other cluster of this machine is given
// them, though it may take a node long to listen. It avoids those that the
// system hands to outgoing connections: one of them could be taken between a
// node's end and its next start.
func Ports(n int) ([]int, error) {
	var listeners []net.Listener
	defer func() {
		for _, l := range listeners {
			l.Close()
		}
	}()
	var ports []int
	for tries := 0; len(ports) < n; tries++ {
		if end := firstOutgoing(); tries < 10*n+100 && end > firstPort+10*n {
			// Nobody listens, not for a moment, at what is another's.
			port := firstPort + rand.IntN(end-firstPort)
			if !give(port) {
				continue
			}
			l, err := listen(port)
			if err != nil {
				Release(port)
				continue
			}
			listeners, ports = append(listeners, l), append(ports, port)
			continue
		}
		l, err := listen(0) // any that the system has
		if err != nil {
			Release(ports...)
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		listeners = append(listeners, l) // also at another's, so that the next is not the same
		if port := l.Addr().(*net.TCPAddr).Port; give(port) {
			ports = append(ports, port)
		}
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
		for tried := time.Now(); ; time.Sleep(takenEvery) {
			l, err := listen(port)
			if err == nil {
				l.Close()
				break
			}
			if !errors.Is(err, syscall.EADDRINUSE) {
				return fmt.Errorf("nobody can listen at its port %d: %w", port, err)
			}
			if time.Since(tried) > takenFor {
				return fmt.Errorf("its port %d has been taken by another process: %w: try again", port, err)
			}
		}
	}
	return nil
}

// takenFor is how long a port may be taken before somebody is said to have it: a
// process that is being started has, until its program begins, what was open in
// the one that starts it.
const (
	takenFor   = 2 * time.Second
	takenEvery = 20 * time.Millisecond
)

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort(Host, strconv.Itoa(port)))
}
