// Command bench is what `make bench-clients` measures of this client; test/clients/bench.go says what it is asked for.
package main

import (
	"context"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/watch"

	kube "github.com/gatehouse-dev/gatehouse/clients/go"
	corev1 "github.com/gatehouse-dev/gatehouse/clients/go/types/core/v1"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, mode string) error {
	if mode == "import" {
		return nil
	}
	client, err := kube.FromKubeconfig("")
	if err != nil {
		return err
	}
	switch mode {
	case "first":
		list, err := corev1.Namespaces.On(client).Page(ctx)
		if err != nil {
			return err
		}
		fmt.Println(len(list.Items))
	case "list":
		list, err := corev1.Pods.On(client).Page(ctx)
		if err != nil {
			return err
		}
		fmt.Println(len(list.Items))
	case "watch":
		modified, ready := 0, false
		for event, err := range corev1.ConfigMaps.In(client, "bench").Watch(ctx) {
			if err != nil {
				return err
			}
			if !ready {
				ready = true
				fmt.Println("ready")
			}
			if event.Type == watch.Modified {
				if modified++; modified == 1000 {
					return nil
				}
			}
		}
	}
	return nil
}
