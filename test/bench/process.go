package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// process is a server under measurement: its command lines, and the processes that belong to it while it runs. It can be
// started again on its data.
type process struct {
	name     string
	commands [][]string
	dir      string
	port     int
	running  []child
}

// child is a started process; ended is closed when it is gone.
type child struct {
	*exec.Cmd
	ended chan struct{}
}

// patience bounds the wait for a server to come and to go, so that one that hangs does not hold up the run for good. It is
// no promise of the server's.
const patience = 2 * time.Minute

// start starts the processes in order and returns how long it took until /readyz said yes. They run until stop or
// shutdown also after an error.
func (p *process) start(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	begun := time.Now()
	for _, args := range p.commands {
		if err := p.run(args); err != nil {
			return 0, err
		}
	}
	question, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url()+"/readyz", nil)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", p.name, err)
	}
	for ctx.Err() == nil && p.alive() {
		if answer, err := client.Do(question); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return time.Since(begun), nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("%s is not ready: %w\n%s", p.name, err, p.lastWords())
	}
	return 0, fmt.Errorf("%s ended by itself\n%s", p.name, p.lastWords())
}

// alive says whether all processes are running.
func (p *process) alive() bool {
	return !slices.ContainsFunc(p.running, func(c child) bool {
		select {
		case <-c.ended:
			return true
		default:
			return false
		}
	})
}

// run starts one process, with its output in a file.
func (p *process) run(args []string) error {
	log, err := os.OpenFile(p.log(args[0]), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("log of %s: %w", p.name, err)
	}
	defer log.Close()
	command := exec.Command(args[0], args[1:]...)
	command.Dir, command.Stdout, command.Stderr, command.SysProcAttr = p.dir, log, log, dieWithUs()
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", args[0], err)
	}
	c := child{command, make(chan struct{})}
	go func() {
		_ = command.Wait() // how it ends is its own affair: it is told to, and upstream has codes of its own
		close(c.ended)
	}()
	p.running = append(p.running, c)
	return nil
}

func (p *process) url() string { return fmt.Sprintf("https://127.0.0.1:%d", p.port) }

func (p *process) log(program string) string {
	return filepath.Join(p.dir, filepath.Base(program)+".log")
}

// lastWords are the ends of the logs, for errors.
func (p *process) lastWords() string {
	var words []string
	for _, args := range p.commands {
		b, err := os.ReadFile(p.log(args[0]))
		if err != nil {
			words = append(words, err.Error())
			continue
		}
		lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
		words = append(words, string(bytes.Join(lines[max(0, len(lines)-5):], []byte("\n"))))
	}
	return strings.Join(words, "\n")
}

// stop kills the processes, last first. One that had ended before is an error.
func (p *process) stop() error {
	var errs []error
	for _, c := range slices.Backward(p.running) {
		if err := c.Process.Kill(); err != nil {
			errs = append(errs, fmt.Errorf("%s: kill %s: %w\n%s", p.name, filepath.Base(c.Path), err, p.lastWords()))
		}
		<-c.ended
	}
	p.running = nil
	return errors.Join(errs...)
}

// shutdown asks the processes to end, last first, so that the store behind a server outlives it. One that does not end is
// killed, and the error says so.
func (p *process) shutdown() error {
	for i, c := range slices.Backward(p.running) {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			return errors.Join(fmt.Errorf("%s: end %s: %w", p.name, filepath.Base(c.Path), err), p.stop())
		}
		select {
		case <-c.ended:
			p.running = p.running[:i]
		case <-time.After(patience):
			return errors.Join(fmt.Errorf("%s: %s does not end", p.name, filepath.Base(c.Path)), p.stop())
		}
	}
	return nil
}

// pids are the processes, as loadgen wants them.
func (p *process) pids() string {
	var pids []string
	for _, c := range p.running {
		pids = append(pids, strconv.Itoa(c.Process.Pid))
	}
	return strings.Join(pids, ",")
}

// memory adds up one line of /proc/<pid>/status over all processes, in bytes: VmRSS is all that is resident, RssAnon what is
// no page of a file.
func (p *process) memory(line string) (float64, error) {
	sum := 0.0
	for _, c := range p.running {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
		if err != nil {
			return 0, fmt.Errorf("memory of %s: %w", p.name, err)
		}
		_, rest, _ := strings.Cut(string(b), line+":")
		kilobytes, err := strconv.ParseFloat(strings.Fields(rest + " none")[0], 64)
		if err != nil {
			return 0, fmt.Errorf("%s of %s: %w", line, c.Path, err)
		}
		sum += kilobytes * 1024
	}
	return sum, nil
}

// freePorts are ports that servers can come back to, all different.
func freePorts(n int) ([]int, error) {
	var ports []int
	for len(ports) < n {
		port, err := harness.FindPort()
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return ports, nil
}
