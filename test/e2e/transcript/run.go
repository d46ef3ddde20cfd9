package transcript

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// patience bounds one step, so that a command that hangs fails its step and not the whole run.
const patience = time.Minute

// Session runs the steps of one script.
type Session struct {
	dir     string
	env     []string
	masker  *masker
	expand  *strings.Replacer
	started map[string]*started
}

// Setting is what a session needs to know.
type Setting struct {
	// Kubectl is the binary, Kubeconfig the file with the server and the user.
	Kubectl, Kubeconfig string
	// Dir is an empty folder for the session.
	Dir string
	// Namespace is a name that is the session's alone.
	Namespace string
	// Programs are further ones that commands can run, by their names.
	Programs map[string]string
	// Variables are further ones that commands and files can use, as $NAME. Outputs show the names in place of the values.
	Variables map[string]string
}

// NewSession makes the namespace and a kubeconfig that names it.
func NewSession(s Setting, script *Script) (*Session, error) {
	work, bin := filepath.Join(s.Dir, "work"), filepath.Join(s.Dir, "bin")
	for _, dir := range []string{work, bin, filepath.Join(s.Dir, "home")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	programs := map[string]string{"kubectl": s.Kubectl}
	maps.Copy(programs, s.Programs)
	for name, path := range programs {
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			return nil, err
		}
	}
	own, err := os.ReadFile(s.Kubeconfig)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(s.Dir, "kubeconfig")
	if err := os.WriteFile(config, own, 0o600); err != nil {
		return nil, err
	}
	session := &Session{dir: work, started: map[string]*started{}}
	session.env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "KUBECONFIG="+config,
		"HOME="+filepath.Join(s.Dir, "home"), "KUBERC=off", "TZ=UTC", "LC_ALL=C", "NS="+s.Namespace, "DIR="+work)
	pairs, masks := []string{"$NS", s.Namespace}, []string{work, "$DIR", s.Namespace, "$NS"}
	for name, value := range s.Variables {
		session.env = append(session.env, name+"="+value)
		pairs, masks = append(pairs, "$"+name, value), append(masks, value, "$"+name)
	}
	session.expand = strings.NewReplacer(pairs...)
	session.masker = &masker{names: strings.NewReplacer(masks...), extra: script.Masks, now: time.Now()}
	for _, command := range []string{"kubectl create namespace $NS", "kubectl config set-context --current --namespace=$NS"} {
		if out, err := session.run(command); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", command, err, out)
		}
	}
	return session, nil
}

// Close ends the commands that the script has started.
func (s *Session) Close() {
	for _, c := range s.started {
		c.stop()
	}
}

// Do runs a step and returns its masked output.
func (s *Session) Do(step *Step) (string, error) {
	switch step.Kind {
	case File:
		path := filepath.Join(s.dir, step.Text)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(step.Want, "#!") {
			mode = 0o755
		}
		return step.Want, os.WriteFile(path, []byte(s.expand.Replace(step.Want)+"\n"), mode)
	case Start:
		return "", s.start(step)
	case Read:
		c := s.started[step.Name]
		if c == nil {
			return "", fmt.Errorf("nothing was started as %s", step.Name)
		}
		text, err := c.read(step.Lines)
		return s.masker.mask(text), err
	}
	text, err := s.run(step.Text)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		text += fmt.Sprintf("\n[exit %d]", exit.ExitCode())
		err = nil
	}
	return s.masker.mask(text), err
}

func (s *Session) run(command string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	shell := s.shell(ctx, command)
	var out, complaints bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &complaints
	err := shell.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("it does not end: %w", ctx.Err())
	}
	// One after the other: how the two mix on a terminal is a matter of chance.
	text := strings.TrimRight(out.String(), "\n")
	if text != "" && complaints.Len() > 0 {
		text += "\n"
	}
	return strings.TrimRight(text+complaints.String(), "\n"), err
}

// shell is a command in a process group of its own, so that its end is also that of what it has called.
func (s *Session) shell(ctx context.Context, command string) *exec.Cmd {
	shell := exec.CommandContext(ctx, "sh", "-c", command)
	shell.Dir, shell.Env = s.dir, s.env
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	shell.Cancel = func() error { return syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) }
	shell.WaitDelay = time.Second
	return shell
}

// started is a command that runs beside the script.
type started struct {
	cancel context.CancelFunc
	// lines gets what it prints and is closed at its end, by the goroutine that waits for the process.
	lines chan string
}

func (s *Session) start(step *Step) error {
	ctx, cancel := context.WithCancel(context.Background())
	command := s.shell(ctx, "exec "+step.Text)
	pipe, writer := io.Pipe()
	command.Stdout, command.Stderr = writer, writer
	if err := command.Start(); err != nil {
		cancel()
		return err
	}
	c := &started{cancel: cancel, lines: make(chan string, 1000)}
	s.started[step.Name] = c
	go func() {
		_ = command.Wait() // it is killed in the end; what matters is what it printed
		writer.Close()
	}()
	go func() {
		scanner := bufio.NewScanner(pipe)
		scanner.Buffer(nil, bufio.MaxScanTokenSize*64)
		for scanner.Scan() {
			c.lines <- scanner.Text()
		}
		close(c.lines)
	}()
	return nil
}

func (c *started) read(n int) (string, error) {
	var b bytes.Buffer
	late := time.After(patience)
	for range n {
		select {
		case line, ok := <-c.lines:
			if !ok {
				return b.String(), errors.New("the command has ended")
			}
			b.WriteString(line + "\n")
		case <-late:
			return b.String(), fmt.Errorf("%d lines do not come", n)
		}
	}
	return b.String(), nil
}

// stop ends the command and takes what it still prints, so that nobody is left waiting.
func (c *started) stop() {
	c.cancel()
	for range c.lines {
	}
}
