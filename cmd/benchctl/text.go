package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/benchctl/benchctl/core/format"
)

// output writes text that holds what others have written: names, errors, logs,
// whatever stands in an archive. No character of it steers a terminal: those that
// would are written as an escape.
//
// A write that fails ends nothing: whoever does not want the output any more has
// closed it, and an experiment goes on without. The first error is kept.
type output struct {
	mu      sync.Mutex
	out     io.Writer
	escape  func(rune) string
	pending []byte // the beginning of a character
	err     error
}

// newText writes text for people.
func newText(out io.Writer) *output { return &output{out: out, escape: format.Escape} }

// newJSON writes JSON, in which an escape is the character itself.
func newJSON(out io.Writer) *output { return &output{out: out, escape: inJSON} }

// newData writes data for other programs as it is, and to a terminal as text.
func newData(out io.Writer) *output {
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return newText(out)
	}
	return &output{out: out}
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := b
	if o.escape != nil {
		text = o.escaped(b)
	}
	if o.err == nil {
		_, o.err = o.out.Write(text)
	}
	return len(b), nil
}

// failure is why the output did not take everything, unless nobody wants it.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, gone := range []error{syscall.EPIPE, syscall.EIO, syscall.EBADF, os.ErrClosed} {
		if errors.Is(o.err, gone) {
			return nil
		}
	}
	return o.err
}

func (o *output) escaped(b []byte) []byte {
	if len(o.pending) > 0 {
		b, o.pending = append(o.pending, b...), nil
	}
	var text bytes.Buffer
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1 && !utf8.FullRune(b):
			o.pending = bytes.Clone(b)
			return text.Bytes()
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&text, `\x%02x`, b[0])
		case format.Steers(r):
			text.WriteString(o.escape(r))
		default:
			text.Write(b[:size])
		}
		b = b[size:]
	}
	return text.Bytes()
}

func inJSON(r rune) string {
	if r > 0xffff {
		r -= 0x10000
		return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
