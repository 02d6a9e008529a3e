package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/spelling"
)

// selected reads the expression that the words of a command line make.
func selected(ctx context.Context, from *archive.Archive, words []string) (*selection.Expression, error) {
	text := strings.Join(words, " ")
	expression, err := selection.Parse(text)
	var unknown *selection.UnknownKey
	if errors.As(err, &unknown) {
		if keys, err := from.GivenKeys(ctx); err == nil { // else it is said without
			unknown.Meant(keys)
			return nil, usagef("selection %q: %w", text, unknown)
		}
	}
	if err != nil {
		return nil, &usageError{err}
	}
	return expression, nil
}

// warnOf says of what a selection names that no run has it: it is misspelt
// perhaps, though enough is selected by the rest.
func (a *app) warnOf(ctx context.Context, from *archive.Archive, missing []selection.Missing) {
	var notes []string
	for _, m := range missing {
		note := m.Text + " matches no run"
		if word := meant(ctx, from, m); word != "" {
			note += fmt.Sprintf("; did you mean %s?", word)
		}
		notes = append(notes, note)
	}
	report.Notes(a.stderr, "!", notes)
}

// meant is what was probably meant by something that no run has, or empty.
func meant(ctx context.Context, from *archive.Archive, m selection.Missing) string {
	if m.Key == "" {
		return m.Meant
	}
	keys, _ := from.GivenKeys(ctx) // without them there is no guess
	return nearestKey(m.Key, keys)
}

// nearestKey returns the key of the same kind that differs least from one that no
// run has, or else one of another kind with the same name.
func nearestKey(key string, keys []string) string {
	name := selection.Short(key)
	kind := strings.TrimSuffix(key, name)
	var names []string
	for _, other := range keys {
		if strings.HasPrefix(other, kind) {
			names = append(names, selection.Short(other))
		}
	}
	if nearest := spelling.Nearest(name, names); nearest != "" {
		return kind + nearest
	}
	if i := slices.IndexFunc(keys, func(other string) bool { return selection.Short(other) == name }); i >= 0 {
		return keys[i]
	}
	return ""
}

// explained says what to do about a selection of which there is nothing.
func (a *app) explained(ctx context.Context, from *archive.Archive, err error) error {
	var none *comparison.NoRuns
	switch {
	case !errors.As(err, &none):
		return err
	case none.Of == 0:
		return fmt.Errorf("%s has no runs yet: make some with `benchctl run`", a.archivePath)
	}
	named := slices.DeleteFunc(slices.Clone(none.Alone), func(term string) bool { return term == none.Selection })
	var near []string
	for _, m := range none.Missing {
		key, _, _ := strings.Cut(m.Text, ":")
		if !slices.ContainsFunc(none.Alone, func(term string) bool { return strings.HasPrefix(term, key+":") }) {
			named = append(named, m.Text)
		}
		if word := meant(ctx, from, m); word != "" && !slices.Contains(near, word) {
			near = append(near, word)
		}
	}
	why := ""
	if len(named) > 0 {
		why = "; none has " + strings.Join(named, ", and none ")
	}
	if len(near) > 0 {
		why += fmt.Sprintf(" (did you mean %s?)", strings.Join(near, " or "))
	}
	return fmt.Errorf("no run matches %q%s: `benchctl runs` lists all %d", none.Selection, why, none.Of)
}
