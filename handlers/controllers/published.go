package controllers

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// republish is how often a published config map is looked at again.
const republish = time.Minute

// ConfigMap is a config map in kube-system by which the server tells something to others.
type ConfigMap struct {
	Name string
	// Data adds what the server has to tell to what is told already, by it or by other servers on the same store. It
	// changes data in place.
	Data func(data map[string]string)
}

// Published keeps config maps as they should be. It belongs to the server itself, so no flag switches it off.
type Published struct {
	Objects *resource.Objects
	Writer  resource.Writer
	Maps    []ConfigMap
	Log     *slog.Logger
}

// Wait returns at once: nobody needs to wait for this.
func (p *Published) Wait(context.Context) error { return nil }

// Run publishes until ctx ends.
func (p *Published) Run(ctx context.Context) {
	for {
		next := republish
		for _, m := range p.Maps {
			if err := p.publish(ctx, m); err != nil && ctx.Err() == nil {
				p.Log.Warn("publishing a config map", "name", m.Name, "error", err)
				next = pause
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(next):
		}
	}
}

// publish reads first: most of the time there is nothing to write.
func (p *Published) publish(ctx context.Context, m ConfigMap) error {
	gvr := schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	live, err := p.Objects.Get(ctx, gvr, metav1.NamespaceSystem, m.Name)
	if apierrors.IsNotFound(err) {
		fresh := &corev1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: newMeta(metav1.NamespaceSystem, m.Name), Data: map[string]string{}}
		m.Data(fresh.Data)
		if err = p.Writer.Create(ctx, resource.OwnWrite{Resource: gvr}, fresh); apierrors.IsAlreadyExists(err) {
			return nil // another server was quicker; ours follows in a while
		}
		return err
	}
	if err != nil || !m.changes(live) {
		return err
	}
	_, err = p.Writer.Update(ctx, resource.OwnWrite{Resource: gvr, Namespace: metav1.NamespaceSystem, Name: m.Name}, func(o object.Object) error {
		m.changes(o)
		return nil
	})
	return err
}

// changes brings the content of a config map up to date and says whether anything was not.
func (m ConfigMap) changes(o object.Object) bool {
	cm, ok := o.(*corev1.ConfigMap)
	if !ok {
		return false
	}
	before := maps.Clone(cm.Data)
	if cm.Data == nil {
		cm.Data = map[string]string{}
	}
	m.Data(cm.Data)
	return !maps.Equal(before, cm.Data)
}

// TokenTracking tells the controller-manager since when the use of legacy service account tokens is labelled: what is
// without a label was not used since then, and may be cleaned up.
func TokenTracking(now func() time.Time) ConfigMap {
	return ConfigMap{Name: "kube-apiserver-legacy-service-account-token-tracking", Data: func(data map[string]string) {
		if _, err := time.Parse(time.DateOnly, data["since"]); err != nil {
			data["since"] = now().UTC().Format(time.DateOnly)
		}
	}}
}

// Authentication is what other API servers of the cluster need to know whom this server believes: the authorities of users
// and of front proxies, as PEM, and the proxies' names and headers.
type Authentication struct {
	Clients, Proxies                             []byte
	Names, UserHeaders, UIDHeaders, GroupHeaders []string
	ExtraPrefixes                                []string
}

// AuthenticationInfo tells it; info is asked each time, because authorities can change.
func AuthenticationInfo(info func() Authentication) ConfigMap {
	return ConfigMap{Name: "extension-apiserver-authentication", Data: func(data map[string]string) {
		a := info()
		addPEM(data, "client-ca-file", a.Clients)
		if len(a.Proxies) == 0 {
			return
		}
		addPEM(data, "requestheader-client-ca-file", a.Proxies)
		for key, list := range map[string][]string{
			"requestheader-allowed-names": a.Names, "requestheader-username-headers": a.UserHeaders, "requestheader-uid-headers": a.UIDHeaders,
			"requestheader-group-headers": a.GroupHeaders, "requestheader-extra-headers-prefix": a.ExtraPrefixes,
		} {
			if key != "requestheader-uid-headers" || len(list) > 0 {
				addList(data, key, list)
			}
		}
	}}
}

// addPEM adds the certificates that are not there: other servers may have other authorities.
func addPEM(data map[string]string, key string, more []byte) {
	const end = "-----END CERTIFICATE-----\n"
	for block := range strings.SplitSeq(string(more), end) {
		if i := strings.Index(block, "-----BEGIN CERTIFICATE-----"); i >= 0 && !strings.Contains(data[key], block[i:]) {
			data[key] += block[i:] + end
		}
	}
}

// addList adds the strings that are not in a JSON list. What is no list is replaced when there is something to add.
func addList(data map[string]string, key string, more []string) {
	var list []string
	if json.Unmarshal([]byte(data[key]), &list) != nil || list == nil {
		list = []string{}
	}
	before := len(list)
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if b, err := json.Marshal(list); err == nil && (len(list) != before || data[key] == "") {
		data[key] = string(b)
	}
}
