package plugins

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/noderestriction"
)

// ServiceAccount gives each pod a service account, which must be there, and mounts a token of it. Pods of accounts that say so may
// use only the secrets that these list.
type ServiceAccount struct {
	admission.On
	Cached, Live lookup.Reader
	// wait passes some time, or ends with the context.
	wait func(context.Context, time.Duration) error
}

const (
	defaultAccount   = "default"
	mirrorAnnotation = "kubernetes.io/config.mirror"
	enforceMountable = "kubernetes.io/enforce-mountable-secrets"
)

// The default account is looked for after these pauses, each twice as long as the one before: little more than a second in all, as
// upstream does, but a controller in this process needs only some milliseconds.
const (
	firstPause = 10 * time.Millisecond
	lastPause  = 640 * time.Millisecond
)

var serviceAccounts = schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}

func newServiceAccount(d *Deps) any {
	return &ServiceAccount{admission.On{admission.Create, admission.Update}, d.Cached, d.Live, sleep}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Admit implements admission.Mutator.
func (p *ServiceAccount) Admit(ctx context.Context, a *admission.Attributes) error {
	pod, ok := a.Object.(*corev1.Pod)
	if !ok || a.Operation != admission.Create || !a.Is("", "pods") {
		return nil
	}
	if _, isMirror := pod.Annotations[mirrorAnnotation]; isMirror {
		return p.Validate(ctx, a)
	}
	if pod.Spec.ServiceAccountName == "" {
		pod.Spec.ServiceAccountName = defaultAccount
	}
	pod.Spec.DeprecatedServiceAccount = pod.Spec.ServiceAccountName
	account, err := p.account(ctx, a, pod)
	if err != nil {
		return err
	}
	if automounts(account, pod) {
		mountToken(&pod.Spec)
	}
	if len(pod.Spec.ImagePullSecrets) == 0 && len(account.ImagePullSecrets) > 0 {
		pod.Spec.ImagePullSecrets = make([]corev1.LocalObjectReference, len(account.ImagePullSecrets))
		copy(pod.Spec.ImagePullSecrets, account.ImagePullSecrets)
	}
	return p.judge(ctx, a, pod, account)
}

// automounts says whether a pod gets a token: it decides before its account does.
func automounts(account *corev1.ServiceAccount, pod *corev1.Pod) bool {
	switch {
	case pod.Spec.AutomountServiceAccountToken != nil:
		return *pod.Spec.AutomountServiceAccountToken
	case account.AutomountServiceAccountToken != nil:
		return *account.AutomountServiceAccountToken
	}
	return true
}

// Validate implements admission.Validator: what comes after this plugin may have changed the pod.
func (p *ServiceAccount) Validate(ctx context.Context, a *admission.Attributes) error {
	pod, ok := a.Object.(*corev1.Pod)
	if !ok {
		return nil
	}
	switch {
	case a.Operation == admission.Update && a.IsSub("", "pods", "ephemeralcontainers"):
		return p.debugging(ctx, a, pod)
	case a.Operation == admission.Create && a.Is("", "pods"):
	default:
		return nil
	}
	if _, isMirror := pod.Annotations[mirrorAnnotation]; isMirror {
		return mirrored(a, pod)
	}
	account, err := p.account(ctx, a, pod)
	if err != nil {
		return err
	}
	return p.judge(ctx, a, pod, account)
}

func (p *ServiceAccount) judge(_ context.Context, a *admission.Attributes, pod *corev1.Pod, account *corev1.ServiceAccount) error {
	if !enforces(account) {
		return nil
	}
	if err := mountable(account, &pod.Spec); err != nil {
		return a.Forbidden(err)
	}
	return nil
}

// debugging judges containers that are put into a running pod.
func (p *ServiceAccount) debugging(ctx context.Context, a *admission.Attributes, pod *corev1.Pod) error {
	account, err := p.account(ctx, a, pod)
	if err != nil || !enforces(account) {
		return err
	}
	return mountableLater(account, &pod.Spec)
}

func enforces(account *corev1.ServiceAccount) bool {
	on, err := strconv.ParseBool(account.Annotations[enforceMountable])
	return err == nil && on
}

var (
	errMirrorAccount    = errors.New("a mirror pod may not reference service accounts")
	errMirrorSecrets    = errors.New("a mirror pod may not reference secrets")
	errMirrorProjection = errors.New("a mirror pod may not use ServiceAccountToken volume projections")
)

// mirrored refuses a mirror pod that leads to anything that its kubelet could not read otherwise.
func mirrored(a *admission.Attributes, pod *corev1.Pod) error {
	switch {
	case pod.Spec.ServiceAccountName != "":
		return a.Forbidden(errMirrorAccount)
	case noderestriction.NamesSecrets(&pod.Spec):
		return a.Forbidden(errMirrorSecrets)
	}
	for i := range pod.Spec.Volumes {
		if v := &pod.Spec.Volumes[i]; v.Projected != nil {
			for j := range v.Projected.Sources {
				if v.Projected.Sources[j].ServiceAccountToken != nil {
					return a.Forbidden(errMirrorProjection)
				}
			}
		}
	}
	return nil
}

// account is the service account of a pod. That of a namespace which was just made comes a moment later, so it is waited for.
func (p *ServiceAccount) account(ctx context.Context, a *admission.Attributes, pod *corev1.Pod) (*corev1.ServiceAccount, error) {
	name := pod.Spec.ServiceAccountName
	if name == "" {
		return nil, a.Forbidden(fmt.Errorf("no service account specified for pod %s/%s", a.Namespace, pod.Name))
	}
	account, err := p.find(ctx, a.Namespace, name)
	if err != nil {
		return nil, a.Forbidden(fmt.Errorf("error looking up service account %s/%s: %w", a.Namespace, name, err))
	}
	return account, nil
}

func (p *ServiceAccount) find(ctx context.Context, namespace, name string) (*corev1.ServiceAccount, error) {
	account, err := lookup.Get[*corev1.ServiceAccount](ctx, p.Cached, serviceAccounts, namespace, name)
	if err == nil || !apierrors.IsNotFound(err) {
		return account, err
	}
	for pause := firstPause; ; pause *= 2 {
		account, err = lookup.Get[*corev1.ServiceAccount](ctx, p.Live, serviceAccounts, namespace, name)
		if err == nil || !apierrors.IsNotFound(err) {
			return account, err
		}
		if name != defaultAccount || pause > lastPause {
			break
		}
		if err := p.wait(ctx, pause); err != nil {
			return nil, err
		}
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "serviceaccount"}, name)
}
