package kube_test

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/watch"

	kube "github.com/gatehouse-dev/gatehouse/clients/go"
	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/clients/go/types/apiextensions/v1"
	appsv1 "github.com/gatehouse-dev/gatehouse/clients/go/types/apps/v1"
	coordinationv1 "github.com/gatehouse-dev/gatehouse/clients/go/types/coordination/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/clients/go/types/core/v1"
	rbacv1 "github.com/gatehouse-dev/gatehouse/clients/go/types/rbac/v1"
)

// TestScenario is clients/scenario.md: by certificate and by token, over HTTP/2 and HTTP/1.1.
func TestScenario(t *testing.T) {
	for _, protocol := range []string{"http2", "http1"} {
		t.Run(protocol, func(t *testing.T) {
			c := config(t)
			c.HTTP1 = protocol == "http1"
			admin := newClient(t, c)
			byCertificate, byToken := unique("go-certificate-"+protocol), unique("go-token-"+protocol)
			must[*corev1.Namespace](t)(corev1.Namespaces.On(admin).Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: byCertificate}}))
			scenario{t: t, client: admin, namespace: byCertificate, admin: true}.run()
			scenario{t: t, client: robot(t, admin, byToken, c), namespace: byToken}.run()
			for _, ns := range []string{byCertificate, byToken} {
				if err := corev1.Namespaces.On(admin).Delete(t.Context(), ns); err != nil {
					t.Error(err)
				}
				if ns := must[*corev1.Namespace](t)(corev1.Namespaces.On(admin).Get(t.Context(), ns)); ns.Status.Phase != "Terminating" {
					t.Errorf("the namespace is %s", ns.Status.Phase)
				}
			}
		})
	}
}

// robot makes a namespace and the client of a service account that may do everything in it.
func robot(t *testing.T, admin *kube.Client, namespace string, c kube.Config) *kube.Client {
	t.Helper()
	ctx := t.Context()
	must[*corev1.Namespace](t)(corev1.Namespaces.On(admin).Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	accounts := corev1.ServiceAccounts.In(admin, namespace)
	must[*corev1.ServiceAccount](t)(accounts.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}))
	must[*rbacv1.Role](t)(rbacv1.Roles.In(admin, namespace).Create(ctx, &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "robot"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}},
	}}))
	must[*rbacv1.RoleBinding](t)(rbacv1.RoleBindings.In(admin, namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "robot"}, Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "robot", Namespace: namespace}},
		RoleRef: rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "robot"},
	}))
	token := must[kube.Token](t)(accounts.Token(ctx, "robot", nil, time.Hour))
	if token.Token == "" || time.Until(token.Expires) < 50*time.Minute {
		t.Fatalf("the token expires at %s", token.Expires)
	}
	c.TLS.Cert, c.TLS.Key, c.Token = nil, nil, token.Token
	out := newClient(t, c)
	// Authorization follows the store: it may take a moment to know the binding.
	deadline := time.Now().Add(10 * time.Second)
	for {
		_, err := corev1.Pods.In(out, namespace).Page(ctx)
		if err == nil {
			return out
		}
		if !apierrors.IsForbidden(err) || time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

type scenario struct {
	t         *testing.T
	client    *kube.Client
	namespace string
	admin     bool
}

func (s scenario) run() {
	for _, step := range []struct {
		name string
		run  func(*testing.T, context.Context)
	}{
		{"pod", s.pod},
		{"deployment", s.deployment},
		{"values", s.values},
		{"definition", s.definition},
		{"pages", s.pages},
		{"watch", s.watch},
		{"errors", s.errors},
		{"apply and dry run", s.apply},
		{"collection", s.collection},
	} {
		way := "token"
		if s.admin {
			way = "certificate"
		}
		s.t.Run(way+"/"+step.name, func(t *testing.T) { step.run(t, t.Context()) })
	}
}

func (s scenario) pod(t *testing.T, ctx context.Context) {
	pods := corev1.Pods.In(s.client, s.namespace)
	web, eighty := intstr.FromString("web"), intstr.FromInt32(80)
	pod := must[*corev1.Pod](t)(pods.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "c", Image: "nginx", Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: 80}},
			Resources:      corev1.ResourceRequirements{Requests: map[string]resource.Quantity{"cpu": resource.MustParse("1.5")}},
			ReadinessProbe: &corev1.Probe{HTTPGet: &corev1.HTTPGetAction{Port: web}},
			LivenessProbe:  &corev1.Probe{HTTPGet: &corev1.HTTPGetAction{Port: eighty}},
		}}},
	}))
	c := pod.Spec.Containers[0]
	if q := c.Resources.Requests["cpu"]; q.String() != "1500m" {
		t.Errorf("cpu is %s", q.String())
	}
	if c.ReadinessProbe.HTTPGet.Port != web || c.LivenessProbe.HTTPGet.Port != eighty {
		t.Errorf("ports are %v and %v", c.ReadinessProbe.HTTPGet.Port, c.LivenessProbe.HTTPGet.Port)
	}
}

