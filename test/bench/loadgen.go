package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
)

// result is one line of loadgen's output: what one workload did, and what that cost the server.
type result struct {
	Workload string `json:"workload"`
	Ops      int64  `json:"ops"`
	// Errors are requests that failed; for the workload "watch", events that nobody received.
	Errors int64 `json:"errors"`
	// CPU is that of server and store together, for one operation.
	CPU      float64 `json:"cpu_ms_per_op"`
	Median   float64 `json:"p50_ms"`
	Resident float64 `json:"rss_mb"`
	// Note is the first error, or how many watchers there were.
	Note string `json:"note"`
}

// refused says that no request succeeded, and how the server answered, in words for the table.
func (r result) refused() (string, bool) {
	if r.Ops == 0 || r.Errors < r.Ops || r.Workload == watching {
		return "", false
	}
	var code int
	if _, err := fmt.Sscanf(r.Note, "HTTP %d", &code); err != nil {
		return "failed", true
	}
	switch code {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType, http.StatusNotImplemented:
		return fmt.Sprintf("not there yet (%d)", code), true
	}
	return fmt.Sprintf("failed (%d)", code), true
}

// incomplete is a remark on a result that is a figure but not a clean one; empty if nothing is to be said.
func (r result) incomplete() string {
	switch {
	case r.Workload == watching && r.Errors > 0:
		return fmt.Sprintf("%d events did not come in time; %s", r.Errors, r.Note)
	case r.Workload != watching && r.Errors > 0:
		return fmt.Sprintf("%d of %d requests failed, the first with %s", r.Errors, r.Ops, r.Note)
	}
	return ""
}

// watching is the workload whose operations are events and not requests.
const watching = "watch"

// load is how loadgen is called.
type load struct {
	program                 string
	pods, seconds, watchers int
}

// run drives a server through workloads in order.
func (l load) run(ctx context.Context, p *process, kubeconfig string, workloads []string) ([]result, error) {
	command := exec.CommandContext(ctx, l.program, "-kubeconfig", kubeconfig, "-pids", p.pids(), "-pods", strconv.Itoa(l.pods),
		"-seconds", strconv.Itoa(l.seconds), "-watchers", strconv.Itoa(l.watchers), "-w", strings.Join(workloads, ","))
	command.SysProcAttr = dieWithUs()
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("loadgen %s on %s: %w\n%s", strings.Join(workloads, ","), p.name, err, bytes.TrimSpace(complaints.Bytes()))
	}
	results, err := parse(&out, workloads)
	if err != nil {
		return nil, fmt.Errorf("loadgen on %s: %w", p.name, err)
	}
	return results, nil
}

// parse reads loadgen's output, which must have one line for each workload, in order.
func parse(r io.Reader, workloads []string) ([]result, error) {
	var results []result
	for d := json.NewDecoder(r); ; {
		var got result
		err := d.Decode(&got)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("result %d: %w", len(results)+1, err)
		}
		if len(results) == len(workloads) || got.Workload != workloads[len(results)] {
			return nil, fmt.Errorf("result %d is one of %q", len(results)+1, got.Workload)
		}
		results = append(results, got)
	}
	if len(results) < len(workloads) {
		return nil, fmt.Errorf("no result of %q", workloads[len(results)])
	}
	return results, nil
}
