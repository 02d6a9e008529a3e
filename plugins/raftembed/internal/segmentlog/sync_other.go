//go:build !linux

package segmentlog

import "os"

func syncData(f *os.File) error { return f.Sync() }
