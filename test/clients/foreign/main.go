// Command foreign makes of a v2 document, read from its input, one that openapi-generator can work with, as the official clients
// of Kubernetes are made: it does the steps of github.com/kubernetes-client/gen that concern the language ("java", "csharp").
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "foreign:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 || (args[0] != "java" && args[0] != "csharp") {
		return fmt.Errorf("usage: foreign java|csharp < v2.json > out.json")
	}
	var d document
	if err := json.NewDecoder(os.Stdin).Decode(&d.spec); err != nil {
		return fmt.Errorf("v2 document: %w", err)
	}
	d.operations(args[0])
	if err := d.rename(); err != nil {
		return err
	}
	d.values(args[0])
	d.inline(args[0])
	d.implement()
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	return out.Encode(d.spec)
}
