// Command findkubectl prints the path of the kubectl that the tests use, after building it where it is missing. It works in
// any folder of the project.
package main

import (
	"fmt"
	"os"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

func main() {
	path, err := harness.FindKubectl()
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubectl:", err)
		os.Exit(1)
	}
	fmt.Println(path)
}
