package archive

import "context"

var identityTable = runTable.only("id", "uid")

// Identified returns the ids of the runs with some identities, in ascending order,
// and the identities that no run has.
func (a *Archive) Identified(ctx context.Context, uids []string) (ids []int64, missing []string, err error) {
	found := make(map[string]bool, len(uids))
	for _, uid := range uids {
		found[uid] = false
	}
	err = identityTable.each(ctx, a.reader, "order by id", nil, func(r *archivedRun) error {
		if _, wanted := found[r.UID]; wanted {
			found[r.UID] = true
			ids = append(ids, r.ID)
		}
		return nil
	})
	if err != nil {
		return nil, nil, explain(a.path, "read the identities of runs", err)
	}
	for _, uid := range uids {
		if !found[uid] {
			missing = append(missing, uid)
		}
	}
	return ids, missing, nil
}
