package zaplog_test

import (
	"bytes"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/zaplog"
)

func TestLevelsAndFields(t *testing.T) {
	var out bytes.Buffer
	l := zaplog.New(zaplog.Options{
		Logger: slog.New(slog.NewTextHandler(&out, nil)), Component: "etcd", Ignore: []string{"no matter"},
	})
	l.Info("chatter")
	l.Warn("more chatter")
	l.Error("no matter")
	l.With(zap.String("member", "m1")).Error("it broke", zap.Int("code", 7), zap.Error(errors.New("why")))
	got := out.String()
	for _, want := range []string{"level=ERROR", `msg="it broke"`, "component=etcd", "member=m1", "code=7", "error=why"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if strings.Count(got, "\n") != 1 {
		t.Errorf("more than the error was logged: %q", got)
	}
}

func TestFatal(t *testing.T) {
	var out bytes.Buffer
	var message string
	l := zaplog.New(zaplog.Options{
		Logger:  slog.New(slog.NewTextHandler(&out, nil)),
		OnFatal: func(m string) { message = m; runtime.Goexit() },
	})
	passed := false
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Fatal("cannot write", zap.String("path", "p"), zap.Error(errors.New("disk is gone")))
		passed = true
	}()
	<-done
	if passed || message != "cannot write: disk is gone" || !strings.Contains(out.String(), "cannot write") {
		t.Fatalf("passed %v, message %q, log %q", passed, message, out.String())
	}
}