func (s scenario) deployment(t *testing.T, ctx context.Context) {
	deployments := appsv1.Deployments.In(s.client, s.namespace)
	check := must[*appsv1.Deployment](t)
	two, third, one := intstr.FromInt32(2), intstr.FromString("30%"), int32(1)
	d := check(deployments.Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
			Strategy: appsv1.DeploymentStrategy{RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &two, MaxUnavailable: &third}},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}}},
		},
	}))
	if r := d.Spec.Strategy.RollingUpdate; *r.MaxSurge != two || *r.MaxUnavailable != third {
		t.Errorf("the strategy is %v %v", r.MaxSurge, r.MaxUnavailable)
	}
	if d = check(deployments.Get(ctx, "web")); d.UID == "" || d.Generation != 1 || d.Kind != "Deployment" {
		t.Errorf("got %v", d.ObjectMeta)
	}
	if d = check(deployments.Patch(ctx, "web", kube.Merge(`{"spec":{"replicas":2}}`))); *d.Spec.Replicas != 2 {
		t.Errorf("%d replicas", *d.Spec.Replicas)
	}
	image := map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "c", "image": "nginx:2"}}}}}}
	if c := check(deployments.Patch(ctx, "web", kube.Strategic(image))).Spec.Template.Spec.Containers; len(c) != 1 || c[0].Image != "nginx:2" || c[0].Name != "c" {
		t.Errorf("containers are %v", c)
	}
	if d = check(deployments.Patch(ctx, "web", kube.JSON([]any{map[string]any{"op": "replace", "path": "/spec/replicas", "value": 3}}))); *d.Spec.Replicas != 3 {
		t.Errorf("%d replicas", *d.Spec.Replicas)
	}
	calls := 0
	d = check(deployments.Update(ctx, "web", func(d *appsv1.Deployment) error {
		if calls++; calls == 1 { // somebody else is quicker
			check(deployments.Patch(ctx, "web", kube.Merge(`{"metadata":{"labels":{"quick":"yes"}}}`)))
		}
		metav1.SetMetaDataAnnotation(&d.ObjectMeta, "step", "update")
		return nil
	}))
	if calls != 2 || d.Annotations["step"] != "update" || d.Labels["quick"] != "yes" {
		t.Errorf("after %d calls: %v", calls, d.ObjectMeta)
	}
	if sc := must[*kube.Scale](t)(deployments.Scale(ctx, "web", 4)); sc.Spec.Replicas != 4 {
		t.Errorf("scale is %v", sc)
	}
	if sc := must[*kube.Scale](t)(deployments.GetScale(ctx, "web")); sc.Spec.Replicas != 4 || sc.Status.Selector != "app=web" {
		t.Errorf("scale is %v", sc)
	}
	d = check(deployments.GetStatus(ctx, "web"))
	d.Status.Replicas, d.Status.ObservedGeneration, d.Spec.Paused = 4, d.Generation, true
	if d = check(deployments.ReplaceStatus(ctx, d)); d.Status.Replicas != 4 || d.Status.ObservedGeneration == 0 || d.Spec.Paused {
		t.Errorf("status is %v, paused %v", d.Status, d.Spec.Paused)
	}
	if d = check(deployments.PatchStatus(ctx, "web", kube.Merge(`{"status":{"readyReplicas":1},"spec":{"paused":true}}`))); d.Status.ReadyReplicas != 1 || d.Spec.Paused {
		t.Errorf("status is %v, paused %v", d.Status, d.Spec.Paused)
	}
}

