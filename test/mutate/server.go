package mutate

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// side is one of the two servers.
type side struct {
	url, token string
	client     *http.Client
}

func newSide(url, token string) side {
	// Both are servers of a test on this machine, with certificates of their own making.
	return side{url, token, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}}
}

// verdict is what is compared of an answer.
type verdict struct {
	Code     int
	Warnings []string
	// Causes are those of a refusal, each once: the original repeats some.
	Causes []string
	// Object is what was accepted, but for what differs from server to server.
	Object map[string]any
}

func (s side) send(method, path string, body any) (verdict, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return verdict{}, err
	}
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader(b))
	if err != nil {
		return verdict{}, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(req)
	if err != nil {
		return verdict{}, fmt.Errorf("%s: %w", path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return verdict{}, fmt.Errorf("%s: %w", path, err)
	}
	v := verdict{Code: res.StatusCode, Warnings: res.Header["Warning"]}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return verdict{}, fmt.Errorf("%s answered %d %.100s: %w", path, res.StatusCode, text, err)
	}
	if res.StatusCode >= 400 {
		v.Causes = causes(object)
		return v, nil
	}
	v.Object = stripped(object)
	return v, nil
}

func causes(status map[string]any) (out []string) {
	details, _ := status["details"].(map[string]any)
	list, _ := details["causes"].([]any)
	for _, c := range list {
		cause, _ := c.(map[string]any)
		text := fmt.Sprintf("%v: %v", cause["field"], cause["message"])
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(list) == 0 {
		out = append(out, fmt.Sprint(status["message"]))
	}
	return out
}

// own are the parts of an object that each server makes for itself.
var own = []string{"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "clusterIP", "clusterIPs",
	"controller-uid", "batch.kubernetes.io/controller-uid", "nodePort", "healthCheckNodePort", "lastTransitionTime", "lastPhaseTransitionTime"}

func stripped(object map[string]any) map[string]any {
	for _, k := range own {
		delete(object, k)
	}
	for _, v := range object {
		strip(v)
	}
	return object
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		stripped(v)
	case []any:
		for _, x := range v {
			strip(x)
		}
	}
}

// difference says how two verdicts differ; "" when they do not.
func difference(ours, theirs verdict) string {
	var out []string
	show := func(what string, a, b any) {
		x, y := text(a), text(b)
		if x != y {
			out = append(out, fmt.Sprintf("  %s\n    reference %s\n    ours      %s", what, y, x))
		}
	}
	show("code", ours.Code, theirs.Code)
	show("warnings", ours.Warnings, theirs.Warnings)
	show("causes", ours.Causes, theirs.Causes)
	if len(out) == 0 {
		show("object", ours.Object, theirs.Object)
	}
	return strings.Join(out, "\n")
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
