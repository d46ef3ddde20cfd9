package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// The benchmark runs programs of bench/<name>, each of which lists and watches with one client. Its run.sh is called with
//
//	install   once, to get and build what it needs
//	import    loads the client and ends
//	first     reads the list of namespaces
//	list      reads all pods, and prints how many there are
//	watch     watches the config maps of the namespace bench, prints "ready" at the first event, and ends after 1,000 that are
//	          modifications
//
// and the processor time and the memory of each run are those of its processes.
const (
	benchPods   = 5000
	benchEvents = 1000
	benchRuns   = 3
)

var benchModes = []string{"import", "first", "list", "watch"}

// measured is one run.
type measured struct {
	cpu, wall time.Duration
	memory    int64
}

func (s *server) bench(root string, names []string) error {
	folder := filepath.Join(root, "test", "clients", "bench")
	if len(names) == 0 {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	api, err := s.api()
	if err != nil {
		return err
	}
	if err := api.fill(); err != nil {
		return err
	}
	fmt.Printf("%-20s %s\n", "", "  processor s (resident MB), the median of three processes each: loading, a first list, 5,000 pods, 1,000 events")
	var faults []error
	for _, name := range names {
		line, err := s.contender(filepath.Join(folder, name, "run.sh"), api)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
			continue
		}
		fmt.Printf("%-20s%s\n", name, line)
	}
	return errors.Join(faults...)
}

// contender is the line of one client.
func (s *server) contender(program string, api *api) (string, error) {
	if out, err := s.program(program, "install").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	line := ""
	for _, mode := range benchModes {
		var all []measured
		for range benchRuns {
			m, err := s.measure(program, mode, api)
			if err != nil {
				return "", fmt.Errorf("%s: %w", mode, err)
			}
			all = append(all, m)
		}
		slices.SortFunc(all, func(a, b measured) int { return cmp.Compare(a.cpu, b.cpu) })
		m := all[benchRuns/2]
		line += fmt.Sprintf("  %s %5.2f (%3.0f)", mode, m.cpu.Seconds(), float64(m.memory)/1024)
	}
	return line, nil
}

func (s *server) program(path, mode string) *exec.Cmd {
	command := exec.Command(path, mode)
	command.Dir = filepath.Dir(path)
	command.Env = append(os.Environ(), "GATEHOUSE_KUBECONFIG="+s.kubeconfig, "KUBECONFIG="+s.kubeconfig)
	return command
}

// measure runs a program once.
func (s *server) measure(path, mode string, api *api) (measured, error) {
	command := s.program(path, mode)
	var stderr lockedBuffer
	command.Stderr = &stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return measured{}, err
	}
	begin := time.Now()
	if err := command.Start(); err != nil {
		return measured{}, err
	}
	peak := memoryOf(command.Process.Pid)
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if lines.Text() == "ready" {
			if err := api.events(); err != nil {
				return measured{}, errors.Join(err, command.Process.Kill(), command.Wait())
			}
		}
	}
	if err := command.Wait(); err != nil {
		return measured{}, fmt.Errorf("%w\n%s%s", err, &said, &stderr)
	}
	m := measured{wall: time.Since(begin), cpu: command.ProcessState.UserTime() + command.ProcessState.SystemTime(), memory: peak()}
	if want := fmt.Sprint(benchPods); mode == "list" && !strings.Contains(said.String(), want) {
		return m, fmt.Errorf("it lists %q", &said)
	}
	return m, nil
}

// memoryOf looks at the most resident memory of a process until the result is called. (What the kernel says in the end counts what the
// process was before it began its program.)
func memoryOf(pid int) func() int64 {
	done, most := make(chan struct{}), make(chan int64, 1)
	go func() {
		var peak int64
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-done:
				most <- peak
				return
			case <-tick.C:
				status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
				if err != nil {
					continue // it has ended
				}
				_, rest, _ := strings.Cut(string(status), "VmHWM:")
				var now int64
				if _, err := fmt.Sscan(rest, &now); err == nil {
					peak = max(peak, now)
				}
			}
		}
	}()
	return func() int64 {
		close(done)
		return <-most
	}
}

// pod is about as large as those of clusters: two containers with probes, resources, an environment and mounts.
const pod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-%d","labels":{"app":"web","pod-template-hash":"5d6c4b7f9","tier":"front"},"annotations":{"example.com/checksum":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}},
"spec":{"containers":[%s,%s],"volumes":[{"name":"config","configMap":{"name":"config"}},{"name":"scratch","emptyDir":{}}],"tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}]}}`

const container = `{"name":"%s","image":"registry.example.com/shop/web:1.2.3","args":["--listen=:8080","--log-level=info"],"ports":[{"name":"http-%[1]s","containerPort":8080}],
"env":[{"name":"POD","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},{"name":"REGION","value":"north"},{"name":"LIMIT","value":"100"}],
"resources":{"requests":{"cpu":"250m","memory":"128Mi"},"limits":{"memory":"256Mi"}},"readinessProbe":{"httpGet":{"path":"/ready","port":8080}},"livenessProbe":{"httpGet":{"path":"/live","port":8080},"periodSeconds":20},
"volumeMounts":[{"name":"config","mountPath":"/etc/web"},{"name":"scratch","mountPath":"/tmp"}]}`

// fill makes what is listed and watched.
func (a *api) fill() error {
	if err := a.send(http.MethodPost, "/api/v1/namespaces", "application/json", `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench"}}`); err != nil {
		return err
	}
	if err := a.send(http.MethodPost, "/api/v1/namespaces/bench/configmaps", "application/json", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"changes"}}`); err != nil {
		return err
	}
	var group sync.WaitGroup
	faults := make(chan error, 4)
	for worker := range 4 {
		group.Go(func() {
			for n := worker; n < benchPods; n += 4 {
				body := fmt.Sprintf(pod, n, fmt.Sprintf(container, "web"), fmt.Sprintf(container, "side"))
				if err := a.send(http.MethodPost, "/api/v1/namespaces/bench/pods", "application/json", body); err != nil {
					faults <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(faults)
	return <-faults
}

// events changes one config map many times.
func (a *api) events() error {
	for n := range benchEvents {
		body := fmt.Sprintf(`{"data":{"n":"%d %d","text":"%s"}}`, time.Now().UnixNano(), n, strings.Repeat("some text ", 100))
		if err := a.send(http.MethodPatch, "/api/v1/namespaces/bench/configmaps/changes", "application/merge-patch+json", body); err != nil {
			return err
		}
	}
	return nil
}
