// Benchctl benchmarks coordination stores: it runs versioned workloads against
// real clusters, keeps every operation in one archive and draws what it found.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

func main() {
	absoluteTemporary()
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends the process at once
	}()
	// A closed pipe is an error of a write, and not the end of an experiment.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(run(ctx, environment{
		args:   os.Args[1:],
		stdout: os.Stdout,
		stderr: os.Stderr,
		getenv: os.Getenv,
	}))
}

// absoluteTemporary makes the folder of temporary files absolute: plugins and
// servers that are told of it run elsewhere.
func absoluteTemporary() {
	if dir := os.Getenv("TMPDIR"); dir != "" {
		if abs, err := filepath.Abs(dir); err == nil {
			_ = os.Setenv("TMPDIR", abs)
		}
	}
}

// endings are the signals that end benchctl in good order. One that whoever
// started it had ignored, as nohup does, stays ignored.
func endings() []os.Signal {
	return slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
}

// environment is what the command sees of the world.
type environment struct {
	args           []string
	stdout, stderr io.Writer
	getenv         func(string) string
}

// run executes the command line and returns the exit code.
func run(ctx context.Context, env environment) int {
	root, a := newRoot(env)
	root.SetArgs(env.args)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := checkWords(root, env.args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	if err == nil {
		err = a.printed()
	}
	if err != nil {
		fmt.Fprintln(a.stderr, "benchctl:", hinted(err))
	}
	return exitCode(ctx, err)
}
