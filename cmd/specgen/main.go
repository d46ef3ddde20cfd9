// Command specgen writes everything under gen/, and the generated half of clients/, from the resource model in openapi/.
//
// It reads the whole model, computes every file in memory and only then replaces the output folders' content, so that a
// faulty model leaves the last good generation in place and a run without changes touches nothing.
package main

import (
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/lint"
	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

func main() {
	in := flag.String("spec", "openapi", "folder of the resource model")
	out := flag.String("out", "gen", "folder to write; files in it that are not generated any more are removed")
	clientsOut := flag.String("clients", "clients", "folder of the clients; files in it that were generated once and are not any more are removed")
	describe := flag.Bool("describe", false, "put the descriptions of the linked API modules into the clients: for packages, not to be committed")
	only := flag.Bool("lint", false, "look for faults in the model and write nothing")
	flag.Parse()
	if *only {
		*out, *clientsOut = "", ""
	}
	if err := run(*in, *out, *clientsOut, *describe); err != nil {
		fmt.Fprintln(os.Stderr, "specgen:", err)
		os.Exit(1)
	}
}

// run generates out and the clients from in; with an empty name of a folder it checks that it could.
func run(in, out, clientsOut string, describe bool) error {
	model, err := spec.Load(in)
	if err != nil {
		return err
	}
	if err := check(model, in); err != nil {
		return err
	}
	server, err := spec.LoadServer(in)
	if err != nil {
		return err
	}
	files := output{}
	writers := []func(spec.Model, output) error{writeTypes, writeDeepCopy, writeDefaults, writeResources, writeProtoTables, writeColumns, writeSwaggerDoc}
	for _, write := range writers {
		if err := write(model, files); err != nil {
			return err
		}
	}
	gates, err := spec.LoadFeatures(in)
	if err != nil {
		return err
	}
	if err := writeFeatures(model, gates, files); err != nil {
		return err
	}
	if err := writeServerRoutes(server, files); err != nil {
		return err
	}
	if err := writeDocuments(model, server, files); err != nil {
		return err
	}
	clientFiles, err := clientFiles(model, files, describe)
	if err != nil {
		return err
	}
	if out != "" {
		if err := files.sync(out); err != nil {
			return err
		}
	}
	if clientsOut != "" {
		return clientFiles.syncClients(clientsOut)
	}
	return nil
}

// check makes one error of all problems of the model, a line for each.
func check(model spec.Model, in string) error {
	problems := lint.Check(model)
	if len(problems) == 0 {
		return nil
	}
	var lines strings.Builder
	for _, p := range problems {
		p.File = path.Join(filepath.ToSlash(in), p.File)
		fmt.Fprintf(&lines, "\n%s", p)
	}
	return fmt.Errorf("%d problems in %s, nothing is generated:%s", len(problems), in, lines.String())
}
