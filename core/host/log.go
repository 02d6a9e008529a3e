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
// errors, at debug: what matters of it comes back as an error. The plugin's
// lines, which go-plugin writes to a logger named after the binary, are left
// out: they are routed here, those from its standard error like the others.
type quiet struct {
	hclog.Logger
	binary string
}

func (q quiet) Info(text string, args ...any)  { q.Debug(text, args...) }
func (q quiet) Warn(text string, args ...any)  { q.Debug(text, args...) }
func (q quiet) Error(text string, args ...any) { q.Debug(text, args...) }

func (q quiet) Log(level hclog.Level, text string, args ...any) {
	q.Logger.Log(min(level, hclog.Debug), text, args...)
}

func (q quiet) Named(name string) hclog.Logger {
	if name == q.binary {
		return hclog.NewNullLogger()
	}
	q.Logger = q.Logger.Named(name)
	return q
}

const (
	lastLines  = 50   // of a plugin's output, for the report of a crash
	lineLength = 4096 // a longer line is cut in pieces, so that memory stays bounded
)

// lines splits what is written to it.
type lines struct {
	take func(line []byte)

	mu   sync.Mutex
	rest []byte // the line that has not ended yet
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		next := end + 1
		if end < 0 || end > lineLength {
			if len(l.rest) < lineLength {
				return len(b), nil
			}
			end, next = lineLength, lineLength
		}
		l.take(bytes.TrimRight(l.rest[:end], " \t\r"))
		l.rest = append(l.rest[:0], l.rest[next:]...)
	}
}

// tail keeps the last lines that a plugin wrote, as a person reads them. What
// is there for debugging only is left out.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) keep(line []byte) {
	e := parse(line)
	if e.text == "" || e.json && (e.level == hclog.Trace || e.level == hclog.Debug) {
		return
	}
	text := string(line)
	if e.json {
		text = fmt.Sprintf("[%s] %s", strings.ToUpper(e.level.String()), e.text)
		for i := 0; i < len(e.values); i += 2 {
			text += fmt.Sprintf(" %v=%v", e.values[i], e.values[i+1])
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, text)
	if len(t.lines) > lastLines {
		t.lines = slices.Delete(t.lines, 0, 1)
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "\n")
}

// router logs the lines of one stream at their levels, and keeps the last ones.
type router struct {
	log      hclog.Logger
	tail     *tail
	panicked bool // what has no level belongs to the trace of a panic
}

func (r *router) take(line []byte) {
	r.tail.keep(line)
	e := parse(line)
	if strings.HasPrefix(e.text, "panic: ") || strings.HasPrefix(e.text, "fatal error: ") {
		r.panicked = true
	}
	if r.panicked && !e.json {
		e.level = hclog.Error
	}
	if e.text != "" {
		r.log.Log(e.level, e.text, e.values...)
	}
}

// entry is a line of a plugin's log.
type entry struct {
	level  hclog.Level
	text   string
	values []any // key, value, key, value, …
	json   bool
}

var levels = map[string]hclog.Level{
	"[TRACE]": hclog.Trace, "[DEBUG]": hclog.Debug, "[INFO]": hclog.Info, "[WARN]": hclog.Warn, "[ERROR]": hclog.Error,
}

// parse reads a line in hclog's JSON form, or in its text form, where the level
// stands first or after the time. Any other line is at debug.
func parse(line []byte) entry {
	var object map[string]any
	if len(line) > 0 && line[0] == '{' && json.Unmarshal(line, &object) == nil {
		text, isText := object["@message"].(string)
		name, _ := object["@level"].(string)
		if level := hclog.LevelFromString(name); isText && level != hclog.NoLevel {
			e := entry{level: level, text: text, json: true}
			for _, key := range slices.Sorted(maps.Keys(object)) {
				if !strings.HasPrefix(key, "@") {
					e.values = append(e.values, key, object[key])
				}
			}
			return e
		}
	}
	e := entry{level: hclog.Debug, text: string(line)}
	for i, word := range strings.Fields(e.text) {
		if level, ok := levels[word]; ok {
			_, e.text, _ = strings.Cut(e.text, word)
			e.level, e.text = level, strings.TrimSpace(e.text)
		}
		if i == 1 {
			break
		}
	}
	return e
}
