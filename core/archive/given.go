package archive

import (
	"context"
	"strings"
)

// GivenKeys returns the keys of parameters, options, variables and labels that any
// run has, such as param.size, in their order.
func (a *Archive) GivenKeys(ctx context.Context) ([]string, error) {
	const doing = "read what runs were given"
	var documents []string // each document once, as many runs have the same
	for prefix, at := range keyDocuments {
		documents = append(documents, "select '"+prefix+".' as prefix, "+at.column+" -> '"+strings.TrimSuffix(at.path, ".")+"' as document from runs r")
	}
	rows, err := a.reader.QueryContext(ctx, "select distinct prefix || key from ("+strings.Join(documents, " union ")+"), json_each(document) order by 1")
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	keys, err := collect(rows, func(key *string) error { return readRow(rows, key) })
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	return keys, nil
}
