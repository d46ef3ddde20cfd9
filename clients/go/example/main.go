// Command example is a small controller: it keeps the config map "deployments" of a namespace in step with the deployments that are
// labelled "listed=yes": a line for each, with the number of its replicas.
//
//	make run                                                   # in the folder of the project
//	KUBECONFIG=gatehouse-data/admin.kubeconfig go run -C clients/go ./example
package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	kube "github.com/gatehouse-dev/gatehouse/clients/go"
	appsv1 "github.com/gatehouse-dev/gatehouse/clients/go/types/apps/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/clients/go/types/core/v1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	config, err := kube.AutoConfig()
	if err != nil {
		return err
	}
	config.FieldManager = "deployments-example"
	client, err := kube.New(config)
	if err != nil {
		return err
	}
	namespace := client.Namespace()
	if len(os.Args) > 1 {
		namespace = os.Args[1]
	}
	// A change says that there is something to do; what is to be done is read off the store. So changes that come together cost one
	// write, and a write that fails is tried again with what is true then.
	wake := make(chan struct{}, 1)
	changed := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	deployments := appsv1.Deployments.In(client, namespace).Informer(kube.Handlers[appsv1.Deployment]{
		Add:    func(*appsv1.Deployment, bool) { changed() },
		Update: func(_, _ *appsv1.Deployment) { changed() },
		Delete: func(*appsv1.Deployment) { changed() },
	}, kube.Labels("listed=yes"))
	ended := make(chan error, 1)
	go func() { ended <- deployments.Run(ctx) }()
	if err := deployments.WaitSynced(ctx); err != nil {
		return nil
	}
	changed()
	for {
		select {
		case err := <-ended:
			return err
		case <-wake:
			if err := write(ctx, corev1.ConfigMaps.In(client, namespace), deployments.List()); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// write makes the config map say what the deployments are.
func write(ctx context.Context, configMaps kube.Bound[corev1.ConfigMap, corev1.ConfigMapList], deployments []*appsv1.Deployment) error {
	data := map[string]string{}
	for _, d := range deployments {
		replicas := int32(1)
		if d.Spec.Replicas != nil {
			replicas = *d.Spec.Replicas
		}
		data[d.Name] = strconv.Itoa(int(replicas))
	}
	_, err := configMaps.Update(ctx, "deployments", func(m *corev1.ConfigMap) error {
		if maps.Equal(m.Data, data) {
			return errUnchanged
		}
		m.Data = data
		return nil
	})
	if apierrors.IsNotFound(err) {
		_, err = configMaps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "deployments"}, Data: data})
	}
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err == nil {
		fmt.Println("deployments:", data)
	}
	return err
}

var errUnchanged = errors.New("nothing to write")
