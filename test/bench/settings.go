package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// settings are what the environment says about a run. See the package comment for the variables.
type settings struct {
	// binaries is the folder with upstream; empty if ours is measured alone.
	binaries string
	// loadgen is the program that sends the load; empty if there is none.
	loadgen               string
	pods, seconds, rounds int
	// out is the folder for files; empty if none are wanted.
	out    string
	growth bool
	// missing says what cannot be measured, and why.
	missing []string
}

// fullSize is the number of pods that the budgets speak of.
const fullSize = 5000

// watchers is how many follow the changes in the budget of a delivered event.
const watchers = 300

func readSettings(variable func(string) string) (settings, error) {
	s := settings{binaries: variable("REF_BIN"), out: variable("BENCH_OUT"), growth: variable("BENCH_GROWTH") == "1"}
	for _, n := range []struct {
		name         string
		to           *int
		least, usual int
	}{{"BENCH_PODS", &s.pods, 50, fullSize}, {"BENCH_SECONDS", &s.seconds, 1, 3}, {"BENCH_ROUNDS", &s.rounds, 1, 2}} {
		*n.to = n.usual
		text := variable(n.name)
		if text == "" {
			continue
		}
		value, err := strconv.Atoi(text)
		if err != nil || value < n.least {
			return s, fmt.Errorf("%s=%s is not a number of at least %d", n.name, text, n.least)
		}
		*n.to = value
	}
	if s.binaries == "" {
		s.missing = append(s.missing, "The original: REF_BIN names no folder with its kube-apiserver and etcd.")
	} else {
		s.loadgen = program(filepath.Join(s.binaries, "loadgen"))
		for _, name := range []string{"kube-apiserver", "etcd"} {
			if path := filepath.Join(s.binaries, name); s.binaries != "" && program(path) == "" {
				s.missing = append(s.missing, "The original: "+path+" is no program.")
				s.binaries = ""
			}
		}
	}
	if s.loadgen == "" {
		s.loadgen = program("loadgen")
	}
	if s.loadgen == "" {
		s.missing = append(s.missing, "Everything under load: loadgen is neither in REF_BIN nor in the PATH.")
	}
	if !s.growth {
		s.missing = append(s.missing, "Growth: BENCH_GROWTH=1 asks for it.")
	}
	if s.out != "" {
		// The tests run in the folder of their package; a relative folder is meant from where the user is, at the root.
		if !filepath.IsAbs(s.out) {
			s.out = filepath.Join("..", "..", s.out)
		}
		if err := os.MkdirAll(s.out, 0o755); err != nil {
			return s, fmt.Errorf("folder for the results: %w", err)
		}
	}
	return s, nil
}

// program is the path of a program, or nothing if there is none.
func program(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}
