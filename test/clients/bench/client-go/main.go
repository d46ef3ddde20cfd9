//go:build ignore

// Command main is client-go in the comparison of the clients. It is built by name: no package of this module may import
// client-go.
package main

import (
	"context"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, mode string) error {
	if mode == "import" {
		return nil
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	switch mode {
	case "first":
		list, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		fmt.Println(len(list.Items))
	case "list":
		list, err := client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		fmt.Println(len(list.Items))
	case "watch":
		w, err := client.CoreV1().ConfigMaps("bench").Watch(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		modified, ready := 0, false
		for event := range w.ResultChan() {
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
