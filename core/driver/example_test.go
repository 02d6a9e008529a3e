package driver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/driver"
)

// The smallest driver: a map behind a lock, without a single optional interface.
// With a main that calls plugin.Serve(smallest{}) it is a whole plugin.
type smallest struct{}

func (smallest) Info() driver.Info {
	return driver.Info{Name: "smallest", Version: "0.1.0", Summary: "a map behind a lock", Session: (*client)(nil)}
}

func (smallest) Guarantees(_ context.Context, setup driver.Setup) (driver.Guarantees, error) {
	if setup.Nodes != 1 || setup.External {
		return driver.Guarantees{}, errors.New("smallest is one map in one process: ask for one node")
	}
	return driver.Guarantees{Durability: driver.DurableMemory, Reads: driver.Linearizable}, nil
}

func (smallest) Open(context.Context, driver.Setup) (driver.Store, error) {
	return &table{values: map[string][]byte{}}, nil
}

type table struct {
	mu     sync.Mutex
	values map[string][]byte
}

func (t *table) Session(context.Context, int) (driver.Session, error) { return &client{t}, nil }
func (t *table) Close() error                                         { return nil }

type client struct{ *table }

func (c *client) Create(_ context.Context, key, value []byte) error {
	return c.write(key, value, func(present bool) error {
		if present {
			return driver.ErrExists
		}
		return nil
	})
}

func (c *client) Set(_ context.Context, key, value []byte) error {
	return c.write(key, value, func(present bool) error {
		if !present {
			return driver.ErrNotFound
		}
		return nil
	})
}

func (c *client) write(key, value []byte, may func(present bool) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, present := c.values[string(key)]
	if err := may(present); err != nil {
		return err
	}
	c.values[string(key)] = bytes.Clone(value) // the slices are the caller's
	return nil
}

func (c *client) Get(_ context.Context, key []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, present := c.values[string(key)]
	if !present {
		return nil, driver.ErrNotFound
	}
	return value, nil
}

func (c *client) Delete(_ context.Context, key []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, present := c.values[string(key)]; !present {
		return driver.ErrNotFound
	}
	delete(c.values, string(key))
	return nil
}

func (c *client) List(_ context.Context, prefix []byte) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var keys []string
	for key := range c.values {
		if strings.HasPrefix(key, string(prefix)) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (c *client) Close() error { return nil }

func Example() {
	ctx := context.Background()
	var d driver.Driver = smallest{}
	store, err := d.Open(ctx, driver.Setup{Nodes: 1, Reads: driver.Linearizable, Timeout: time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	session, err := store.Session(ctx, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.Create(ctx, []byte("/a/1"), []byte("x")))
	fmt.Println(session.Create(ctx, []byte("/a/1"), []byte("y")))
	fmt.Println(session.List(ctx, []byte("/a/")))
	fmt.Println(session.List(ctx, []byte("/b/")))
	// Output:
	// <nil>
	// exists
	// [/a/1] <nil>
	// [] <nil>
}

// A store's own error is kept beneath its class, which is what is counted.
func ExampleClassed() {
	refused := errors.New("connection refused")
	err := driver.Classed(driver.Unavailable, refused)
	fmt.Println(err)
	fmt.Println(driver.Classify(err), errors.Is(err, driver.ErrUnavailable), errors.Is(err, refused))
	// Output:
	// unavailable: connection refused
	// unavailable true true
}

// What a session can do beside the operations of every session follows from its
// methods.
func ExampleCapabilitiesOf() {
	fmt.Println(driver.CapabilitiesOf((*client)(nil)))
	fmt.Println(driver.CapabilitiesOf((*putting)(nil)))
	// Output:
	// []
	// [put]
}

type putting struct{ client }

func (p *putting) Put(_ context.Context, key, value []byte) error {
	return p.write(key, value, func(bool) error { return nil })
}

// A client on a bare socket is broken off by closing the connection that it has;
// its next operation opens another.
func ExampleNewGuard() {
	here, there := net.Pipe() // there is a server that never answers
	defer there.Close()
	guard := driver.NewGuard(10*time.Millisecond, func(bool) { here.Close() })
	defer guard.Release()

	guard.Begin(context.Background())
	_, err := here.Write([]byte("get /a\n"))
	fmt.Println(err != nil, guard.End())
	// Output: true timeout
}

// A Guard ends an operation that takes too long, though the store never answers.
func ExampleGuard() {
	guard := driver.NewGuard(10*time.Millisecond, nil)
	defer guard.Release()

	ctx := guard.Begin(context.Background())
	<-ctx.Done() // as a client that heeds its context does
	fmt.Println(guard.End())
	// Output: timeout
}
