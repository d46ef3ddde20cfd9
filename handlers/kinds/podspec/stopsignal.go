package podspec

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// linuxSignals are the names of all signals that Linux has, sorted.
var linuxSignals = sync.OnceValue(func() []string {
	names := strings.Fields("SIGABRT SIGALRM SIGBUS SIGCHLD SIGCLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT SIGKILL SIGPIPE SIGPOLL SIGPROF SIGPWR " +
		"SIGQUIT SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ SIGRTMIN SIGRTMAX")
	for n := 1; n <= 15; n++ {
		names = append(names, fmt.Sprint("SIGRTMIN+", n))
	}
	for n := 1; n <= 14; n++ {
		names = append(names, fmt.Sprint("SIGRTMAX-", n))
	}
	slices.Sort(names)
	return names
})

// windowsSignals are those that a container there can be ended by.
var windowsSignals = []string{"SIGKILL", "SIGTERM"}

// stopSignal is one that the pod's system has; a pod that names no system cannot say.
func stopSignal(signal string, system *corev1.PodOS, path *field.Path) field.ErrorList {
	if system == nil {
		return field.ErrorList{field.Forbidden(path, "may not be set for containers with empty `spec.os.name`")}
	}
	var signals []string
	switch system.Name {
	case "linux":
		signals = linuxSignals()
	case "windows":
		signals = windowsSignals
	default:
		return nil // its name is a fault of its own
	}
	if slices.Contains(signals, signal) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, signal, signals)}
}
