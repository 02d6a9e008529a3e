package yamlfile

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Scalar reads a single value as it was written.
func (f *File) Scalar(e Entry) (text string, at Place) {
	at = f.At(e.Value)
	switch node := e.Value.(type) {
	case *ast.StringNode:
		return node.Value, at
	case *ast.LiteralNode:
		return node.Value.Value, at
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return node.GetToken().Value, at
	}
	f.Fail(at, "%s is %s: it should be a single value", e.Name, kind(e.Value))
	return "", at
}

// TextOf reads a value that is text, without space around it.
func (f *File) TextOf(e Entry) string {
	switch e.Value.(type) {
	case *ast.StringNode, *ast.LiteralNode:
	default:
		f.Fail(f.At(e.Value), "%s is %s: it should be text", e.Name, Describe(e.Value))
	}
	text, _ := f.Scalar(e)
	return strings.TrimSpace(text)
}

// Boolean reads true or false.
func (f *File) Boolean(e Entry) bool {
	node, ok := e.Value.(*ast.BoolNode)
	if !ok {
		f.Fail(f.At(e.Value), "%s is %s: it should be true or false", e.Name, Describe(e.Value))
	}
	return node.Value
}

// Whole reads a whole number within bounds.
func (f *File) Whole(e Entry, least, most uint64) uint64 {
	text, at := f.Scalar(e)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		f.Fail(at, "%s: %q is no whole number", e.Name, text)
	}
	if n < least || n > most {
		f.Fail(at, "%s: %d is not within %d to %d", e.Name, n, least, most)
	}
	return n
}

// Items returns the items of a list, each as an entry with the list's name.
func (f *File) Items(e Entry) []Entry {
	list, ok := e.Value.(ast.ArrayNode)
	if !ok {
		f.Fail(f.At(e.Value), "%s is %s: it should be a list", e.Name, Describe(e.Value))
	}
	var items []Entry
	for i := list.ArrayRange(); i.Next(); {
		items = append(items, Entry{Name: e.Name, At: f.At(i.Value()), Value: i.Value()})
	}
	return items
}

// Describe says what a node is, for errors.
func Describe(node ast.Node) string {
	switch node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	case *ast.BoolNode:
		return "a boolean"
	}
	return kind(node)
}

func kind(node ast.Node) string {
	switch node.(type) {
	case ast.MapNode:
		return "a mapping"
	case ast.ArrayNode:
		return "a list"
	case *ast.NullNode, nil:
		return "empty"
	}
	return "a single value"
}
