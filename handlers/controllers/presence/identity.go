package presence

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/uuid"

	coordinationv1 "github.com/gatehouse-dev/gatehouse/gen/types/coordination/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const (
	identityLabel = "apiserver.kubernetes.io/identity"
	hostnameLabel = "kubernetes.io/hostname"
	component     = "kube-apiserver"
	// identityLease is how long the lease of an identity holds without a renewal, and how often those are collected that do not
	// hold any more.
	identityLease = time.Hour
)

var leasesGVR = schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}

// identity is the lease in kube-system by which others find the servers of the cluster.
type identity struct {
	*Presence
	name, holder string
	collected    time.Time
}

func newIdentity(p *Presence) *identity {
	i := &identity{Presence: p}
	if p.Hostname != "" {
		i.name = identityOf(p.Hostname)
		i.holder = i.name + "_" + string(uuid.NewUUID())
	}
	return i
}

// identityOf is upstream's name of the server on a host.
func identityOf(hostname string) string {
	var b []byte
	for _, part := range []string{hostname, component} {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(part))), part...)
	}
	hash := sha256.Sum256(b)
	return "apiserver-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash[:16]))
}

func (i *identity) served() bool { return i.name != "" && i.Objects.Registry.Get(leasesGVR) != nil }

func (i *identity) at() resource.OwnWrite {
	return resource.OwnWrite{Resource: leasesGVR, Namespace: metav1.NamespaceSystem, Name: i.name}
}

// arrive takes away what an earlier server of this name has left.
func (i *identity) arrive(ctx context.Context) { i.leave(ctx) }

// leave deletes the lease.
func (i *identity) leave(ctx context.Context) {
	if !i.served() {
		return
	}
	if err := i.Writer.Delete(ctx, i.at(), &metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) && ctx.Err() == nil {
		i.Log.Warn("deleting the lease of this server", "lease", i.name, "error", err)
	}
}

// renew renews the lease, or creates it, and collects those of others from time to time.
func (i *identity) renew(ctx context.Context) error {
	if !i.served() {
		return nil
	}
	_, err := i.Writer.Update(ctx, i.at(), func(o object.Object) error {
		if l, ok := o.(*coordinationv1.Lease); ok {
			i.fill(l)
		}
		return nil
	})
	if apierrors.IsNotFound(err) {
		l := &coordinationv1.Lease{TypeMeta: metav1.TypeMeta{APIVersion: "coordination.k8s.io/v1", Kind: "Lease"}, ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: i.name}}
		i.fill(l)
		if err = i.Writer.Create(ctx, resource.OwnWrite{Resource: leasesGVR}, l); apierrors.IsAlreadyExists(err) {
			err = nil // it is renewed the next time
		}
	}
	if err != nil {
		return err
	}
	if now := i.Now(); now.Sub(i.collected) >= identityLease {
		i.collected = now
		return i.collect(ctx)
	}
	return nil
}

func (i *identity) fill(l *coordinationv1.Lease) {
	if l.Labels == nil {
		l.Labels = map[string]string{}
	}
	l.Labels[identityLabel], l.Labels[hostnameLabel] = component, i.Hostname
	seconds, now := int32(identityLease/time.Second), metav1.NewMicroTime(i.Now())
	l.Spec.HolderIdentity, l.Spec.LeaseDurationSeconds, l.Spec.RenewTime = &i.holder, &seconds, &now
}

// collect deletes the leases of servers that do not renew them any more.
func (i *identity) collect(ctx context.Context) error {
	list, err := i.Objects.List(ctx, leasesGVR, metav1.NamespaceSystem)
	if err != nil {
		return err
	}
	for _, o := range list {
		l, ok := o.(*coordinationv1.Lease)
		if !ok || l.Labels[identityLabel] != component || !i.expired(l) {
			continue
		}
		at := i.at()
		at.Name = l.Name
		version := l.ResourceVersion
		// A lease that was renewed meanwhile stays.
		err := i.Writer.Delete(ctx, at, &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &l.UID, ResourceVersion: &version}})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return err
		}
	}
	return nil
}

func (i *identity) expired(l *coordinationv1.Lease) bool {
	return l.Spec.RenewTime == nil || l.Spec.LeaseDurationSeconds == nil || l.Spec.RenewTime.Add(time.Duration(*l.Spec.LeaseDurationSeconds)*time.Second).Before(i.Now())
}
