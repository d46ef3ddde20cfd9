// Command record sends the golden scripts to a server and shows where its answers differ from the recorded ones; with
// -rewrite it writes the answers into the scripts instead. It is how the scripts were made, from the reference.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/gatehouse-dev/gatehouse/test/golden"
)

type options struct {
	server, token, ca, forget string
	rewrite, ours             bool
	files                     []string
}

func main() {
	var o options
	flag.StringVar(&o.server, "server", "https://127.0.0.1:6443", "address of the server")
	flag.StringVar(&o.token, "token", "", "bearer token of an administrator")
	flag.StringVar(&o.ca, "cacert", "", "file with the certificate authority of the server")
	flag.StringVar(&o.forget, "forget", "", "command that lets the server forget what was before a revision, its argument, and returns when it is ready again")
	flag.BoolVar(&o.rewrite, "rewrite", false, "write the answers into the scripts")
	flag.BoolVar(&o.ours, "ours", false, "the server is ours: use the answers marked as ours where a step says that we differ")
	flag.Parse()
	o.files = flag.Args()
	differing, err := run(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if differing > 0 && !o.rewrite {
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (differing int, err error) {
	if len(o.files) == 0 {
		if o.files, err = filepath.Glob("test/golden/testdata/*.txt"); err != nil || len(o.files) == 0 {
			return 0, errors.Join(err, errors.New("no scripts: name the files, or run this in the module's root"))
		}
	}
	client, err := httpClient(o)
	if err != nil {
		return 0, err
	}
	side := golden.Reference
	if o.ours {
		side = golden.Ours
	}
	at := golden.Target{URL: o.server, Client: client}
	if o.forget != "" {
		at.Compact = forgetter(o.forget)
	}
	steps := 0
	for _, file := range o.files {
		script, err := golden.Load(file)
		if err != nil {
			return 0, err
		}
		differs, err := golden.Check(ctx, os.Stdout, at, script, side, o.rewrite)
		if err != nil {
			return 0, err
		}
		steps += len(script.Steps)
		differing += differs
		if o.rewrite {
			if err := os.WriteFile(file, []byte(script.Format()), 0o644); err != nil {
				return 0, fmt.Errorf("rewrite script: %w", err)
			}
		}
	}
	fmt.Printf("%d scripts, %d steps, %d differ\n", len(o.files), steps, differing)
	return differing, nil
}

func httpClient(o options) (*http.Client, error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if o.ca != "" {
		pem, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, fmt.Errorf("read certificate authority: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("no certificate in %s", o.ca)
		}
		transport.TLSClientConfig.RootCAs = pool
	}
	return golden.TokenClient(transport, o.token), nil
}
