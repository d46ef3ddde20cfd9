package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadSettings(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // in which no loadgen is
	folder := func(programs ...string) string {
		dir := t.TempDir()
		for _, name := range programs {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	whole, noLoadgen, noEtcd := folder("kube-apiserver", "etcd", "loadgen"), folder("kube-apiserver", "etcd"), folder("kube-apiserver", "loadgen")
	for _, c := range []struct {
		name string
		env  map[string]string
		// original and loadgen say whether they are found, missing how many remarks tell what is not.
		original, loadgen bool
		missing           int
		failure           string
	}{
		{name: "nothing", missing: 3},
		{name: "everything", env: map[string]string{"REF_BIN": whole}, original: true, loadgen: true, missing: 1},
		{name: "no loadgen", env: map[string]string{"REF_BIN": noLoadgen}, original: true, missing: 2},
		{name: "no etcd", env: map[string]string{"REF_BIN": noEtcd}, loadgen: true, missing: 2},
		{name: "no such folder", env: map[string]string{"REF_BIN": filepath.Join(whole, "gone")}, missing: 3},
		{name: "no number", env: map[string]string{"BENCH_PODS": "many"}, failure: "BENCH_PODS=many"},
		{name: "too few", env: map[string]string{"BENCH_ROUNDS": "0"}, failure: "at least 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readSettings(func(name string) string { return c.env[name] })
			if c.failure != "" {
				if err == nil || !strings.Contains(err.Error(), c.failure) {
					t.Errorf("got %v, want %s", err, c.failure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if (got.binaries != "") != c.original || (got.loadgen != "") != c.loadgen || len(got.missing) != c.missing {
				t.Errorf("got %+v", got)
			}
			if got.pods != 5000 || got.seconds != 3 || got.rounds != 2 || got.growth {
				t.Errorf("the usual size is %+v", got)
			}
		})
	}
	out := filepath.Join(t.TempDir(), "a", "b")
	got, err := readSettings(func(name string) string {
		return map[string]string{"BENCH_PODS": "100", "BENCH_SECONDS": "1", "BENCH_ROUNDS": "5", "BENCH_OUT": out, "BENCH_GROWTH": "1"}[name]
	})
	if err != nil || got.pods != 100 || got.seconds != 1 || got.rounds != 5 || got.out != out || !got.growth || len(got.missing) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := os.Stat(out); err != nil {
		t.Error(err)
	}
}
