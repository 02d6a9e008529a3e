package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"testing"
	"unicode"
)

// steeringText is text that would steer a terminal: colours, titles, a line written
// over, a bell, text that runs backwards, what is not UTF-8.
const steeringText = "a\x1b[31mb\x1b]0;title\ac\rd\x00\x7fe\u009b31mf\u202eg\u2066h\u200bi\u2028j\U000e0041k\xffl ü 界 \u200d\n\tend"

func TestTextSteersNoTerminal(t *testing.T) {
	for size := 1; size < len(steeringText)+1; size++ {
		var out bytes.Buffer
		o := newText(&out)
		for rest := []byte(steeringText); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			if _, err := o.Write(rest[:min(size, len(rest))]); err != nil {
				t.Fatal(err)
			}
		}
		want := `a\x1b[31mb\x1b]0;title\x07c\rd\x00\x7fe\u009b31mf\u202eg\u2066h\u200bi\u2028j\U000e0041k\xffl` + " ü 界 \u200d\n\tend"
		if got := out.String(); got != want {
			t.Fatalf("%d bytes at a time:\n got %q\nwant %q", size, got, want)
		}
	}
}

func TestJSONStaysWhatItIs(t *testing.T) {
	var out bytes.Buffer
	text := strings.ToValidUTF8(steeringText, "") // JSON cannot have anything else
	if err := json.NewEncoder(newJSON(&out)).Encode(map[string]string{text: text}); err != nil {
		t.Fatal(err)
	}
	for _, r := range out.String() {
		if r != '\n' && r != '\u200d' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("%q in %s", r, out.String())
		}
	}
	got := map[string]string{}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got[text] != text {
		t.Errorf("%v: %q", err, got)
	}
}

// failing is an output that takes nothing.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestAnOutputThatFailsEndsNothing(t *testing.T) {
	for err, fails := range map[error]bool{syscall.EPIPE: false, syscall.EIO: false, syscall.EBADF: false, syscall.ENOSPC: true} {
		o := newText(failing{err})
		for range 2 {
			if n, err := o.Write([]byte("text")); n != 4 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		}
		if got := o.failure(); (got != nil) != fails || fails && !errors.Is(got, err) {
			t.Errorf("%v: %v", err, got)
		}
	}
}
