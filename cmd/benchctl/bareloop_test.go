package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"
	"golang.org/x/sys/unix"
)

// bareLoopCommand ENDPOINT THREADS makes the calls of create-set-delete, does
// nothing else, and prints the rate of each operation as JSON.
const bareLoopCommand = "bare-zookeeper-loop"

func runBareLoopCommand() {
	threads, err := strconv.Atoi(os.Args[2])
	must(err)
	l := newBareLoop(os.Args[1], threads)
	l.warmUp()
	must(json.NewEncoder(os.Stdout).Encode(l.run()))
	l.close()
}

// must ends the command: a pair in which something failed is none.
func must(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", bareLoopCommand, err)
		os.Exit(1)
	}
}

var bareACL = zk.WorldACL(zk.PermAll)

// bareLoop is connections of go-zookeeper, each with a folder of its own.
type bareLoop struct {
	conns   []*zk.Conn
	folders []string
	value   []byte
}

func newBareLoop(endpoint string, threads int) *bareLoop {
	l := &bareLoop{value: make([]byte, peerValue)}
	run := fmt.Sprintf("0-%08x", time.Now().UnixNano()&0xffffffff) // a new folder, and as long as ours
	for thread := range threads {
		conn, _, err := zk.Connect([]string{endpoint}, 10*time.Second, zk.WithLogInfo(false))
		must(err)
		folder := ""
		for _, name := range []string{"benchctl", run, fmt.Sprintf("t%03d", thread)} {
			folder += "/" + name
			if _, err := conn.Create(folder, nil, zk.FlagPersistent, bareACL); !errors.Is(err, zk.ErrNodeExists) {
				must(err)
			}
		}
		l.conns, l.folders = append(l.conns, conn), append(l.folders, folder)
	}
	return l
}

func (l *bareLoop) close() {
	for _, conn := range l.conns {
		conn.Close()
	}
}

func (l *bareLoop) key(thread, i int) string { return fmt.Sprintf("%s/%08d", l.folders[thread], i) }

func (l *bareLoop) create(thread, i int) error {
	_, err := l.conns[thread].Create(l.key(thread, i), l.value, zk.FlagPersistent, bareACL)
	return err
}

func (l *bareLoop) set(thread, i int) error {
	_, err := l.conns[thread].Set(l.key(thread, i), l.value, -1)
	return err
}

func (l *bareLoop) delete(thread, i int) error {
	return l.conns[thread].Delete(l.key(thread, i), -1)
}

// warmUp makes all three calls in turn, for as long as benchctl does.
func (l *bareLoop) warmUp() {
	l.phase(time.Second, func(thread, i int) (bool, error) {
		return true, errors.Join(l.create(thread, i), l.set(thread, i), l.delete(thread, i))
	})
}

// run creates for a time, sets what was created for as long, and deletes it.
func (l *bareLoop) run() map[string]rate {
	created, deleted := make([]int, len(l.conns)), make([]int, len(l.conns))
	rates := map[string]rate{}
	rates["create"] = l.phase(phaseLasts, func(thread, i int) (bool, error) {
		created[thread] = i + 1
		return true, l.create(thread, i)
	})
	rates["set"] = l.phase(phaseLasts, func(thread, i int) (bool, error) {
		return true, l.set(thread, i%created[thread])
	})
	rates["delete"] = l.phase(phaseLasts, func(thread, i int) (bool, error) {
		if i == created[thread] {
			return false, nil
		}
		deleted[thread] = i + 1
		return true, l.delete(thread, i)
	})
	for thread := range l.conns { // what was left when the first thread was through
		for i := deleted[thread]; i < created[thread]; i++ {
			must(l.delete(thread, i))
		}
	}
	return rates
}

// phase calls from all threads until the time is over or one of them has
// nothing left to do.
func (l *bareLoop) phase(lasts time.Duration, call func(thread, i int) (bool, error)) rate {
	var calls atomic.Int64
	var over atomic.Bool
	var group sync.WaitGroup
	began, spent := time.Now(), processorTime()
	for thread := range l.conns {
		group.Go(func() {
			for i := 0; !over.Load() && time.Since(began) < lasts; i++ {
				did, err := call(thread, i)
				must(err)
				if !did {
					over.Store(true)
					return
				}
				calls.Add(1)
			}
		})
	}
	group.Wait()
	n := float64(calls.Load())
	return rate{Ops: n / time.Since(began).Seconds(), CPU: (processorTime() - spent).Seconds() / n}
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var usage unix.Rusage
	must(unix.Getrusage(unix.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
