package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"
)

// quiet takes go-plugin's log, which speaks of its own workings as warnings and
// errors, at debug: what matters of it comes back as an error. The plugin's own
// lines, which go-plugin writes to a logger named after the binary, keep their
// levels.
type quiet struct {
	hclog.Logger
	binary, store string
}

func (q quiet) Info(text string, args ...any)  { q.Debug(text, args...) }
func (q quiet) Warn(text string, args ...any)  { q.Debug(text, args...) }
func (q quiet) Error(text string, args ...any) { q.Debug(text, args...) }

func (q quiet) Log(level hclog.Level, text string, args ...any) {
	q.Logger.Log(min(level, hclog.Debug), text, args...)
}

func (q quiet) Named(name string) hclog.Logger {
	if name == q.binary {
		return q.Logger.Named(q.store)
	}
	q.Logger = q.Logger.Named(name)
	return q
}

const (
	lastLines  = 50   // of a plugin's standard error, for the report of a crash
	lineLength = 4096 // a longer line is cut in pieces, so that memory stays bounded
)

// tail keeps the last lines that are written to it, as a person reads them.
type tail struct {
	mu    sync.Mutex
	lines []string
	rest  []byte // the line that has not ended yet
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest = append(t.rest, b...)
	for {
		end := bytes.IndexByte(t.rest, '\n')
		next := end + 1
		if end < 0 || end > lineLength {
			if len(t.rest) < lineLength {
				return len(b), nil
			}
			end, next = lineLength, lineLength
		}
		t.keep(t.rest[:end])
		t.rest = append(t.rest[:0], t.rest[next:]...)
	}
}

func (t *tail) keep(line []byte) {
	text := readable(line)
	if text == "" {
		return
	}
	t.lines = append(t.lines, text)
	if len(t.lines) > lastLines {
		t.lines = slices.Delete(t.lines, 0, 1)
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	if rest := readable(t.rest); rest != "" {
		lines = append(slices.Clone(lines), rest)
	}
	return strings.Join(lines, "\n")
}

// readable makes text of a line: hclog's JSON becomes level, message and
// values, and what is logged for debugging only becomes nothing.
func readable(line []byte) string {
	line = bytes.TrimRight(line, " \r\n")
	var entry map[string]any
	if len(line) == 0 || line[0] != '{' || json.Unmarshal(line, &entry) != nil {
		return string(line)
	}
	message, ok := entry["@message"].(string)
	if !ok {
		return string(line)
	}
	name, _ := entry["@level"].(string)
	level := hclog.LevelFromString(name)
	if level == hclog.Trace || level == hclog.Debug {
		return ""
	}
	text := fmt.Sprintf("[%s] %s", strings.ToUpper(name), message)
	for _, key := range slices.Sorted(maps.Keys(entry)) {
		if !strings.HasPrefix(key, "@") {
			text += fmt.Sprintf(" %s=%v", key, entry[key])
		}
	}
	return text
}
