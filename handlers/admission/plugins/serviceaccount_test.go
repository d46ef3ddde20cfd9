package plugins

import (
	"context"
	"regexp"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func account(name string, change func(*corev1.ServiceAccount)) *corev1.ServiceAccount {
	a := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
	if change != nil {
		change(a)
	}
	return a
}

func accounts() admissiontest.World {
	w := admissiontest.World{"serviceaccounts/ns/broken": nil}
	w.Add("serviceaccounts", account("default", nil))
	w.Add("serviceaccounts", account("quiet", func(a *corev1.ServiceAccount) { a.AutomountServiceAccountToken = number(false) }))
	w.Add("serviceaccounts", account("pulls", func(a *corev1.ServiceAccount) {
		a.AutomountServiceAccountToken = number(false)
		a.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "p"}}
	}))
	w.Add("serviceaccounts", account("strict", func(a *corev1.ServiceAccount) {
		a.AutomountServiceAccountToken = number(false)
		a.Annotations = map[string]string{enforceMountable: "true"}
		a.Secrets = []corev1.ObjectReference{{Name: "mine"}}
		a.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "p"}}
	}))
	return w
}

func TestServiceAccountMounts(t *testing.T) {
	const mount = `{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"kube-api-access-xxxxx","readOnly":true}`
	const volume = `{"name":"kube-api-access-xxxxx","projected":{"defaultMode":420,"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"kube-root-ca.crt"}},{"downwardAPI":{"items":[{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"},"path":"namespace"}]}}]}}`
	suffix := regexp.MustCompile(`kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}"`)
	for _, c := range []struct{ name, spec, shown, want string }{
		{"the default", "{initContainers: [{name: i}], containers: [{name: a}]}",
			`{"containers":[{"name":"a","resources":{},"volumeMounts":[` + mount + `]}],"initContainers":[{"name":"i","resources":{},"volumeMounts":[` + mount + `]}],"serviceAccount":"default","serviceAccountName":"default","volumes":[` + volume + `]}`, ""},
		{"one that mounts something there", "containers: [{name: a, volumeMounts: [{name: v, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}]",
			`{"containers":[{"name":"a","resources":{},"volumeMounts":[{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"v"}]}],"serviceAccount":"default","serviceAccountName":"default"}`, ""},
		{"a volume of that name", "{containers: [{name: a}], volumes: [{name: kube-api-access-bbbbb}]}",
			`{"containers":[{"name":"a","resources":{},"volumeMounts":[` + mount + `]}],"serviceAccount":"default","serviceAccountName":"default","volumes":[{"name":"kube-api-access-xxxxx"}]}`, ""},
		{"the pod does not want", "{automountServiceAccountToken: false, containers: [{name: a}]}",
			`{"automountServiceAccountToken":false,"containers":[{"name":"a","resources":{}}],"serviceAccount":"default","serviceAccountName":"default"}`, ""},
		{"the account does not want", "{serviceAccountName: quiet, containers: [{name: a}]}", `{"containers":[{"name":"a","resources":{}}],"serviceAccount":"quiet","serviceAccountName":"quiet"}`, ""},
		{"the pod wants", "{serviceAccountName: quiet, automountServiceAccountToken: true, containers: []}", `{"automountServiceAccountToken":true,"containers":[],"serviceAccount":"quiet","serviceAccountName":"quiet"}`, ""},
		{"secrets for images", "{serviceAccountName: pulls, containers: []}", `{"containers":[],"imagePullSecrets":[{"name":"p"}],"serviceAccount":"pulls","serviceAccountName":"pulls"}`, ""},
		{"its own secrets for images", "{serviceAccountName: pulls, imagePullSecrets: [{name: q}], containers: []}", `{"containers":[],"imagePullSecrets":[{"name":"q"}],"serviceAccount":"pulls","serviceAccountName":"pulls"}`, ""},
		{"none", "{serviceAccountName: none, containers: []}", "", `pods "x" is forbidden: error looking up service account ns/none: serviceaccount "none" not found`},
		{"the store is away", "{serviceAccountName: broken, containers: []}", "", "error looking up service account ns/broken: the store is away"},
	} {
		o := pod(t, c.spec)
		err := admissiontest.Run(newServiceAccount(&Deps{Cached: accounts(), Live: accounts()}), admissiontest.Request(admission.Create, podsResource, o, nil))
		admissiontest.Check(t, c.name, err, c.want)
		if got := suffix.ReplaceAllString(shown(t, o.Spec), `kube-api-access-xxxxx"`); err == nil && got != c.shown {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// The account of a namespace that was just made is waited for, and only that.
func TestServiceAccountWaits(t *testing.T) {
	late := func(name string, after int) (error, int) {
		live := admissiontest.World{}
		waited := 0
		p := newServiceAccount(&Deps{Cached: admissiontest.World{}, Live: live}).(*ServiceAccount)
		p.wait = func(_ context.Context, d time.Duration) error {
			if d < 10*time.Millisecond || d > time.Second {
				t.Errorf("it waits %v", d)
			}
			if waited++; waited == after {
				live.Add("serviceaccounts", account(name, nil))
			}
			return nil
		}
		o := podIn("ns")
		o.Spec.ServiceAccountName = name
		return p.Admit(t.Context(), admissiontest.Request(admission.Create, podsResource, o, nil)), waited
	}
	if err, waited := late("default", 3); err != nil || waited != 3 {
		t.Errorf("after %d: %v", waited, err)
	}
	if err, waited := late("default", 99); err == nil || waited != 7 {
		t.Errorf("after %d: %v", waited, err)
	}
	if err, waited := late("robot", 1); err == nil || waited != 0 {
		t.Errorf("after %d: %v", waited, err)
	}
	p := newServiceAccount(&Deps{Cached: admissiontest.World{}, Live: admissiontest.World{}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.(admission.Mutator).Admit(ctx, admissiontest.Request(admission.Create, podsResource, podIn("ns"), nil)); err == nil {
		t.Errorf("a client that has left: %v", err)
	}
}

func TestServiceAccountSecrets(t *testing.T) {
	for _, c := range []struct{ name, spec, want string }{
		{"listed", "{volumes: [{name: v, secret: {secretName: mine}}], containers: [{name: a, env: [{name: E, valueFrom: {secretKeyRef: {name: mine, key: k}}}], envFrom: [{secretRef: {name: mine}}]}]}", ""},
		{"a volume", "{volumes: [{name: v, secret: {secretName: other}}]}", `pods "x" is forbidden: volume with secret.secretName="other" is not allowed because service account strict does not reference that secret`},
		{"a variable", "containers: [{name: a, env: [{name: E, valueFrom: {secretKeyRef: {name: other, key: k}}}]}]", `container a with envVar E referencing secret.secretName="other" is not allowed because service account strict does not reference that secret`},
		{"variables", "containers: [{name: a, envFrom: [{secretRef: {name: other}}]}]", `container a with envFrom referencing secret.secretName="other" is not allowed`},
		{"a variable before", "initContainers: [{name: a, env: [{name: E, valueFrom: {secretKeyRef: {name: other, key: k}}}]}]", `init container a with envVar E referencing secret.secretName="other" is not allowed`},
		{"variables before", "initContainers: [{name: a, envFrom: [{secretRef: {name: other}}]}]", "init container a with envFrom referencing"},
		{"for images", "imagePullSecrets: [{name: p}, {name: q}]", `imagePullSecrets[1].name="q" is not allowed because service account strict does not reference that imagePullSecret`},
	} {
		o := pod(t, c.spec)
		o.Spec.ServiceAccountName = "strict"
		p := newServiceAccount(&Deps{Cached: accounts(), Live: accounts()})
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Create, podsResource, o, nil)), c.want)
		free := o.DeepCopy()
		free.Spec.ServiceAccountName = "quiet"
		admissiontest.Check(t, c.name+" of another account", admissiontest.Run(p, admissiontest.Request(admission.Create, podsResource, free, nil)), "")
		admissiontest.Check(t, c.name+" in a status", admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods("status"), o, o)), "")
	}
	for _, c := range []struct{ name, spec, want string }{
		{"listed", "ephemeralContainers: [{name: e, envFrom: [{secretRef: {name: mine}}]}]", ""},
		{"a variable", "ephemeralContainers: [{name: e, env: [{name: E, valueFrom: {secretKeyRef: {name: other, key: k}}}]}]", `ephemeral container e with envVar E referencing secret.secretName="other" is not allowed`},
		{"variables", "ephemeralContainers: [{name: e, envFrom: [{secretRef: {name: other}}]}]", "ephemeral container e with envFrom"},
	} {
		o := pod(t, c.spec)
		o.Spec.ServiceAccountName = "strict"
		p := newServiceAccount(&Deps{Cached: accounts(), Live: accounts()})
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods("ephemeralcontainers"), o, o)), c.want)
		o.Spec.ServiceAccountName = ""
		admissiontest.Check(t, c.name, admissiontest.Run(p, admissiontest.Request(admission.Update, admissiontest.Pods("ephemeralcontainers"), o, o)), "no service account specified for pod ns/x")
	}
}

