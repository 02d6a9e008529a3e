package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/workload"
	"github.com/benchctl/benchctl/workloads"
)

// isFile tells the name of a file from that of a shipped workload.
func isFile(ref string) bool {
	return strings.ContainsAny(ref, "/\\") || strings.HasSuffix(ref, ".yaml") || strings.HasSuffix(ref, ".yml")
}

// standardInput is how commands often name it, and not this one.
const standardInput = "-"

// readSource reads a file that people write. It is read once, as it may be a
// pipe, and no further than such a file can be.
func readSource(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("read the workload: %v", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, usagef("%s is a folder: name a file in it", path)
	}
	source, err := io.ReadAll(io.LimitReader(f, workload.MaxSource+1))
	if err != nil {
		return nil, usagef("read the workload: %v", err)
	}
	return source, nil
}

// parseExperiment reads an experiment file, whose workloads are named relative to it.
func parseExperiment(path string, source []byte) (experiment.Spec, error) {
	folder := filepath.Dir(path)
	if strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/") {
		folder = "." // what comes through a pipe lies nowhere
	}
	return experiment.ParseFile(path, source, func(named string) (*workload.Definition, error) {
		if isFile(named) && !filepath.IsAbs(named) {
			named = filepath.Join(folder, named)
			if !isFile(named) {
				named = "./" + named
			}
		}
		return findWorkload(named)
	})
}

// findWorkload reads a definition from a file, or finds a shipped one.
func findWorkload(ref string) (*workload.Definition, error) {
	if ref == standardInput {
		return nil, usagef("%s is no workload: name /dev/stdin to read one from standard input", ref)
	}
	if !isFile(ref) {
		definition, err := workloads.Find(ref)
		if err != nil {
			return nil, &usageError{err}
		}
		return definition, nil
	}
	source, err := readSource(ref)
	if err != nil {
		return nil, err
	}
	return workload.Parse(ref, source)
}
