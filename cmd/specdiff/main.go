// Command specdiff compares the generated OpenAPI documents with those that a Kubernetes release publishes.
//
//	specdiff -server https://127.0.0.1:6443 -token T    a running API server's /openapi/v3
//	specdiff -dir api/openapi-spec/v3                   the files of a Kubernetes source tree
//	specdiff -dir ... -server ... -record FILE          keep their structure, without their prose, for the parity test
//	specdiff -discovery api/discovery [-record FILE]    the same for discovery
//
// It says what theirs has and ours lacks or has otherwise. What ours adds on purpose, which is constraints and defaults, is
// counted and not listed, unless -all is given. It ends with 1 when there are differences.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	var o options
	flag.StringVar(&o.server, "server", "", "base URL of a running API server")
	flag.StringVar(&o.token, "token", "", "bearer token for -server")
	flag.StringVar(&o.dir, "dir", "", "folder with files *_openapi.json")
	flag.StringVar(&o.discovery, "discovery", "", "folder with discovery documents")
	flag.StringVar(&o.record, "record", "", "write the structure of their documents to this file instead of comparing")
	flag.BoolVar(&o.all, "all", false, "list our additions too")
	flag.Parse()
	found, err := run(o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "specdiff:", err)
		os.Exit(2)
	}
	if found > 0 {
		os.Exit(1)
	}
}

type options struct {
	server, token, dir, discovery, record string

	all bool
}

// run compares or records, and returns the number of differences.
func run(o options, out *os.File) (int, error) {
	if o.discovery != "" {
		return runDiscovery(o, out)
	}
	theirs, err := load(o)
	if err != nil {
		return 0, err
	}
	for name := range theirs {
		theirs[name] = normal(theirs[name]).(M)
	}
	if o.record != "" {
		return 0, writeGolden(o.record, theirs)
	}
	ours, err := generated()
	if err != nil {
		return 0, err
	}
	found := 0
	for _, d := range compareAll(ours, theirs) {
		if d.Kind != Added {
			found++
		} else if !o.all {
			continue
		}
		fmt.Fprintln(out, d)
	}
	fmt.Fprintf(out, "%d documents, %d differences\n", len(theirs), found)
	return found, nil
}

// runDiscovery is run for discovery.
func runDiscovery(o options, out *os.File) (int, error) {
	theirs, err := discoveryOf(o.discovery)
	if err != nil {
		return 0, err
	}
	if o.record != "" {
		return 0, os.WriteFile(o.record, []byte(strings.Join(theirs, "\n")+"\n"), 0o644)
	}
	found := compareLines(generatedDiscovery(), theirs)
	for _, line := range found {
		fmt.Fprintln(out, line)
	}
	return len(found), nil
}
