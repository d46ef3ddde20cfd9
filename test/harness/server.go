package harness

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// AdminToken is a bearer token of a member of system:masters at every server of the harness, UserToken one of somebody
// without any rights.
const (
	AdminToken = "harness-admin-token"
	UserToken  = "harness-user-token"
)

// patience bounds the waits for a process, so that one that hangs fails its test and not the whole run. It is no promise
// of the server's.
const patience = 60 * time.Second

// Server is a running server process.
type Server struct {
	// URL is where it serves HTTPS, without a slash at the end. It changes with Restart.
	URL string
	// DataDir is its --data-dir.
	DataDir string
	// Flags are those of its command line.
	Flags []string

	t       testing.TB
	command *exec.Cmd
	out     *log
	// ended is closed when the process has ended, with its error in err.
	ended chan struct{}
	err   error
}

// WithoutPlugins turns off the plugins that upstream ran without when most conversations with it were recorded: they need objects
// that controllers make (service accounts), or change what is written.
const WithoutPlugins = "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition,Priority,DefaultTolerationSeconds,DefaultStorageClass,StorageObjectInUseProtection," +
	"PersistentVolumeClaimResize,RuntimeClass,CertificateApproval,CertificateSigning,CertificateSubjectRestriction,DefaultIngressClass,PodTopologyLabels," +
	"NodeDeclaredFeatureValidator,LimitRanger,PodSecurity,ResourceQuota,MutatingAdmissionPolicy,ValidatingAdmissionPolicy,MutatingAdmissionWebhook," +
	"ValidatingAdmissionWebhook,ClusterTrustBundleAttest,PodGroupWorkloadExists,PodGroupProtection,JobValidation,PodResizeValidator"

// Start starts a server with its data in a folder of the test and waits until it serves. Flags come after the harness's
// own, and win over them. Without flags about controllers and admission none of both has a say in what is stored, but for
// NamespaceLifecycle. The server ends with the test.
func Start(t testing.TB, flags ...string) *Server {
	t.Helper()
	return StartIn(t, t.TempDir(), flags...)
}

// StartIn is Start with a folder that may have data already.
func StartIn(t testing.TB, dataDir string, flags ...string) *Server {
	t.Helper()
	return StartBinary(t, Binary(t), dataDir, flags...)
}

// StartBinary is StartIn with a server of the caller's.
func StartBinary(t testing.TB, binary, dataDir string, flags ...string) *Server {
	t.Helper()
	tokens := filepath.Join(t.TempDir(), "tokens.csv")
	if err := os.WriteFile(tokens, []byte(AdminToken+`,harness-admin,1,"system:masters"`+"\n"+UserToken+",harness-user,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, DataDir: dataDir}
	s.Flags = []string{binary, "--data-dir=" + dataDir, "--secure-port=0", "--bind-address=127.0.0.1", "--token-auth-file=" + tokens, "--allow-privileged=true"}
	if !slices.ContainsFunc(flags, func(f string) bool { return strings.HasPrefix(f, "--controllers=") }) {
		// What is compared with upstream is compared with its API server alone.
		s.Flags = append(s.Flags, "--controllers=-*")
		if !slices.ContainsFunc(flags, func(f string) bool { return strings.Contains(f, "admission-") }) {
			s.Flags = append(s.Flags, WithoutPlugins)
		}
	}
	s.Flags = append(s.Flags, flags...)
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.cleanup)
	return s
}

// announced begins the line that a server prints when it serves.
const announced = "Serving the Kubernetes API at "

func (s *Server) start() error {
	s.command = exec.Command(s.Flags[0], s.Flags[1:]...)
	s.out, s.ended = &log{}, make(chan struct{})
	s.command.Stderr = s.out
	pipe, err := s.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.command.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	url := make(chan string, 1)
	// One goroutine reads all that the server prints and then waits for it: Wait may only follow the last read.
	go func(command *exec.Cmd, out *log, ended chan struct{}) {
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			fmt.Fprintln(out, lines.Text())
			if at, ok := strings.CutPrefix(lines.Text(), announced); ok {
				url <- at
			}
		}
		s.err = command.Wait()
		close(ended)
	}(s.command, s.out, s.ended)
	select {
	case s.URL = <-url:
		return nil
	case <-s.ended:
		return fmt.Errorf("the server ended: %v\n%s", s.err, s.Output())
	case <-time.After(patience):
		_ = s.command.Process.Kill() // the error below says what matters
		<-s.ended
		return fmt.Errorf("the server does not come up\n%s", s.Output())
	}
}

// Refused runs a server that is expected to end by itself and returns what it printed. A server that serves fails the test.
func Refused(t testing.TB, flags ...string) string {
	t.Helper()
	s := &Server{t: t, Flags: append([]string{Binary(t)}, flags...)}
	if err := s.start(); err == nil {
		s.Kill()
		t.Fatalf("the server serves with %v", flags)
	}
	if code := s.command.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d with %v, want 1", code, flags)
	}
	return s.Output()
}

// Kubeconfig is the administrator's, which the server wrote.
func (s *Server) Kubeconfig() string { return filepath.Join(s.DataDir, "admin.kubeconfig") }

// CA is the file of the authority that the server's certificate is from.
func (s *Server) CA() string { return filepath.Join(s.DataDir, "pki", "ca.crt") }

// Pid is the process.
func (s *Server) Pid() int { return s.command.Process.Pid }

// Output is what the server has printed so far.
func (s *Server) Output() string { return s.out.String() }

// Signal sends a signal without waiting for what follows.
func (s *Server) Signal(signal os.Signal) {
	s.t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

// Wait waits for the end of the process and returns its exit code.
func (s *Server) Wait() int {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("the server does not end\n%s", s.Output())
	}
	return s.command.ProcessState.ExitCode()
}

// Stop asks the server to end and waits for it. An end other than a clean one fails the test.
func (s *Server) Stop() {
	s.t.Helper()
	s.Signal(syscall.SIGTERM)
	if code := s.Wait(); code != 0 {
		s.t.Errorf("exit code %d\n%s", code, s.Output())
	}
}

// Kill ends the server without giving it a chance to tidy up.
func (s *Server) Kill() {
	s.t.Helper()
	s.Signal(os.Kill)
	s.Wait()
}

// Restart starts the ended server again on its data, at another port.
func (s *Server) Restart() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

// cleanup stops the server at the end of its test. Its log is shown when the test failed.
func (s *Server) cleanup() {
	select {
	case <-s.ended:
	default:
		s.Stop()
	}
	if out := s.Output(); s.t.Failed() || strings.Contains(out, "panic") {
		s.t.Logf("the server printed:\n%s", out)
		if strings.Contains(out, "panic") {
			s.t.Error("the server panicked")
		}
	}
}

// Ready asks whether the server is ready.
func (s *Server) Ready(client *http.Client) error {
	answer, err := client.Get(s.URL + "/readyz")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		b, err := io.ReadAll(answer.Body)
		return fmt.Errorf("/readyz: %s %s %w", answer.Status, b, err)
	}
	return nil
}

// log keeps what a process prints while others read it.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
