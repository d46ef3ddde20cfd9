// Command findtool prints the paths of the programs that the tests use, after building those that are missing: kubectl, helm3,
// helm4. It works in any folder of the project.
package main

import (
	"fmt"
	"os"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

func main() {
	for _, name := range os.Args[1:] {
		path, err := harness.FindTool(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(1)
		}
		fmt.Println(path)
	}
}
