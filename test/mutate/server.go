package mutate

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// atOnce is how many cases are under way.
const atOnce = 6

// side is one of the two servers.
type side struct {
	url, token string
	client     *http.Client
}

func newSide(url, token string) side {
	// Both are servers of a test on this machine, with certificates of their own making. HTTP/1.1 over connections that stay
	// open is what costs both least.
	return side{url, token, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: atOnce}}}
}

// noAnswer stands for the status of a request that was never answered; it is compared like a refusal.
const noAnswer = 999

// verdict is what is compared of an answer.
type verdict struct {
	Code     int
	Warnings []string
	// Causes are those of a refusal, each once: upstream repeats some.
	Causes []string
	// Object is what was accepted, but for what differs from server to server.
	Object map[string]any
}

// send makes a request and reads all of the answer.
func (s side) send(method, path string, body any) (verdict, error) {
	object, v, err := s.ask(method, path, body)
	if err != nil {
		return verdict{}, err
	}
	if v.Code >= 400 {
		v.Causes = causes(object)
		return v, nil
	}
	v.Object = stripped(object)
	return v, nil
}

func (s side) ask(method, path string, body any) (map[string]any, verdict, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, verdict{}, fmt.Errorf("writing a body: %w", err)
	}
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader(b))
	if err != nil {
		return nil, verdict{}, fmt.Errorf("%s: %w", path, err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/merge-patch+json")
	}
	res, err := s.client.Do(req)
	if errors.Is(err, io.EOF) {
		// A server that panics closes the connection without an answer.
		return map[string]any{"message": "no answer"}, verdict{Code: noAnswer}, nil
	}
	if err != nil {
		return nil, verdict{}, fmt.Errorf("%s: %w", path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, verdict{}, fmt.Errorf("%s: %w", path, err)
	}
	v := verdict{Code: res.StatusCode, Warnings: res.Header["Warning"]}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		// A page in place of a Status is compared as its text.
		object = map[string]any{"message": string(text)}
	}
	return object, v, nil
}

// version is the resourceVersion of what lies at a path; "" when there is nothing.
func (s side) version(path string) (string, error) {
	object, _, err := s.ask("GET", path, nil)
	if err != nil {
		return "", err
	}
	meta, _ := object["metadata"].(map[string]any)
	version, _ := meta["resourceVersion"].(string)
	return version, nil
}
