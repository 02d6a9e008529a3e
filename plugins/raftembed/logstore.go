package raftembed

import (
	"github.com/hashicorp/go-hclog"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/fs"
	"github.com/hashicorp/raft-wal/segment"
	"github.com/hashicorp/raft-wal/types"
)

// segmentSize is the size in bytes of the files that hold the log. They are
// allocated in advance, so that an append changes only data.
const segmentSize = 16 << 20

// logStore is a node's durable log, and beside it the term and the vote.
type logStore struct{ *wal.WAL }

// openLogStore opens the log in a folder. Without sync an append is handed to
// the operating system, which may lose it.
func openLogStore(dir string, sync bool, log hclog.Logger) (*logStore, error) {
	var files types.VFS = fs.New()
	if !sync {
		files = unsynced{files}
	}
	w, err := wal.Open(dir,
		wal.WithSegmentFiler(segment.NewFiler(dir, files)),
		wal.WithSegmentSize(segmentSize),
		wal.WithLogger(log))
	if err != nil {
		return nil, err
	}
	return &logStore{w}, nil
}

// unsynced is a file system whose files are never synced.
type unsynced struct{ types.VFS }

func (u unsynced) Create(dir, name string, size uint64) (types.WritableFile, error) {
	f, err := u.VFS.Create(dir, name, size)
	return unsyncedFile{f}, err
}

func (u unsynced) OpenWriter(dir, name string) (types.WritableFile, error) {
	f, err := u.VFS.OpenWriter(dir, name)
	return unsyncedFile{f}, err
}

type unsyncedFile struct{ types.WritableFile }

func (unsyncedFile) Sync() error { return nil }
