package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatehouse-dev/gatehouse/gen/openapi"
)

// M is a JSON object.
type M = map[string]any

// Documents are parsed documents by their path in the index of /openapi/v3.
type Documents map[string]M

// generated are our documents.
func generated() (Documents, error) {
	out := Documents{}
	for _, path := range openapi.Paths() {
		b, err := openapi.Document(path)
		if err != nil {
			return nil, err
		}
		if err := out.add(path, b); err != nil {
			return nil, err
		}
		out[path] = normal(out[path]).(M)
	}
	return out, nil
}

func (d Documents) add(path string, b []byte) error {
	var m M
	if err := json.Unmarshal(b, &m); err != nil {
		return fmt.Errorf("document %s: %w", path, err)
	}
	d[path] = m
	return nil
}

// load reads their documents from where the options say. A folder has the groups that are off by default too; a server has what
// is decided when it runs, such as enums, so its documents replace those of the folder.
func load(o options) (Documents, error) {
	if o.server == "" && o.dir == "" {
		return nil, errors.New("-server or -dir is needed")
	}
	out := Documents{}
	if o.dir != "" {
		d, err := fromDir(o.dir)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, d)
	}
	if o.server != "" {
		d, err := fromServer(strings.TrimSuffix(o.server, "/"), o.token)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, d)
	}
	return out, nil
}

// fromDir reads files like apis__apps__v1_openapi.json.
func fromDir(dir string) (Documents, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_openapi.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no *_openapi.json in %s", dir)
	}
	out := Documents{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.Base(f), "_openapi.json")
		if err := out.add(strings.ReplaceAll(name, "__", "/"), b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fromServer reads the index of a server and every document in it. Certificates are not checked: nothing secret is read.
func fromServer(base, token string) (Documents, error) {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	get := func(path string) ([]byte, error) {
		request, err := http.NewRequest(http.MethodGet, base+path, nil)
		if err != nil {
			return nil, err
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		b, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", path, response.Status)
		}
		return b, nil
	}
	b, err := get("/openapi/v3")
	if err != nil {
		return nil, err
	}
	var index struct {
		Paths map[string]struct {
			ServerRelativeURL string `json:"serverRelativeURL"`
		}
	}
	if err := json.Unmarshal(b, &index); err != nil {
		return nil, fmt.Errorf("/openapi/v3: %w", err)
	}
	out := Documents{}
	for path, at := range index.Paths {
		if b, err = get(at.ServerRelativeURL); err != nil {
			return nil, err
		}
		if err := out.add(path, b); err != nil {
			return nil, err
		}
	}
	return out, nil
}
