package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/spf13/pflag"

	"github.com/gatehouse-dev/gatehouse/handlers/docs"
	"github.com/gatehouse-dev/gatehouse/handlers/health"
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
	if err := o.validate(set); err != nil {
		return err
	}
	o.complete(set)
	// The log goes through a writer that knows when nobody takes it any more: that is a health check.
	logs := health.NewLogWriter(errOut)
	log := slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: level(o.verbosity)}))
	for _, line := range slices.Concat(ignoredFlags(set), o.etcd.warnings(), o.admission.warnings()) {
		log.Warn(line)
	}
	if idle := o.features.Idle(); len(idle) > 0 {
		log.Warn("these feature gates have no effect in this version", "gates", idle)
	}
	return run(ctx, o, logs, log, out)
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

// level turns the original's scale of verbosity into ours.
func level(v int) slog.Level {
	switch {
	case v >= 4:
		return slog.LevelDebug
	case v >= 2:
		return slog.LevelInfo
	}
	return slog.LevelWarn
}
