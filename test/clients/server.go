package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// token is that of an administrator.
const token = "clients-admin-token"

// patience bounds the waits for the server, so that one that hangs is told.
const patience = 60 * time.Second

// server is the server under test. It comes back at the same port.
type server struct {
	binary, dir string
	port        int
	// url is where it serves now.
	url string
	// kubeconfig stays as it was at the first start; the server writes its own anew each time.
	kubeconfig string

	// mu is held while the server is away.
	mu      sync.Mutex
	command *exec.Cmd
	ended   chan error
	log     lockedBuffer
}

func startServer(binary, dir string) (*server, error) {
	port, err := harness.FindPort()
	if err != nil {
		return nil, err
	}
	s := &server{binary: binary, dir: dir, port: port, kubeconfig: filepath.Join(dir, "kubeconfig")}
	if err := os.WriteFile(s.tokens(), []byte(token+`,clients-admin,1,"system:masters"`+"\n"), 0o600); err != nil {
		return nil, err
	}
	if err := s.start(port); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(s.adminKubeconfig())
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, os.WriteFile(s.kubeconfig, b, 0o600)
}

func (s *server) dataDir() string         { return filepath.Join(s.dir, "data") }
func (s *server) adminKubeconfig() string { return filepath.Join(s.dataDir(), "admin.kubeconfig") }
func (s *server) tokens() string          { return filepath.Join(s.dir, "tokens.csv") }
func (s *server) socket() string          { return filepath.Join(s.dir, "etcd.sock") }

// start starts the server at a port, any when it is 0, and waits until it serves.
func (s *server) start(port int) error {
	s.command = exec.Command(s.binary, "--data-dir="+s.dataDir(), "--bind-address=127.0.0.1", "--secure-port="+strconv.Itoa(port),
		"--unsafe-no-fsync", "--token-auth-file="+s.tokens(), "--etcd-listen-client=unix:"+s.socket())
	s.command.Stderr = &s.log
	out, err := s.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.command.Start(); err != nil {
		return err
	}
	serving := make(chan string, 1)
	s.ended = make(chan error, 1)
	go func(command *exec.Cmd, ended chan error) {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(&s.log, lines.Text())
			if at, ok := strings.CutPrefix(lines.Text(), "Serving the Kubernetes API at "); ok {
				serving <- at
			}
		}
		ended <- command.Wait()
	}(s.command, s.ended)
	select {
	case s.url = <-serving:
		return nil
	case err := <-s.ended:
		return fmt.Errorf("the server ended: %v\n%s", err, s.output())
	case <-time.After(patience):
		s.stop()
		return fmt.Errorf("the server does not come up\n%s", s.output())
	}
}

// stop ends the server and waits for its end.
func (s *server) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM) // one that has ended already is what is wanted
	select {
	case <-s.ended:
	case <-time.After(patience):
		_ = s.command.Process.Kill()
		<-s.ended
	}
}

// output is what the server has printed.
func (s *server) output() string { return s.log.String() }

// lockedBuffer is written by a process while somebody reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
