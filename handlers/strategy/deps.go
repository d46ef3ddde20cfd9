package strategy

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func (d *Deps) setDefaults() {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Rand == nil {
		d.Rand = rand.IntN
	}
	if d.Delete == nil {
		d.Delete = func(context.Context, schema.GroupVersionResource, string, string, *metav1.DeleteOptions) error {
			return errors.New("this server cannot delete for evictions")
		}
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if len(d.ServiceCIDRs) == 0 {
		d.ServiceCIDRs = []string{"10.0.0.0/24"}
	}
	if d.NodePorts == "" {
		d.NodePorts = "30000-32767"
	}
}