// Whoever may make pods must not get at more by way of a mirror pod, which the kubelet runs as it is.
func TestServiceAccountMirrorPods(t *testing.T) {
	for _, c := range []struct{ name, spec, want string }{
		{"plain", "{}", ""},
		{"an account", "serviceAccountName: default", "a mirror pod may not reference service accounts"},
		{"a secret in a volume", "volumes: [{name: v, secret: {secretName: s}}]", "a mirror pod may not reference secrets"},
		{"a secret in a projection", "volumes: [{name: v, projected: {sources: [{secret: {name: s}}]}}]", "a mirror pod may not reference secrets"},
		{"a secret of a driver", "volumes: [{name: v, csi: {driver: d, nodePublishSecretRef: {name: s}}}]", "a mirror pod may not reference secrets"},
		{"a secret in a variable", "ephemeralContainers: [{name: e, envFrom: [{secretRef: {name: s}}]}]", "a mirror pod may not reference secrets"},
		{"a secret for images", "imagePullSecrets: [{name: s}]", "a mirror pod may not reference secrets"},
		{"a token", "volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}]}}]", "a mirror pod may not use ServiceAccountToken volume projections"},
	} {
		o := pod(t, c.spec)
		o.Annotations = map[string]string{mirrorAnnotation: "x"}
		before := o.DeepCopy()
		admissiontest.Check(t, c.name, admissiontest.Run(newServiceAccount(&Deps{}), admissiontest.Request(admission.Create, podsResource, o, nil)), c.want)
		if !object.Equal(o, before) {
			t.Errorf("%s: it was changed", c.name)
		}
	}
}
