package core

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var componentStatuses = kind.Kind{
	Group: group, Resource: "componentstatuses",
	Strategy: componentStatusStrategy,
	Cells:    kind.Cells{"healthy": kind.CellOfValues(healthy)},
}

// componentProbes are the health endpoints of the scheduler and controller manager on the same machine. They have self-signed
// certificates, which are not verified, because nothing secret is sent.
var componentProbes = []struct{ name, url string }{
	{"controller-manager", "https://127.0.0.1:10257/healthz"},
	{"scheduler", "https://127.0.0.1:10259/healthz"},
}

// componentTimeout bounds one probe.
const componentTimeout = 5 * time.Second

// componentStatusStrategy probes the components at each read; nothing is stored.
func componentStatusStrategy(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	client := &http.Client{Timeout: componentTimeout, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true, //nolint:gosec // see componentProbes
	}}
	s.Virtual = func(ctx context.Context) ([]object.Object, error) {
		out := make([]object.Object, len(componentProbes)+1)
		var asked sync.WaitGroup
		for i, p := range componentProbes {
			asked.Go(func() {
				message, err := probe(ctx, client, p.url)
				out[i] = componentStatus(p.name, message, err)
			})
		}
		out[len(componentProbes)] = componentStatus("etcd-0", "ok", d.Store.Ready(ctx))
		asked.Wait()
		return out, nil
	}
}

// probe is the result of one probe.
func probe(ctx context.Context, client *http.Client, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 10<<10))
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", errors.New(string(body))
	}
	return string(body), nil
}

func componentStatus(name, message string, err error) *corev1.ComponentStatus {
	condition := corev1.ComponentCondition{Type: "Healthy", Status: "True", Message: message}
	if err != nil {
		condition.Status, condition.Message = "False", fmt.Sprint(err)
	}
	return &corev1.ComponentStatus{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ComponentStatus"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Conditions: []corev1.ComponentCondition{condition},
	}
}

// healthy is the status column; its value is the status of the condition Healthy.
func healthy(v kind.Values, _ time.Time) any {
	switch {
	case v[0] == nil:
		return "Unknown"
	case v.Text(0) == "True":
		return "Healthy"
	}
	return "Unhealthy"
}
