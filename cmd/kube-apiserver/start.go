package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/gatehouse-dev/gatehouse/handlers/docs"
	"github.com/gatehouse-dev/gatehouse/handlers/health"
	"github.com/gatehouse-dev/gatehouse/handlers/instance"
)

// start reads the command line and runs the server until ctx ends.
func start(ctx context.Context, args []string, out, errOut io.Writer) error {
	o, set, sets, err := parse(args)
	switch {
	case err == pflag.ErrHelp:
		sets.help(out)
		return err
	case err != nil:
		return fmt.Errorf("%w\nSee kube-apiserver --help", err)
	case o.version:
		_, err := fmt.Fprintln(out, "Kubernetes", docs.Info().GitVersion)
		return err
	}
	if err := o.settings(set); err != nil {
		return err
	}
	// The log goes through a writer that knows when nobody takes it any more: that is a health check.
	logs := health.NewLogWriter(errOut)
	log := slog.New(o.logHandler(logs))
	o.config.Log, o.config.Checks = log, []health.Check{logs.Check()}
	for _, line := range slices.Concat(ignoredFlags(set), o.storage.warnings(), admissionWarnings(&o.config.Admission)) {
		log.Warn(line)
	}
	if idle := o.config.Features.Idle(); len(idle) > 0 {
		log.Warn("these feature gates have no effect in this version", "gates", idle)
	}
	return run(ctx, o.config, out)
}

// run serves until ctx ends, or the server does.
func run(ctx context.Context, c instance.Config, out io.Writer) error {
	server, err := instance.Start(ctx, c)
	if err != nil {
		return err
	}
	if err := announce(server.URL(), c.Serving.Kubeconfig, out); err != nil {
		_ = server.Close(context.WithoutCancel(ctx)) // what could not be said is what matters
		return err
	}
	// Reading the store leaves more garbage than what is kept of it, and the runtime would hold that ready for a heap that
	// does not grow so large again.
	go debug.FreeOSMemory()
	// And once more what the controllers leave that begin now.
	again := time.AfterFunc(settled, debug.FreeOSMemory)
	defer again.Stop()
	select {
	case <-server.Done():
		return server.Err()
	case <-ctx.Done():
		return server.Close(context.WithoutCancel(ctx))
	}
}

// settled is how long after its start a server has done what it does once.
const settled = 2 * time.Second

// announce says where the server is.
func announce(url, kubeconfig string, out io.Writer) error {
	if kubeconfig == "" {
		_, err := fmt.Fprintf(out, "Serving the Kubernetes API at %s\nNo administrator's kubeconfig: --data-dir and --cert-dir name no folder for it\n", url)
		return err
	}
	path, err := filepath.Abs(kubeconfig)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Serving the Kubernetes API at %s\nAdministrator's kubeconfig: %s\nNext: kubectl --kubeconfig %[2]s get namespaces\n", url, path)
	return err
}

// parse reads args. The sets are returned even with an error, for the help.
func parse(args []string) (*options, *pflag.FlagSet, flagSets, error) {
	o := newOptions(len(args) == 0)
	var sets flagSets
	o.register(&sets)
	set := sets.all()
	registerAccepted(set)
	if err := set.Parse(args); err != nil {
		return o, set, sets, err
	}
	if set.NArg() > 0 {
		return o, set, sets, fmt.Errorf("unexpected argument %q: there are only flags", set.Arg(0))
	}
	return o, set, sets, nil
}

// logHandler writes the log in the form that was asked for.
func (o *options) logHandler(to io.Writer) slog.Handler {
	h := &slog.HandlerOptions{Level: level(o.verbosity)}
	if o.logFormat == "json" {
		return slog.NewJSONHandler(to, h)
	}
	return slog.NewTextHandler(to, h)
}

// level turns upstream's scale of verbosity into ours.
func level(v int) slog.Level {
	switch {
	case v >= 4:
		return slog.LevelDebug
	case v >= 2:
		return slog.LevelInfo
	}
	return slog.LevelWarn
}
