// Package samplestable makes the samples inside an archive's chunks readable in
// SQL, as the table
//
//	samples(run_id, phase, thread, seq, op, status, intended_ns, start_ns, latency_ns)
//
// of every SQLite connection that this process opens after Register. It reads
// the tables chunks and phases of the connection's own database and changes
// nothing. Equality on run_id, phase and thread is looked up in their indexes;
// any other condition is tried on every sample.
package samplestable

// #cgo CFLAGS: -std=gnu11 -O2 -DMAX_COUNT=65536
// #cgo darwin LDFLAGS: -Wl,-undefined,dynamic_lookup
// #include "table.h"
import "C"

import (
	"fmt"
	"sync"
	"unsafe"

	_ "github.com/mattn/go-sqlite3" // holds the SQLite that table.c calls

	"github.com/benchctl/benchctl/core/sample"
)

// Samples are decoded straight into C's array.
const (
	_ = uint(unsafe.Sizeof(sample.Sample{}) - C.sizeof_benchctl_sample)
	_ = uint(C.sizeof_benchctl_sample - unsafe.Sizeof(sample.Sample{}))
	_ = uint(sample.MaxCount - C.MAX_COUNT)
	_ = uint(C.MAX_COUNT - sample.MaxCount)
)

// Register makes the table known to every connection opened from now on. More
// calls do nothing.
var Register = sync.OnceValue(func() error {
	ops, statuses := &C.benchctl_op_names, &C.benchctl_status_names
	for i := range ops {
		ops[i] = C.CString(sample.Op(i).String())
		statuses[i] = C.CString(sample.Status(i).String())
	}
	if rc := C.benchctl_samples_register(); rc != 0 {
		return fmt.Errorf("register the table samples: SQLite error %d", rc)
	}
	return nil
})

// benchctlImpossible says what is wrong with a count that no chunk can have.
//
//export benchctlImpossible
func benchctlImpossible(count C.int64_t) *C.char {
	return C.CString(fmt.Sprintf("%v: a count of %d", sample.ErrDamaged, int64(count)))
}

var decoders = sync.Pool{New: func() any { return sample.NewDecoder() }}

// benchctlDecode decodes a chunk of count samples into out. It returns what is
// wrong with the chunk, for the caller to free, or nil.
//
//export benchctlDecode
func benchctlDecode(data unsafe.Pointer, size C.int, out *C.benchctl_sample, count C.int) *C.char {
	d := decoders.Get().(*sample.Decoder)
	defer decoders.Put(d)
	// The room is exactly count: a chunk with more decodes into memory of Go's.
	room := unsafe.Slice((*sample.Sample)(unsafe.Pointer(out)), int(count))
	samples, err := d.Decode(room[:0], unsafe.Slice((*byte)(data), int(size)))
	if err != nil {
		return C.CString(err.Error())
	}
	if len(samples) != int(count) {
		return C.CString(fmt.Sprintf("%v: it holds %d samples, should hold %d", sample.ErrDamaged, len(samples), count))
	}
	return nil
}
