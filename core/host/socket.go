package host

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/internal/owned"
)

const (
	// longestSocket is how long the path of a socket may be, in bytes, on the
	// systems that allow least.
	longestSocket = 103
	// socketName is as long as what go-plugin calls a socket in its folder.
	socketName = "plugin4294967295"
	// everywhere is the folder of temporary files where $TMPDIR names no other.
	everywhere = "/tmp"
)

// socketFolder makes the folder in which a plugin makes its socket. A plugin can
// only be reached there, so that none makes benchctl touch another file.
func socketFolder() (*owned.Folder, error) {
	dir := os.TempDir()
	owned.Sweep(dir)
	folder, err := owned.Make(dir, "plugin")
	if err != nil {
		return nil, client.Failf(err, "make a folder for the plugin's socket: %v: set TMPDIR to a folder that is there and can be written to", err)
	}
	if len(filepath.Join(folder.Path, socketName)) <= longestSocket {
		return folder, nil
	}
	if err := folder.Remove(); err != nil {
		return nil, client.Failf(err, "remove the folder for the plugin's socket: %v", err)
	}
	owned.Sweep(everywhere)
	if folder, err = owned.Make(everywhere, "plugin"); err != nil {
		return nil, client.Failf(err, "the path of %s is too long for a plugin's socket, and %s cannot be used in its place: %v: set TMPDIR to a folder with a shorter path", dir, everywhere, err)
	}
	return folder, nil
}

// checkAddress refuses the address of a socket elsewhere.
func checkAddress(folder string, addr net.Addr) error {
	if addr.Network() != "unix" {
		return nil
	}
	path := filepath.Clean(addr.String())
	if filepath.Dir(path) != folder {
		return fmt.Errorf("it names the socket %q, which is not in $PLUGIN_UNIX_SOCKET_DIR, the folder that it was given", path)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("it names the socket %q, where there is none", path)
	}
	return nil
}
