package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/internal/owned"
	"github.com/benchctl/benchctl/core/internal/variables"
	"github.com/benchctl/benchctl/core/protocol"
)

const (
	startTimeout = 15 * time.Second
	closeTimeout = 5 * time.Second
	crashTimeout = 5 * time.Second // between a broken connection and the end of its process
)

// Options is how a plugin is launched.
type Options struct {
	// Log takes what the plugin logs, each line at its level; one without a
	// level is at debug, a panic at error. What is said of the launch itself
	// is at debug. Nil: nothing is logged.
	Log hclog.Logger
	// StartTimeout is how long the plugin may take to begin to speak; 0: 15 s.
	StartTimeout time.Duration
	// Env has variables that are added to the plugin's environment.
	Env map[string]string
}

// Plugin is a plugin's process.
type Plugin struct {
	name   string
	path   string
	sha256 string
	pid    int
	within time.Duration // it has to begin to speak
	cmd    *exec.Cmd
	socket *owned.Folder // in which the plugin makes its socket
	client *plugin.Client
	*client.Client
	stderr *tail
	// stranger says that the address which it gave is not to be used.
	stranger bool
	closed   sync.Once
	gone     chan struct{} // closed when the process is no longer needed
}

// Launch starts the plugin at path for a store and checks that both sides
// speak the same protocol. The bytes that run are the bytes that were hashed.
func Launch(ctx context.Context, store, path string, options Options) (*Plugin, error) {
	if options.Log == nil {
		options.Log = hclog.NewNullLogger()
	}
	if options.StartTimeout == 0 {
		options.StartTimeout = startTimeout
	}
	path, err := filepath.Abs(path) // a bare name would be looked up on PATH
	if err != nil {
		return nil, client.Failf(err, "find plugin %s: %v", path, err)
	}
	sum, err := hashFile(path)
	if err != nil {
		return nil, client.Failf(err, "read plugin %s: %v", path, err)
	}
	socket, err := socketFolder()
	if err != nil {
		return nil, err
	}
	p := &Plugin{
		name:   store,
		path:   path,
		sha256: hex.EncodeToString(sum),
		within: options.StartTimeout,
		cmd:    exec.Command(path),
		socket: socket,
		stderr: &tail{},
		gone:   make(chan struct{}),
	}
	output := func() io.Writer {
		r := &router{log: options.Log.Named(store), tail: p.stderr}
		return &lines{take: r.take}
	}
	p.cmd.Env = append(
		variables.Make(options.Env, driver.HomeVariable(store), driver.CredentialsVariable(store)),
		plugin.EnvUnixSocketDir+"="+socket.Path)
	detach(p.cmd)
	p.client = plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  protocol.Version,
			MagicCookieKey:   protocol.CookieKey,
			MagicCookieValue: protocol.CookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{
			protocol.Version: {protocol.PluginName: grpcPlugin{}},
		},
		Cmd:              p.cmd,
		SkipHostEnv:      true,
		AutoMTLS:         true,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		SecureConfig:     &plugin.SecureConfig{Checksum: sum, Hash: sha256.New()},
		StartTimeout:     options.StartTimeout,
		// The process's own standard error, and what go-plugin puts in the place
		// of Go's os.Stdout and os.Stderr once it serves.
		Stderr:     output(),
		SyncStdout: output(),
		SyncStderr: output(),
		Logger:     quiet{Logger: options.Log, binary: filepath.Base(path)},
		// The connection cannot be made anew: see connect.
		GRPCDialOptions: append(client.DialOptions(), grpc.WithIdleTimeout(0)),
	})
	if err := p.start(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// start runs the process from a thread that lives as long as the process is
// needed, because on Linux the process is killed with the thread that began it.
func (p *Plugin) start(ctx context.Context) error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		started <- p.connect()
		<-p.gone
	}()
	select {
	case err := <-started:
		if err == nil {
			return nil
		}
		p.Close() // first, so that all that it said has been read
		return p.explain(err)
	case <-ctx.Done():
		go func() {
			<-started //nolint:errcheck // go-plugin cannot be interrupted while it starts
			p.Close() // also after a failure: the thread waits for it
		}()
		return ctx.Err()
	}
}

func (p *Plugin) connect() error {
	addr, err := p.client.Start()
	if err != nil {
		return err
	}
	if err := checkAddress(p.socket.Path, addr); err != nil {
		p.stranger = true
		return err
	}
	session, err := p.client.Client()
	if err != nil {
		return err
	}
	raw, err := session.Dispense(protocol.PluginName)
	if err != nil {
		return err
	}
	p.Client = client.New(p.name, raw.(*grpc.ClientConn), p.crashed)
	p.pid = p.cmd.Process.Pid
	// The connection stands, so the plugin's socket has served. Without its folder
	// nothing is left of a plugin that is killed.
	_ = p.socket.Remove() // else Close does
	return nil
}

