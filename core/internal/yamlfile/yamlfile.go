// Package yamlfile reads the files that people write, such as workload
// definitions, from their syntax trees, so that every mistake has a place. It
// knows the shape of a file and not what its fields mean.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/benchctl/benchctl/core/spelling"
)

// Place is where something stands in a file, counted from 1.
type Place struct{ Line, Column int }

// Error is a mistake in a file.
type Error struct {
	File         string
	Line, Column int // from 1
	Msg          string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg) }

// Errorf returns a mistake at a place.
func Errorf(file string, at Place, format string, args ...any) *Error {
	return &Error{File: file, Line: at.Line, Column: at.Column, Msg: oneLine(fmt.Sprintf(format, args...))}
}

// within moves a place that the YAML library puts beyond the text to its end,
// or to the end of its line.
func (e *Error) within(text []byte) *Error {
	lines := bytes.Split(text, []byte("\n"))
	if e.Line > len(lines) {
		e.Line, e.Column = len(lines), math.MaxInt
	}
	e.Column = min(e.Column, utf8.RuneCount(lines[e.Line-1])+1)
	return e
}

// oneLine replaces what would break a message into lines.
func oneLine(message string) string {
	return strings.Join(strings.FieldsFunc(message, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }), " ")
}

// File is a file that is being read. The first mistake ends the reading by a
// panic with an *Error, which Read returns.
type File struct {
	Path   string // in errors
	Holds  string // what a file holds, such as "a definition"
	Begins string // how such a file begins, for the person whose file is empty
}

// Read parses a source and hands the root of its tree to read, which may fail
// by Fail and by the other methods. Every error is an *Error.
func (f *File) Read(source []byte, read func(root ast.Node)) (err error) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case *Error:
			err = problem.within(source)
		default:
			err = Errorf(f.Path, Place{1, 1}, "this is no YAML that can be read: %v", problem)
		}
	}()
	read(f.root(source))
	return nil
}

// Fail ends the reading with a mistake.
func (f *File) Fail(at Place, format string, args ...any) {
	panic(Errorf(f.Path, at, format, args...))
}

func (f *File) root(source []byte) ast.Node {
	tree, err := parser.ParseBytes(f.text(source), 0)
	if err != nil {
		var problem yaml.Error
		if errors.As(err, &problem) && problem.GetToken() != nil {
			f.Fail(placeOf(problem.GetToken()), "%s", problem.GetMessage())
		}
		f.Fail(Place{1, 1}, "this is no YAML that can be read: %v", err)
	}
	var bodies []ast.Node
	for _, document := range tree.Docs {
		if document.Body != nil {
			bodies = append(bodies, document.Body)
		}
	}
	switch len(bodies) {
	case 0:
		f.Fail(Place{1, 1}, "the file is empty: %s begins with %s", f.Holds, f.Begins)
	case 1:
	default:
		_, noun, _ := strings.Cut(f.Holds, " ")
		f.Fail(f.At(bodies[1]), "a file holds one %s: move this one to a file of its own", noun)
	}
	return bodies[0]
}

func placeOf(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return Place{1, 1}
	}
	return Place{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// At returns where a node stands. The constructs of YAML that would let a
// value stand elsewhere than where it is used are refused.
func (f *File) At(node ast.Node) Place {
	if node == nil {
		return Place{1, 1}
	}
	at := placeOf(node.GetToken())
	if mapping, ok := node.(*ast.MappingNode); ok && len(mapping.Values) > 0 && !mapping.IsFlowStyle {
		at = placeOf(mapping.Values[0].Key.GetToken())
	}
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		f.Fail(at, "anchors, aliases, merges and tags are not part of the language: write the value out, or make it a parameter")
	}
	return at
}

// Entry is one field of a mapping.
type Entry struct {
	Name  string
	At    Place
	Value ast.Node
}

// Entries returns a mapping's fields in their order. what names the mapping.
func (f *File) Entries(node ast.Node, what string) []Entry {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		f.Fail(f.At(node), "%s is %s: it should have fields", what, kind(node))
	}
	var entries []Entry
	seen := map[string]bool{}
	for i := mapping.MapRange(); i.Next(); {
		key, ok := i.Key().(*ast.StringNode)
		if !ok {
			f.Fail(f.At(i.Key()), "%s: a field's name should be plain text", what)
		}
		e := Entry{Name: key.Value, At: f.At(key), Value: i.Value()}
		if seen[e.Name] {
			f.Fail(e.At, "%s has the field %q twice", what, e.Name)
		}
		seen[e.Name] = true
		entries = append(entries, e)
	}
	return entries
}

// Fields returns a mapping's fields by name, and refuses those it cannot have.
func (f *File) Fields(node ast.Node, what string, allowed ...string) map[string]Entry {
	fields := map[string]Entry{}
	for _, e := range f.Entries(node, what) {
		if !slices.Contains(allowed, e.Name) {
			f.Fail(e.At, "%s has no field %q%s; it can have %s", what, e.Name, spelling.Meant(e.Name, allowed), strings.Join(allowed, ", "))
		}
		fields[e.Name] = e
	}
	return fields
}
