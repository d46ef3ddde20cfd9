package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// process is a server under measurement: a command line, where it is served, and the processes that belong to it.
type process struct {
	name     string
	commands [][]string
	dir      string
	port     int
	running  []*exec.Cmd
}

// start starts the processes in order and returns how long it took until /readyz said yes.
func (p *process) start(ctx context.Context) (time.Duration, error) {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	begun := time.Now()
	for _, args := range p.commands {
		command := exec.Command(args[0], args[1:]...)
		command.Dir = p.dir
		if err := command.Start(); err != nil {
			return 0, fmt.Errorf("start %s: %w", args[0], err)
		}
		p.running = append(p.running, command)
	}
	url := fmt.Sprintf("https://127.0.0.1:%d/readyz", p.port)
	for ctx.Err() == nil {
		if answer, err := client.Get(url); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return time.Since(begun), nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	return 0, fmt.Errorf("%s is not ready: %w", p.name, ctx.Err())
}

// stop kills the processes, last first.
func (p *process) stop() error {
	var errs []error
	for _, command := range slices.Backward(p.running) {
		errs = append(errs, command.Process.Kill())
		_ = command.Wait() // it was killed
	}
	p.running = nil
	return errors.Join(errs...)
}

// resident is the memory of all processes together, in bytes.
func (p *process) resident() (float64, error) {
	sum := 0.0
	for _, command := range p.running {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", command.Process.Pid))
		if err != nil {
			return 0, err
		}
		_, rest, _ := strings.Cut(string(b), "VmRSS:")
		kilobytes, err := strconv.ParseFloat(strings.Fields(rest + " none")[0], 64)
		if err != nil {
			return 0, fmt.Errorf("memory of %s: %w", command.Path, err)
		}
		sum += kilobytes * 1024
	}
	return sum, nil
}
