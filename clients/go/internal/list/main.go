// Command list lists pods. The size of its binary, what it is built of and how fast it is are measured.
package main

import (
	"context"
	"fmt"
	"os"

	kube "github.com/gatehouse-dev/gatehouse/clients/go"
	corev1 "github.com/gatehouse-dev/gatehouse/clients/go/types/core/v1"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "list:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	client, err := kube.Auto()
	if err != nil {
		return err
	}
	n := 0
	for _, err := range corev1.Pods.On(client).List(ctx) {
		if err != nil {
			return err
		}
		n++
	}
	fmt.Println(n, "pods")
	return nil
}
