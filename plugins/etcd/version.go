package etcd

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"time"

	"github.com/coreos/go-semver/semver"
)

// The first versions whose single node answers a write after it has synced it,
// not beside it: https://github.com/etcd-io/etcd/issues/14370.
var (
	syncsFirst34 = semver.New("3.4.21")
	syncsFirst35 = semver.New("3.5.5")
)

// mayAnswerEarly reports whether a single node of a version may acknowledge a
// write just before it is synced.
func mayAnswerEarly(v *semver.Version) bool {
	return v.LessThan(*syncsFirst34) || v.Major == 3 && v.Minor == 5 && v.LessThan(*syncsFirst35)
}

var printedVersion = regexp.MustCompile(`(?m)^etcd Version: (\S+)$`)

// versionOf asks a server's program for its version.
func versionOf(binary string) (*semver.Version, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, binary, "--version")
	command.WaitDelay = time.Second // a child of it may hold its output open
	printed, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", binary, err)
	}
	found := printedVersion.FindSubmatch(printed)
	if found == nil {
		return nil, fmt.Errorf("%s --version prints no version of etcd", binary)
	}
	return semver.NewVersion(string(found[1]))
}
