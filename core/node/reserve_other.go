//go:build !linux

package node

import "io"

// claim knows no mark that ends with this process: another one may find the
// same port free until a node listens at it.
func claim(int) (io.Closer, error) { return unmarked{}, nil }

type unmarked struct{}

func (unmarked) Close() error { return nil }