func (s scenario) values(t *testing.T, ctx context.Context) {
	secret := must[*corev1.Secret](t)(corev1.Secrets.In(s.client, s.namespace).Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"}, Data: map[string][]byte{"k": {0, 1, 255}}}))
	if !bytes.Equal(secret.Data["k"], []byte{0, 1, 255}) {
		t.Errorf("bytes are %v", secret.Data)
	}
	moment := metav1.NewMicroTime(time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC))
	lease := must[*coordinationv1.Lease](t)(coordinationv1.Leases.In(s.client, s.namespace).Create(ctx, &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "l"}, Spec: coordinationv1.LeaseSpec{RenewTime: &moment}}))
	if !lease.Spec.RenewTime.Equal(&moment) {
		t.Errorf("renewed at %s", lease.Spec.RenewTime)
	}
	revision := must[*appsv1.ControllerRevision](t)(appsv1.ControllerRevisions.In(s.client, s.namespace).Create(ctx, &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{Name: "r"}, Revision: 1, Data: runtime.RawExtension{Raw: []byte(`{"a":[1,{"b":null}]}`)},
	}))
	var got any
	if err := json.Unmarshal(revision.Data.Raw, &got); err != nil || !reflect.DeepEqual(got, map[string]any{"a": []any{1.0, map[string]any{"b": nil}}}) {
		t.Errorf("data is %s, %v", revision.Data.Raw, err)
	}
}

func (s scenario) definition(t *testing.T, ctx context.Context) {
	if !s.admin {
		t.Skip("a service account of a namespace may not")
	}
	definitions := apiextensionsv1.CustomResourceDefinitions.On(s.client)
	name := strings.ReplaceAll(s.namespace, "-", "") + "s.example.com"
	d := must[*apiextensionsv1.CustomResourceDefinition](t)(definitions.Create(ctx, &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: "example.com", Scope: "Namespaced", Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: strings.TrimSuffix(name, ".example.com"), Kind: "Thing" + strings.ReplaceAll(s.namespace, "-", "")},
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{Name: "v1", Served: true, Storage: true, Schema: &apiextensionsv1.CustomResourceValidation{
				OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{
					"size": {Type: "integer", Default: new(json.RawMessage("3"))},
					"list": {Type: "array", Items: new(json.RawMessage(`{"type":"string"}`))},
				}},
			}}},
		},
	}))
	t.Cleanup(func() {
		if err := definitions.Delete(context.WithoutCancel(ctx), name); err != nil {
			t.Error(err)
		}
	})
	p := d.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties
	if string(*p["size"].Default) != "3" || string(*p["list"].Items) != `{"type":"string"}` {
		t.Errorf("default %s, items %s", p["size"].Default, p["list"].Items)
	}
}

func (s scenario) pages(t *testing.T, ctx context.Context) {
	maps := corev1.ConfigMaps.In(s.client, s.namespace)
	for _, name := range []string{"c0", "c1", "c2", "c3", "c4"} {
		must[*corev1.ConfigMap](t)(maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"mine": "yes"}}}))
	}
	var names []string
	for m, err := range maps.List(ctx, kube.Limit(2)) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Kind != "ConfigMap" || m.APIVersion != "v1" {
			t.Errorf("an item is a %s of %s", m.Kind, m.APIVersion)
		}
		if strings.HasPrefix(m.Name, "c") {
			names = append(names, m.Name)
		}
	}
	if !slices.Equal(names, []string{"c0", "c1", "c2", "c3", "c4"}) {
		t.Errorf("names are %v", names)
	}
	page := must[*corev1.ConfigMapList](t)(maps.Page(ctx, kube.Labels("mine=yes"), kube.Limit(2)))
	if len(page.Items) != 2 || page.Continue == "" || page.ResourceVersion == "" {
		t.Errorf("a page has %d, continues at %q", len(page.Items), page.Continue)
	}
	if rest := must[*corev1.ConfigMapList](t)(maps.Page(ctx, kube.Labels("mine=yes"), kube.Continue(page.Continue))); len(rest.Items) != 3 || rest.Continue != "" {
		t.Errorf("the rest has %d", len(rest.Items))
	}
}

