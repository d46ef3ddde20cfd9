// Package zaplog lets etcd's code, which logs through zap, speak through the process's slog logger.
//
// etcd is chatty at its information level and says nothing there that an operator of this server needs, so only errors
// pass. etcd also logs to stop the process: Fatal is its answer to a write-ahead log that cannot be read or written.
package zaplog

import (
	"context"
	"log/slog"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Options says who speaks, to whom, and what is not passed on. Without a Logger nothing is passed.
type Options struct {
	Logger    *slog.Logger
	Component string
	// Ignore are messages of errors that are none.
	Ignore []string
	// OnFatal, when given, runs after a Fatal record was logged. It must not return, because etcd's code relies on the
	// goroutine going no further.
	OnFatal func(message string)
	// OnPanic is the same for a Panic record. Code after that may recover from a panic, so it may panic itself.
	OnPanic func(message string)
}

// New makes a zap logger that hands errors and worse to a slog logger.
func New(o Options) *zap.Logger {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var opts []zap.Option
	if o.OnFatal != nil {
		opts = append(opts, zap.WithFatalHook(fatalHook(o.OnFatal)))
	}
	if o.OnPanic != nil {
		opts = append(opts, zap.WithPanicHook(fatalHook(o.OnPanic)))
	}
	return zap.New(core{log: o.Logger.With("component", o.Component), ignore: o.Ignore}, opts...)
}

type fatalHook func(message string)

func (f fatalHook) OnWrite(e *zapcore.CheckedEntry, fields []zapcore.Field) {
	message := e.Message
	for _, field := range fields {
		if err, ok := field.Interface.(error); ok && field.Type == zapcore.ErrorType {
			message += ": " + err.Error()
		}
	}
	f(message)
}

type core struct {
	log    *slog.Logger
	ignore []string
}

func (core) Enabled(l zapcore.Level) bool { return l >= zapcore.ErrorLevel }

func (c core) With(fields []zapcore.Field) zapcore.Core {
	return core{log: slog.New(c.log.Handler().WithAttrs(attrs(fields))), ignore: c.ignore}
}

func (c core) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) && !slices.Contains(c.ignore, e.Message) {
		return ce.AddCore(e, c)
	}
	return ce
}

func (c core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	c.log.LogAttrs(context.Background(), slog.LevelError, e.Message, attrs(fields)...)
	return nil
}

func (core) Sync() error { return nil }

// attrs keeps the order of the fields; a map encoder is zap's only public way to a field's value.
func attrs(fields []zapcore.Field) []slog.Attr {
	out := make([]slog.Attr, 0, len(fields))
	for _, f := range fields {
		enc := zapcore.NewMapObjectEncoder()
		f.AddTo(enc)
		for k, v := range enc.Fields {
			out = append(out, slog.Any(k, v))
		}
	}
	return out
}
