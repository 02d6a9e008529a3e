package zookeeper

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"
)

// A directory is a znode that was made to be a parent. It has dirMark as its
// value; one that has directories below it also has a child called dirSign, so
// that List need look into children only where there may be more below.
const (
	dirMark = "\x00benchctl directory"
	dirSign = "benchctl.tree"
)

// makeParent makes a directory, and those above it.
func (s *session) makeParent(dir string) error {
	if dir == "/" || s.made[dir] {
		return nil
	}
	above := path.Dir(dir)
	if err := s.makeParent(above); err != nil {
		return err
	}
	for _, znode := range []string{path.Join(above, dirSign), dir} {
		if s.made[znode] || znode == "/"+dirSign {
			continue
		}
		if _, err := s.zk().Create(znode, []byte(dirMark), zk.FlagPersistent, s.store.acl); err != nil && !errors.Is(err, zk.ErrNodeExists) {
			return err
		}
		s.made[znode] = true
	}
	return nil
}

// List returns the znodes below a directory: one request, and where there are
// directories in it one for every znode there, and so on below.
func (s *session) List(ctx context.Context, prefix []byte) ([]string, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	dir := strings.TrimSuffix(string(prefix), "/")
	if dir == "" {
		dir = "/"
	}
	var keys []string
	err := s.sync(dir)
	if err == nil {
		keys, err = s.list(dir, nil)
	}
	if err := s.end(err); err != nil {
		return nil, err
	}
	slices.Sort(keys)
	return keys, nil
}

func (s *session) list(dir string, keys []string) ([]string, error) {
	children, _, err := s.zk().Children(dir)
	if err != nil {
		if errors.Is(err, zk.ErrNoNode) {
			return keys, nil
		}
		return nil, err
	}
	deep := dir == "/" || slices.Contains(children, dirSign)
	for _, child := range children {
		znode := path.Join(dir, child)
		if !deep {
			keys = append(keys, znode)
			continue
		}
		if child == dirSign || znode == "/zookeeper" {
			continue
		}
		if keys, err = s.look(znode, keys); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// look adds a znode that is a key, and what lies below it.
func (s *session) look(znode string, keys []string) ([]string, error) {
	value, stat, err := s.zk().Get(znode)
	if errors.Is(err, zk.ErrNoNode) {
		return keys, nil // deleted meanwhile
	}
	if err != nil {
		return nil, err
	}
	if string(value) != dirMark {
		keys = append(keys, znode)
	}
	if stat.NumChildren == 0 {
		return keys, nil
	}
	return s.list(znode, keys)
}
