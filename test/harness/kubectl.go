package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Kubectl runs kubectl as a user would, with a home of its own.
type Kubectl struct {
	// Kubeconfig is the file that tells the server and the user.
	Kubeconfig string
	// Dir is the working directory; that of the test if empty.
	Dir string
	// Env has further variables, as NAME=VALUE.
	Env []string

	t      testing.TB
	binary string
	home   string
}

// Kubectl is the administrator's kubectl for the server. It follows the server through restarts.
func (s *Server) Kubectl() *Kubectl {
	s.t.Helper()
	return NewKubectl(s.t, s.Kubeconfig())
}

// NewKubectl is a kubectl for any server.
func NewKubectl(t testing.TB, kubeconfig string) *Kubectl {
	t.Helper()
	return &Kubectl{Kubeconfig: kubeconfig, t: t, binary: KubectlBinary(t), home: t.TempDir()}
}

// Result is how a command ended.
type Result struct {
	Out, Err string
	Code     int
}

// All is the result as a transcript has it: the output, then the errors, then the code if it is not zero.
func (r Result) All() string {
	text := r.Out + r.Err
	if r.Code != 0 {
		text += fmt.Sprintf("exit code %d\n", r.Code)
	}
	return text
}

// Command is a kubectl process that is not started yet.
func (k *Kubectl) Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, k.binary, args...)
	command.Dir = k.Dir
	command.Env = append(os.Environ(), "KUBECONFIG="+k.Kubeconfig, "HOME="+k.home, "KUBECACHEDIR="+filepath.Join(k.home, "cache"),
		"TZ=UTC", "LC_ALL=C", "HTTPS_PROXY=", "HTTP_PROXY=", "KUBERC=off")
	command.Env = append(command.Env, k.Env...)
	return command
}

// Run runs kubectl with something on its input and returns how it ended.
func (k *Kubectl) Run(stdin string, args ...string) Result {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), 2*patience)
	defer cancel()
	command := k.Command(ctx, args...)
	command.Stdin = strings.NewReader(stdin)
	var out, errOut bytes.Buffer
	command.Stdout, command.Stderr = &out, &errOut
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		k.t.Fatalf("kubectl %s: %v %v\n%s%s", strings.Join(args, " "), err, ctx.Err(), out.String(), errOut.String())
	}
	return Result{out.String(), errOut.String(), command.ProcessState.ExitCode()}
}

// OK runs kubectl and returns its output; anything but success fails the test.
func (k *Kubectl) OK(args ...string) string {
	k.t.Helper()
	return k.OKIn("", args...)
}

// OKIn is OK with something on kubectl's input.
func (k *Kubectl) OKIn(stdin string, args ...string) string {
	k.t.Helper()
	r := k.Run(stdin, args...)
	if r.Code != 0 {
		k.t.Fatalf("kubectl %s: exit code %d\n%s%s", strings.Join(args, " "), r.Code, r.Out, r.Err)
	}
	return r.Out
}

// Fails runs kubectl and returns what it complains of; success fails the test.
func (k *Kubectl) Fails(args ...string) string {
	k.t.Helper()
	r := k.Run("", args...)
	if r.Code == 0 {
		k.t.Fatalf("kubectl %s: no error\n%s%s", strings.Join(args, " "), r.Out, r.Err)
	}
	return r.Err
}
