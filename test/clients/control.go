package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// control serves, at a port of the loopback interface, what a test can have done to the server:
//
//	POST /restart?namespace=N   takes the server away, changes config maps of N behind the clients' backs, and brings it back:
//	                            "dies" is deleted, "born" is created, "changes" gets data.step=1
//	POST /expire?namespace=N    the same, and nobody can go on from before it: the store forgets what led to its last state, so
//	                            watches get 410
//
// Without a namespace nothing is changed.
func (s *server) control() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	for path, expire := range map[string]bool{"POST /restart": false, "POST /expire": true} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if err := s.away(r.Context(), r.URL.Query().Get("namespace"), expire); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
	}
	go func() { _ = http.Serve(l, mux) }() // ends with the process
	return "http://" + l.Addr().String(), nil
}

// away takes the server away from its port and brings it back.
func (s *server) away(ctx context.Context, namespace string, expire bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	if err := s.start(0); err != nil {
		return err
	}
	if err := s.change(namespace); err != nil {
		return err
	}
	if expire {
		if err := s.forget(ctx); err != nil {
			return err
		}
	}
	s.stop()
	return s.start(s.port)
}

// change does what watches should notice afterwards.
func (s *server) change(namespace string) error {
	if namespace == "" {
		return nil
	}
	api, err := s.api()
	if err != nil {
		return err
	}
	defer api.http.CloseIdleConnections()
	maps := "/api/v1/namespaces/" + url.PathEscape(namespace) + "/configmaps"
	for _, c := range []struct{ method, path, contentType, body string }{
		{http.MethodDelete, maps + "/dies", "application/json", ""},
		{http.MethodPost, maps, "application/json", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"born"}}`},
		{http.MethodPatch, maps + "/changes", "application/merge-patch+json", `{"data":{"step":"1"}}`},
	} {
		if err := api.send(c.method, c.path, c.contentType, c.body); err != nil {
			return err
		}
	}
	return nil
}

// forget compacts the store at its last revision, which is made to be later than what any client has seen.
func (s *server) forget(ctx context.Context) error {
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{"unix:" + s.socket()}})
	if err != nil {
		return err
	}
	defer etcd.Close()
	var revision int64
	for range 3 {
		put, err := etcd.Put(ctx, "/gatehouse-test", "")
		if err != nil {
			return fmt.Errorf("put: %w", err)
		}
		revision = put.Header.Revision
	}
	if _, err := etcd.Compact(ctx, revision); err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	return nil
}
