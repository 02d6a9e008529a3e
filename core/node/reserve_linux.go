package node

import (
	"fmt"
	"io"
	"net"
)

// claim marks a port as given to a node, for all processes of this machine and
// also while nobody listens at it, until it is closed or this process ends. The
// mark is a socket with a name of its own: nothing is left of it in the end.
func claim(port int) (io.Closer, error) {
	return net.Listen("unix", fmt.Sprintf("@benchctl/port/%d", port))
}
