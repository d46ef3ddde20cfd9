package embedded

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fillDisk lets the files of the write-ahead log be on a disk that is full.
func fillDisk(t *testing.T, dir string) {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	filled := 0
	for _, fd := range open {
		file, err := os.Readlink(fd)
		if err != nil || !strings.HasPrefix(file, filepath.Join(dir, "member", "wal")) || !strings.HasSuffix(file, ".wal") {
			continue
		}
		var n int
		for _, digit := range filepath.Base(fd) {
			n = 10*n + int(digit-'0')
		}
		if err := syscall.Dup3(int(full.Fd()), n, syscall.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		filled++
	}
	if filled == 0 {
		t.Fatal("the log has no open files")
	}
}

// An etcd whose log cannot be written acknowledges nothing any more, says so, and can be closed. The process goes on.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), "/a", []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	fillDisk(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := s.Create(ctx, "/b", []byte("x"), 0); err == nil {
		t.Error("a write was acknowledged that cannot be kept")
	}
	select {
	case err := <-s.Failed():
		if !strings.Contains(err.Error(), "embedded etcd cannot go on") {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the store does not say that it failed")
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err == nil {
			t.Error("closed as if nothing had happened")
		}
	case <-time.After(time.Minute):
		t.Fatal("the store does not close")
	}
}
