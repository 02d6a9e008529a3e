package driver

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// CheckEndpoints refuses an endpoint that names no host and port, and would only
// be found not to answer when a run has waited for it. The store's usual port is
// what the error shows. Call it in Guarantees.
func (s Setup) CheckEndpoints(usual int) error {
	if !s.External {
		return nil
	}
	for _, endpoint := range s.Endpoints {
		if err := checkEndpoint(endpoint, usual); err != nil {
			return err
		}
	}
	return nil
}

func checkEndpoint(endpoint string, usual int) error {
	scheme, address, schemed := strings.Cut(endpoint, "://")
	if !schemed {
		address = scheme
	} else if strings.HasPrefix(scheme, "unix") {
		return nil // a socket's path
	}
	address = strings.TrimRight(address, "/")
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		bare := strings.Trim(strings.TrimSuffix(address, ":"), "[]")
		return fmt.Errorf("endpoint %s has no port: write host:port, such as %s", endpoint, net.JoinHostPort(bare, strconv.Itoa(usual)))
	}
	if host == "" {
		return fmt.Errorf("endpoint %s has no host: write host:port, such as localhost:%s", endpoint, port)
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n < 1 {
		return fmt.Errorf("endpoint %s has the port %s, which is none: write host:port, such as %s", endpoint, port, net.JoinHostPort(host, strconv.Itoa(usual)))
	}
	return nil
}
