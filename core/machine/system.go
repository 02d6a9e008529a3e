package machine

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// system is where the kernel's files are: the root folder, or one that a test has
// made. What is not there reads as empty.
type system string

const here system = "/"

func (s system) read(path ...string) string {
	text, err := os.ReadFile(filepath.Join(append([]string{string(s)}, path...)...))
	if err != nil {
		return ""
	}
	return string(text)
}

// mount is one of the mounts that this process sees.
type mount struct {
	device  string // major:minor
	root    string // what of the filesystem is mounted
	point   string
	kind    string
	options string // of the filesystem
}

func (s system) mounts() (mounts []mount) {
	for line := range strings.Lines(s.read("proc/self/mountinfo")) {
		front, back, _ := strings.Cut(line, " - ")
		left, right := strings.Fields(front), strings.Fields(back)
		if len(left) < 5 || len(right) < 1 {
			continue
		}
		mounts = append(mounts, mount{
			device: left[2], root: plain(left[3]), point: plain(left[4]),
			kind: right[0], options: right[len(right)-1],
		})
	}
	return mounts
}

// plain undoes how mountinfo writes spaces and what else would end a field.
func plain(field string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(field)
}

// number reads the first number of a text; ok is false of a text without one.
func number(text string) (n float64, ok bool) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return 0, false
	}
	n, err := strconv.ParseFloat(fields[0], 64)
	return n, err == nil
}

// entry returns the number behind a name in a file of lines of name and number.
func entry(text, name string) (n float64, ok bool) {
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return number(value)
		}
	}
	return 0, false
}
