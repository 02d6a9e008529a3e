package machine

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// filesystem returns the type of the filesystem that a folder lies in: of the
// mount with the folder's own device, as this process sees it, or else what the
// folder itself says.
func filesystem(dir string) (string, error) {
	var stat unix.Stat_t
	if err := unix.Stat(dir, &stat); err != nil {
		return "", err
	}
	var itself unix.Statfs_t
	if err := unix.Statfs(dir, &itself); err != nil {
		return "", err
	}
	device := fmt.Sprintf("%d:%d", unix.Major(stat.Dev), unix.Minor(stat.Dev))
	mounts := here.mounts()
	i := slices.IndexFunc(mounts, func(m mount) bool { return m.device == device })
	if i < 0 {
		return magic(itself), nil // as of a part of a btrfs, or without /proc
	}
	return layered(mounts[i]), nil
}

// layered is the type of a mount. Of one that lays folders over each other it
// says too, where it can be seen, what is written to.
func layered(m mount) string {
	if m.kind != "overlay" {
		return m.kind
	}
	for option := range strings.SplitSeq(m.options, ",") {
		upper, ok := strings.CutPrefix(option, "upperdir=")
		var below unix.Statfs_t
		if ok && unix.Statfs(plain(upper), &below) == nil {
			return "overlay on " + magic(below)
		}
	}
	return m.kind
}

// magic is what a filesystem calls itself.
func magic(s unix.Statfs_t) string {
	// The field has another width on each architecture, and a sign on some.
	number := int64(uint32(s.Type))
	if name := magics[number]; name != "" {
		return name
	}
	return fmt.Sprintf("filesystem %#x", number)
}

var magics = map[int64]string{
	unix.EXT4_SUPER_MAGIC:      "ext4", // and those before it
	unix.XFS_SUPER_MAGIC:       "xfs",
	unix.BTRFS_SUPER_MAGIC:     "btrfs",
	unix.TMPFS_MAGIC:           "tmpfs",
	unix.RAMFS_MAGIC:           "ramfs",
	unix.F2FS_SUPER_MAGIC:      "f2fs",
	unix.NFS_SUPER_MAGIC:       "nfs",
	unix.OVERLAYFS_SUPER_MAGIC: "overlay",
	unix.FUSE_SUPER_MAGIC:      "fuse",
	unix.V9FS_MAGIC:            "9p",
	unix.SMB2_SUPER_MAGIC:      "smb",
	unix.CIFS_SUPER_MAGIC:      "cifs",
	unix.CEPH_SUPER_MAGIC:      "ceph",
	unix.ECRYPTFS_SUPER_MAGIC:  "ecryptfs",
	0x2fc12fc1:                 "zfs",
	0xca451a4e:                 "bcachefs",
}
