package segmentlog

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Set stores a value, durably.
func (l *Log) Set(key, value []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.room(paddedSize(4 + len(key) + len(value))); err != nil {
		return err
	}
	l.buffer = seal(appendValue(begin(l.buffer), key, value), 0, l.active().number, kindValue, l.stamp())
	if err := l.write(); err != nil {
		return err
	}
	if err := l.commit(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.values[string(key)] = bytes.Clone(value)
	return nil
}

// Get returns a value, or an error "not found".
func (l *Log) Get(key []byte) ([]byte, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	value, ok := l.values[string(key)]
	if !ok {
		return nil, errNotFound
	}
	return bytes.Clone(value), nil
}

// SetUint64 stores a number, durably.
func (l *Log) SetUint64(key []byte, value uint64) error {
	return l.Set(key, binary.LittleEndian.AppendUint64(nil, value))
}

// GetUint64 returns a number, or 0 and an error "not found".
func (l *Log) GetUint64(key []byte) (uint64, error) {
	value, err := l.Get(key)
	if err != nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("segmentlog: %s is no number", key)
	}
	return binary.LittleEndian.Uint64(value), nil
}