func (s scenario) watch(t *testing.T, ctx context.Context) {
	pods := corev1.Pods.In(s.client, s.namespace)
	var seen []watch.EventType
	for event, err := range pods.Watch(ctx, kube.Fields("metadata.name=web"), kube.Timeout(30*time.Second)) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, event.Type)
		if event.Object.Name != "web" {
			t.Errorf("%s of %s", event.Type, event.Object.Name)
		}
		if event.Type == watch.Added {
			if err := pods.Delete(ctx, "web", kube.GracePeriod(0)); err != nil {
				t.Fatal(err)
			}
		}
		if event.Type == watch.Deleted {
			break
		}
	}
	seen = slices.DeleteFunc(seen, func(k watch.EventType) bool { return k == watch.Modified }) // it may be marked before it goes
	if !slices.Equal(seen, []watch.EventType{watch.Added, watch.Deleted}) {
		t.Errorf("seen are %v", seen)
	}
}

func (s scenario) errors(t *testing.T, ctx context.Context) {
	maps := corev1.ConfigMaps.In(s.client, s.namespace)
	if _, err := maps.Get(ctx, "nope"); !apierrors.IsNotFound(err) || apierrors.ReasonForError(err) != metav1.StatusReasonNotFound {
		t.Errorf("got %v", err)
	}
	if _, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c0"}}); !apierrors.IsAlreadyExists(err) {
		t.Errorf("got %v", err)
	}
	c0 := must[*corev1.ConfigMap](t)(maps.Get(ctx, "c0"))
	old := c0.DeepCopy()
	c0.Data = map[string]string{"a": "b"}
	must[*corev1.ConfigMap](t)(maps.Replace(ctx, c0))
	if _, err := maps.Replace(ctx, old); !apierrors.IsConflict(err) {
		t.Errorf("got %v", err)
	}
	must[*corev1.ConfigMap](t)(maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "d0"}}))
	if err := maps.Delete(ctx, "d0", kube.UID("another"), kube.Propagation(metav1.DeletePropagationForeground)); !apierrors.IsConflict(err) {
		t.Errorf("got %v", err)
	}
	if err := maps.Delete(ctx, "d0", kube.Propagation(metav1.DeletePropagationBackground)); err != nil {
		t.Error(err)
	}
	if _, err := maps.Get(ctx, "d0"); !apierrors.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
	if !s.admin {
		if _, err := corev1.Pods.In(s.client, "kube-system").Page(ctx); !apierrors.IsForbidden(err) {
			t.Errorf("got %v", err)
		}
	}
}

func (s scenario) apply(t *testing.T, ctx context.Context) {
	maps := corev1.ConfigMaps.In(s.client, s.namespace)
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "applied"}, Data: map[string]string{"a": "b"}}
	applied := must[*corev1.ConfigMap](t)(maps.Apply(ctx, object, kube.FieldManager("scenario")))
	if len(applied.ManagedFields) != 1 || applied.ManagedFields[0].Manager != "scenario" || applied.ManagedFields[0].Operation != metav1.ManagedFieldsOperationApply {
		t.Errorf("managed by %v", applied.ManagedFields)
	}
	object.Data["a"] = "c"
	if _, err := maps.Apply(ctx, object, kube.FieldManager("other")); !apierrors.IsConflict(err) {
		t.Errorf("got %v", err)
	}
	if applied = must[*corev1.ConfigMap](t)(maps.Apply(ctx, object, kube.FieldManager("other"), kube.Force())); applied.Data["a"] != "c" {
		t.Errorf("data is %v", applied.Data)
	}
	m := must[*corev1.ConfigMap](t)(maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "dry"}}, kube.DryRun()))
	if m.UID == "" {
		t.Error("a dry run gives no object")
	}
	if _, err := maps.Get(ctx, "dry"); !apierrors.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
}

func (s scenario) collection(t *testing.T, ctx context.Context) {
	maps := corev1.ConfigMaps.In(s.client, s.namespace)
	if err := maps.DeleteCollection(ctx, kube.Labels("mine=yes")); err != nil {
		t.Fatal(err)
	}
	if left := must[*corev1.ConfigMapList](t)(maps.Page(ctx, kube.Labels("mine=yes"))); len(left.Items) != 0 {
		t.Errorf("%d are left", len(left.Items))
	}
}
