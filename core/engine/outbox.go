package engine

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/benchctl/benchctl/core/protocol/driverpb"
)

// OutboxMemory is how many bytes of events wait in memory for benchctl to take
// them; what comes after waits in a temporary file.
const OutboxMemory = 32 << 20

// Outbox is a queue of events that never makes its writer wait for its reader:
// past its memory it spills to a file, in order.
type Outbox struct {
	dir   string // of the temporary file
	limit int    // bytes in memory

	mu      sync.Mutex
	changed *sync.Cond
	memory  []*driverpb.RunEvent
	bytes   int
	file    *os.File
	read    int64 // where the next event in the file begins
	written int64 // where the file ends
	spilled int64
	closed  bool
	err     error
}

// NewOutbox returns an outbox that keeps so many bytes in memory, and what comes
// after in a temporary file in dir.
func NewOutbox(dir string, limit int) *Outbox {
	o := &Outbox{dir: dir, limit: limit}
	o.changed = sync.NewCond(&o.mu)
	return o
}

// Put adds an event. It fails when the event can be kept neither in memory nor
// in the file, or when the reader is gone.
func (o *Outbox) Put(event *driverpb.RunEvent) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	defer o.changed.Signal()
	size := proto.Size(event)
	if o.written == o.read && o.bytes+size <= o.limit {
		o.memory = append(o.memory, event)
		o.bytes += size
		return nil
	}
	if err := o.spill(event); err != nil {
		o.err = fmt.Errorf("keep samples that benchctl has not taken in %s: %w: free space there, or set TMPDIR to a larger disk", o.dir, err)
	}
	return o.err
}

func (o *Outbox) spill(event *driverpb.RunEvent) error {
	if o.file == nil {
		file, err := os.CreateTemp(o.dir, "benchctl-spill-*")
		if err != nil {
			return err
		}
		// The open file goes on to exist without its name, and cannot be left behind.
		if err := os.Remove(file.Name()); err != nil {
			return err
		}
		o.file = file
	}
	record, err := proto.MarshalOptions{}.MarshalAppend(make([]byte, 4, 4+proto.Size(event)), event)
	if err != nil {
		return err
	}
	binary.LittleEndian.PutUint32(record, uint32(len(record)-4))
	n, err := o.file.WriteAt(record, o.written)
	if err != nil {
		return err
	}
	o.written += int64(n)
	o.spilled += int64(n)
	return nil
}

// Take waits for the next event. It returns nil after Close, once all are taken.
func (o *Outbox) Take() (*driverpb.RunEvent, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.memory) == 0 && o.read == o.written && !o.closed {
		o.changed.Wait()
	}
	if len(o.memory) > 0 {
		event := o.memory[0]
		o.memory[0] = nil
		if o.memory = o.memory[1:]; len(o.memory) == 0 {
			o.memory = nil
		}
		o.bytes -= proto.Size(event)
		return event, nil
	}
	if o.read == o.written {
		return nil, nil
	}
	return o.unspill()
}

func (o *Outbox) unspill() (*driverpb.RunEvent, error) {
	var size [4]byte
	if _, err := o.file.ReadAt(size[:], o.read); err != nil {
		return nil, fmt.Errorf("read back spilled samples: %w", err)
	}
	record := make([]byte, binary.LittleEndian.Uint32(size[:]))
	if _, err := o.file.ReadAt(record, o.read+4); err != nil {
		return nil, fmt.Errorf("read back spilled samples: %w", err)
	}
	event := new(driverpb.RunEvent)
	if err := proto.Unmarshal(record, event); err != nil {
		return nil, fmt.Errorf("read back spilled samples: %w", err)
	}
	o.read += int64(4 + len(record))
	if o.read == o.written {
		o.read, o.written = 0, 0
		if err := o.file.Truncate(0); err != nil {
			return nil, fmt.Errorf("empty the file of spilled samples: %w", err)
		}
	}
	return event, nil
}

// idle reports whether nothing waits.
func (o *Outbox) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.memory) == 0 && o.read == o.written
}

// Fail makes every later Put fail with err: the reader is gone.
func (o *Outbox) Fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
	o.changed.Broadcast()
}

// Close lets Take end once everything is taken.
func (o *Outbox) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.changed.Broadcast()
}

// Release closes the file.
func (o *Outbox) Release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file != nil {
		o.file.Close()
		o.file = nil
	}
}

// spilledBytes returns how much went through the file.
func (o *Outbox) spilledBytes() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.spilled
}