var otherVersion = regexp.MustCompile(`(?i)incompatible (?:core )?API version with plugin\. Plugin version: (\d+)`)

// explain makes one sentence of go-plugin's reasons why a plugin did not start.
func (p *Plugin) explain(err error) error {
	if match := otherVersion.FindStringSubmatch(err.Error()); match != nil {
		version, _ := strconv.Atoi(match[1])
		if version > protocol.Version {
			return client.Failf(err, "plugin %s speaks protocol %d, this benchctl speaks %d: upgrade benchctl", p.path, version, protocol.Version)
		}
		return client.Failf(err, "plugin %s speaks protocol %d, this benchctl speaks %d: rebuild the plugin with the current core/driver", p.path, version, protocol.Version)
	}
	switch {
	case errors.Is(err, plugin.ErrChecksumsDoNotMatch):
		return client.Failf(err, "plugin %s changed while it was being launched: try again", p.path)
	case errors.Is(err, os.ErrPermission):
		return client.Failf(err, "plugin %s may not be executed: %v", p.path, err)
	case strings.Contains(err.Error(), "exec format error"):
		return client.Failf(err, "%s is no program for this machine: build the plugin with `go build`", p.path)
	case errors.Is(err, os.ErrNotExist):
		return client.Failf(err, "plugin %s cannot be started: %v: the file is there, so the program that it needs to run is missing, such as its interpreter or its dynamic loader", p.path, err)
	case p.cmd.Process == nil: // the system did not start it
		return client.Failf(err, "plugin %s cannot be started: %v", p.path, err)
	case strings.HasPrefix(firstLine(p.stderr.String()), protocol.CannotServe):
		return client.Failf(err, "plugin %s %s", p.path, firstLine(p.stderr.String()))
	case strings.Contains(err.Error(), "timeout while waiting"):
		return client.Failf(err, "%s said nothing on its standard output for %v%s: it is no plugin of benchctl, whose main calls plugin.Serve, or this machine is too busy to start it", p.path, p.within, p.said(err))
	}
	return client.Failf(err, "%s did not begin to speak as a plugin does%s: it is no plugin of benchctl, whose main calls plugin.Serve, or something kept it from serving", p.path, p.said(err))
}

// said is what a process that is not understood has said, or else how it ended.
func (p *Plugin) said(err error) string {
	if line := firstLine(p.stderr.String()); line != "" {
		return fmt.Sprintf(" (it said: %q)", line)
	}
	if _, rest, ok := strings.Cut(err.Error(), "Unrecognized remote plugin message: "); ok {
		if line := firstLine(rest); line != "" && !strings.HasPrefix(rest, "\n") {
			return fmt.Sprintf(" (it said: %q)", line)
		}
		return fmt.Sprintf(" (%v)", p.cmd.ProcessState)
	}
	if !strings.Contains(err.Error(), "timeout while waiting") {
		return fmt.Sprintf(" (%v)", err)
	}
	return ""
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}

func hashFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return nil, err
	}
	return hash.Sum(nil), nil
}

// Path returns where the binary that runs was found.
func (p *Plugin) Path() string { return p.path }

// SHA256 returns the hash of that binary, in hexadecimal.
func (p *Plugin) SHA256() string { return p.sha256 }

// PID returns the number of the process.
func (p *Plugin) PID() int { return p.pid }

// Close ends the process: in order if it obeys within a few seconds, else by
// force. It may be called twice.
func (p *Plugin) Close() error {
	p.closed.Do(func() {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if p.stranger { // go-plugin would ask at its address for an end in order
				kill(p.cmd)
				_ = p.crashed("") // waits
				return
			}
			p.client.Kill()
		}()
		select {
		case <-ended:
		case <-time.After(closeTimeout):
			kill(p.cmd)
			<-ended
		}
		_ = p.socket.Remove() // what is left is removed by the next
		close(p.gone)
	})
	return nil
}

// crashed returns what is known of a process that ended by itself, or nil if
// it lives. It waits a moment, as a broken connection is often seen first.
func (p *Plugin) crashed(when string) error {
	deadline := time.Now().Add(crashTimeout)
	for !p.client.Exited() {
		if time.Now().After(deadline) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	text := fmt.Sprintf("plugin %s ended %s", p.name, when)
	if state := p.cmd.ProcessState; state != nil {
		text += fmt.Sprintf(" (%v)", state)
	}
	if lines := p.stderr.String(); lines != "" {
		text += "; its last lines:\n" + lines
	}
	return client.Failf(nil, "%s", text)
}

// grpcPlugin has go-plugin hand out the connection.
type grpcPlugin struct{ plugin.NetRPCUnsupportedPlugin }

func (grpcPlugin) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("benchctl is no plugin")
}

func (grpcPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}
