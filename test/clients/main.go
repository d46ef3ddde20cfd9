// Command clients starts one server and runs the tests of the clients against it.
//
//	go run ./test/clients go python    the test.sh of these languages, one after the other; a name with a slash is a folder
//	go run ./test/clients bench        compares the clients with the official ones (bench.go)
//	go run ./test/clients              says where the server is and serves until its standard input ends
//
// The tests find the server by their environment:
//
//	GATEHOUSE_KUBECONFIG   the administrator's kubeconfig
//	GATEHOUSE_GOLDEN       a file with the objects of all golden scripts, one a line
//	GATEHOUSE_CONTROL      where POST /restart and POST /expire take the server away for a moment (control.go)
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

func run(languages []string) error {
	root, err := harness.Root()
	if err != nil {
		return err
	}
	binary := os.Getenv(harness.ServerVariable)
	if binary == "" {
		if binary, err = harness.Build(root); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "gatehouse-clients-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := startServer(binary, dir)
	if err != nil {
		return err
	}
	defer s.stop()
	address, err := s.control()
	if err != nil {
		return err
	}
	golden := filepath.Join(dir, "golden.jsonl")
	if err := goldenObjects(root, golden); err != nil {
		return err
	}
	environment := []string{"GATEHOUSE_GOLDEN=" + golden, "GATEHOUSE_KUBECONFIG=" + s.kubeconfig, "GATEHOUSE_CONTROL=" + address}
	if len(languages) == 0 {
		for _, line := range environment {
			fmt.Println(line)
		}
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	}
	if languages[0] == "bench" {
		return s.bench(root, languages[1:])
	}
	for _, language := range languages {
		begin := time.Now()
		command := exec.Command("./test.sh")
		command.Dir = filepath.Join(root, "clients", language)
		if strings.Contains(language, "/") {
			command.Dir = filepath.Join(root, language)
		}
		command.Env = append(os.Environ(), environment...)
		command.Stdout, command.Stderr = os.Stdout, os.Stderr
		if err := command.Run(); err != nil {
			return fmt.Errorf("%s: %w\n%s", language, err, s.output())
		}
		used := command.ProcessState.UserTime() + command.ProcessState.SystemTime()
		fmt.Printf("clients: %s passes: %.0f s, %.0f s of CPU\n", language, time.Since(begin).Seconds(), used.Seconds())
	}
	return nil
}
