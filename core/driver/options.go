package driver

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/benchctl/benchctl/core/spelling"
)

// OptionType is the type of an option's value.
type OptionType string

// The types of options.
const (
	String   OptionType = "string"
	Int      OptionType = "int"
	Bool     OptionType = "bool"
	Duration OptionType = "duration"
	Path     OptionType = "path"    // of a file or folder
	Program  OptionType = "program" // path of a program, or its name on PATH
)

// Option is a setting of a driver, which is given as store.name=value.
type Option struct {
	Name    string     `json:"name"`
	Type    OptionType `json:"type"`
	Default string     `json:"default"`
	Allowed []string   `json:"allowed,omitempty"` // empty: any value of the type
	Help    string     `json:"help"`
}

// FillOptions checks the values that were given for a driver's options and
// returns a value for every one, the default where none was given. Paths are made
// absolute, so that they mean the same in whichever folder they are used.
func FillOptions(store string, options []Option, given map[string]string) (map[string]string, error) {
	filled := make(map[string]string, len(options))
	names := make([]string, 0, len(options))
	for _, o := range options {
		filled[o.Name] = o.Default
		names = append(names, o.Name)
		value, ok := given[o.Name]
		if !ok {
			continue
		}
		if err := o.check(value); err != nil {
			return nil, fmt.Errorf("option %s.%s: %w", store, o.Name, err)
		}
		var err error
		if filled[o.Name], err = o.resolve(value); err != nil {
			return nil, fmt.Errorf("option %s.%s: %w", store, o.Name, err)
		}
	}
	for name := range given {
		if _, ok := filled[name]; !ok {
			return nil, fmt.Errorf("store %s has no option %q%s; it has %s: see `benchctl plugin describe %s`", store, name, spelling.Meant(name, names), strings.Join(names, ", "), store)
		}
	}
	return filled, nil
}

// forms are what values of a type look like, for whoever has got one wrong.
var forms = map[OptionType]string{Int: "a whole number", Bool: "true or false", Duration: "one such as 500ms or 5s"}

func (o Option) check(value string) error {
	var err error
	switch o.Type {
	case String, Path, Program:
	case Int:
		_, err = strconv.Atoi(value)
	case Bool:
		_, err = strconv.ParseBool(value)
	case Duration:
		_, err = time.ParseDuration(value)
	default:
		return fmt.Errorf("type %q is none of string, int, bool, duration, path, program", o.Type)
	}
	if err != nil {
		return fmt.Errorf("%q is no %s: give %s", value, o.Type, forms[o.Type])
	}
	if len(o.Allowed) > 0 && !slices.Contains(o.Allowed, value) {
		return fmt.Errorf("%q is none of %v", value, o.Allowed)
	}
	return nil
}

// resolve makes a path absolute, and finds a program that is named without one.
func (o Option) resolve(value string) (string, error) {
	switch {
	case value == "" || o.Type != Path && o.Type != Program:
		return value, nil
	case strings.ContainsRune(value, 0) || !utf8.ValidString(value):
		return "", fmt.Errorf("%q is no path in UTF-8: name another", value)
	case o.Type == Program && filepath.Base(value) == value:
		found, err := exec.LookPath(value)
		if err != nil {
			return "", fmt.Errorf("there is no program %s on PATH: name its path, such as ./%s", value, value)
		}
		value = found
	}
	return filepath.Abs(value)
}

// The values of options, which FillOptions has checked.

// Option returns an option's text.
func (s Setup) Option(name string) string { return s.Options[name] }

// Bool returns the value of an option of type bool.
func (s Setup) Bool(name string) bool {
	v, _ := strconv.ParseBool(s.Options[name])
	return v
}

// Int returns the value of an option of type int.
func (s Setup) Int(name string) int {
	v, _ := strconv.Atoi(s.Options[name])
	return v
}

// Duration returns the value of an option of type duration.
func (s Setup) Duration(name string) time.Duration {
	v, _ := time.ParseDuration(s.Options[name])
	return v
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Check finds the mistakes that an author can make.
func (i Info) Check() error {
	if !namePattern.MatchString(i.Name) {
		return fmt.Errorf("driver name %q: use lower-case letters, digits and hyphens, a letter first", i.Name)
	}
	if i.Session == nil {
		return fmt.Errorf("driver %s: Info.Session is nil: set it to a nil pointer of the session's type, so that its capabilities are known", i.Name)
	}
	for _, o := range i.Options {
		if err := o.check(o.Default); err != nil {
			return fmt.Errorf("driver %s: default of option %s: %w", i.Name, o.Name, err)
		}
	}
	return nil
}
