package raftembed

import (
	"path/filepath"

	boltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"
)

// openLogStore opens a node's durable log, which also keeps its term and vote.
// Without sync an append is handed to the operating system, which may lose it.
//
// docs/stores/raftembed.md says why it is raft-boltdb and not raft-wal.
func openLogStore(dir string, sync bool) (*boltdb.BoltStore, error) {
	return boltdb.New(boltdb.Options{
		Path:                    filepath.Join(dir, "log.db"),
		BoltOptions:             &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType},
		NoSync:                  !sync,
		MsgpackUseNewTimeFormat: true,
	})
}
