package raftembed

import (
	"path/filepath"

	"github.com/benchctl/benchctl/plugins/raftembed/internal/segmentlog"
)

// openLogStore opens a node's durable log, which also keeps its term and vote.
// Without sync an append is handed to the operating system, which may lose it.
func openLogStore(dir string, sync bool) (*segmentlog.Log, error) {
	return segmentlog.Open(filepath.Join(dir, "log"), segmentlog.Options{NoSync: !sync})
}
