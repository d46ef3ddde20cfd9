package e2e

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	autoscalingv1ac "k8s.io/client-go/applyconfigurations/autoscaling/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// typedClient is client-go's for our server, or for the one of -kubeconfig, with a namespace of its own.
func typedClient(t *testing.T, form string) (*kubernetes.Clientset, string) {
	t.Helper()
	file := *kubeconfig
	if file == "" {
		file = harness.Start(t).Kubeconfig()
	}
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS, config.UserAgent = -1, "typed/1"
	config.ContentType, config.AcceptContentTypes = form, form
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	ns, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "typed-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return client, ns.Name
}

// typed is how two managers work on one object by an endpoint. T is the object, C its apply configuration.
type typed[T metav1.Object, C any] struct {
	apply   func(context.Context, C, metav1.ApplyOptions) (T, error)
	extract func(T, string) (C, error)
	// first is what the first manager wants, shorter what it wants later. second wants something else of the object, and rival
	// a field that is the first's, which conflict names.
	first, shorter, second, rival func() C
	conflict                      string
	// looks is what there is to see of the object, after each of: first, second, shorter, and rival by force.
	looks func(T) string
	sees  [4]string
}

// run has them apply, change, extract and apply what was extracted: that changes nothing, and what a manager no longer wants goes
// unless another one has it.
func (c *typed[T, C]) run(t *testing.T) {
	ctx := t.Context()
	applied := func(by string, what C, force bool, sees string) T {
		t.Helper()
		o, err := c.apply(ctx, what, metav1.ApplyOptions{FieldManager: by, Force: force})
		if err != nil {
			t.Fatalf("%s: %v", by, err)
		}
		if looks := c.looks(o); sees != "" && looks != sees {
			t.Errorf("after %s: %s, want %s", by, looks, sees)
		}
		return o
	}
	// An extracted configuration is what was applied, and applying it again writes nothing.
	again := func(by string, o T, want C) T {
		t.Helper()
		extracted, err := c.extract(o, by)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(text(t, extracted), text(t, want)) {
			t.Errorf("extracted for %s:\n%s, applied was\n%s", by, text(t, extracted), text(t, want))
		}
		next := applied(by, extracted, false, c.looks(o))
		if next.GetResourceVersion() != o.GetResourceVersion() {
			t.Errorf("what was extracted for %s is written: %s, was %s", by, next.GetResourceVersion(), o.GetResourceVersion())
		}
		return next
	}
	o := applied("first", c.first(), false, c.sees[0])
	o = again("first", o, c.first())
	o = applied("second", c.second(), false, c.sees[1])
	o = again("first", o, c.first())
	again("second", o, c.second())
	o = applied("first", c.shorter(), false, c.sees[2])
	o = again("first", o, c.shorter())
	again("second", o, c.second())

	_, err := c.apply(ctx, c.rival(), metav1.ApplyOptions{FieldManager: "rival"})
	if !apierrors.IsConflict(err) || !strings.Contains(err.Error(), `conflict with "first"`) || !strings.Contains(err.Error(), c.conflict) {
		t.Errorf("a rival: %v", err)
	}
	o = applied("rival", c.rival(), true, c.sees[3])
	again("rival", o, c.rival())
	none, err := c.extract(o, "nobody")
	var has map[string]any
	if err := json.Unmarshal([]byte(text(t, none)), &has); err != nil {
		t.Fatal(err)
	}
	if err != nil || len(has) != 3 { // its apiVersion, kind and metadata
		t.Errorf("extracted for nobody: %v, %v", has, err)
	}
	managers := []string{}
	for _, e := range o.GetManagedFields() {
		managers = append(managers, e.Manager)
	}
	for _, name := range []string{"first", "second", "rival"} {
		if !slices.Contains(managers, name) {
			t.Errorf("%s is not among the managers %v", name, managers)
		}
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTypedApply: client-go's apply configurations are applied and extracted again, by two managers and a rival.
func TestTypedApply(t *testing.T) {
	for _, form := range []string{"application/json", "application/vnd.kubernetes.protobuf"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			client, ns := typedClient(t, form)
			t.Run("ConfigMap", func(t *testing.T) { typedConfigMap(client, ns).run(t) })
			t.Run("Service", func(t *testing.T) { typedService(client, ns).run(t) })
			t.Run("Deployment", func(t *testing.T) { typedDeployment(client, ns).run(t) })
			t.Run("Deployment status", func(t *testing.T) { typedDeploymentStatus(client, ns).run(t) })
			t.Run("Pod", func(t *testing.T) { typedPod(client, ns).run(t) })
			t.Run("Pod status", func(t *testing.T) { typedPodStatus(client, ns).run(t) })
			t.Run("scale", func(t *testing.T) { typedScale(t, client, ns) })
		})
	}
}

func typedConfigMap(client *kubernetes.Clientset, ns string) *typed[*corev1.ConfigMap, *corev1ac.ConfigMapApplyConfiguration] {
	with := func(data map[string]string) func() *corev1ac.ConfigMapApplyConfiguration {
		return func() *corev1ac.ConfigMapApplyConfiguration { return corev1ac.ConfigMap("c", ns).WithData(data) }
	}
	return &typed[*corev1.ConfigMap, *corev1ac.ConfigMapApplyConfiguration]{
		apply: client.CoreV1().ConfigMaps(ns).Apply, extract: corev1ac.ExtractConfigMap,
		first: with(map[string]string{"a": "1", "b": "2"}), shorter: with(map[string]string{"a": "1", "d": "4"}),
		second: with(map[string]string{"c": "3"}), rival: with(map[string]string{"a": "9"}), conflict: ".data.a",
		looks: func(o *corev1.ConfigMap) string { return shown(o.Data) },
		sees:  [4]string{`[{"a":"1","b":"2"}]`, `[{"a":"1","b":"2","c":"3"}]`, `[{"a":"1","c":"3","d":"4"}]`, `[{"a":"9","c":"3","d":"4"}]`},
	}
}

func typedService(client *kubernetes.Clientset, ns string) *typed[*corev1.Service, *corev1ac.ServiceApplyConfiguration] {
	with := func(ports ...*corev1ac.ServicePortApplyConfiguration) func() *corev1ac.ServiceApplyConfiguration {
		return func() *corev1ac.ServiceApplyConfiguration {
			return corev1ac.Service("s", ns).WithSpec(corev1ac.ServiceSpec().WithPorts(ports...))
		}
	}
	port := func(name string, n int32, protocol corev1.Protocol) *corev1ac.ServicePortApplyConfiguration {
		return corev1ac.ServicePort().WithName(name).WithPort(n).WithProtocol(protocol)
	}
	return &typed[*corev1.Service, *corev1ac.ServiceApplyConfiguration]{
		apply: client.CoreV1().Services(ns).Apply, extract: corev1ac.ExtractService,
		first: with(port("web", 80, corev1.ProtocolTCP), port("dns", 53, corev1.ProtocolUDP)), shorter: with(port("web", 80, corev1.ProtocolTCP)),
		second: with(port("dns-tcp", 53, corev1.ProtocolTCP)), rival: with(port("http", 80, corev1.ProtocolTCP)),
		conflict: `.spec.ports[port=80,protocol="TCP"].name`,
		looks: func(o *corev1.Service) string {
			var names []string
			for _, p := range o.Spec.Ports {
				names = append(names, p.Name)
			}
			return strings.Join(names, " ")
		},
		sees: [4]string{"web dns", "web dns dns-tcp", "web dns-tcp", "http dns-tcp"},
	}
}

func typedDeployment(client *kubernetes.Clientset, ns string) *typed[*appsv1.Deployment, *appsv1ac.DeploymentApplyConfiguration] {
	labels := map[string]string{"a": "b"}
	base := func(image string) *appsv1ac.DeploymentApplyConfiguration {
		return appsv1ac.Deployment("d", ns).WithSpec(appsv1ac.DeploymentSpec().
			WithSelector(metav1ac.LabelSelector().WithMatchLabels(labels)).
			WithTemplate(corev1ac.PodTemplateSpec().WithLabels(labels).WithSpec(corev1ac.PodSpec().WithContainers(corev1ac.Container().WithName("web").WithImage(image).
				WithPorts(corev1ac.ContainerPort().WithContainerPort(80).WithProtocol(corev1.ProtocolTCP))))))
	}
	sidecar := appsv1ac.Deployment("d", ns).WithAnnotations(map[string]string{"team": "two"}).WithSpec(appsv1ac.DeploymentSpec().
		WithTemplate(corev1ac.PodTemplateSpec().WithSpec(corev1ac.PodSpec().WithContainers(corev1ac.Container().WithName("log").WithImage("log:1")))))
	rival := appsv1ac.Deployment("d", ns).WithSpec(appsv1ac.DeploymentSpec().
		WithTemplate(corev1ac.PodTemplateSpec().WithSpec(corev1ac.PodSpec().WithContainers(corev1ac.Container().WithName("web").WithImage("web:9")))))
	return &typed[*appsv1.Deployment, *appsv1ac.DeploymentApplyConfiguration]{
		apply: client.AppsV1().Deployments(ns).Apply, extract: appsv1ac.ExtractDeployment,
		first: func() *appsv1ac.DeploymentApplyConfiguration {
			d := base("web:1").WithAnnotations(map[string]string{"note": "x"})
			d.Spec.WithReplicas(3)
			return d
		},
		shorter: func() *appsv1ac.DeploymentApplyConfiguration { return base("web:2") },
		second:  func() *appsv1ac.DeploymentApplyConfiguration { return sidecar },
		rival:   func() *appsv1ac.DeploymentApplyConfiguration { return rival }, conflict: `.spec.template.spec.containers[name="web"].image`,
		looks: func(o *appsv1.Deployment) string {
			s := shown(o.Annotations, *o.Spec.Replicas)
			for _, c := range o.Spec.Template.Spec.Containers {
				s += " " + c.Image
			}
			return s
		},
		// Nobody has replicas any more, so they are what they are by default.
		sees: [4]string{`[{"note":"x"},3] web:1`, `[{"note":"x","team":"two"},3] web:1 log:1`, `[{"team":"two"},1] web:2 log:1`, `[{"team":"two"},1] web:9 log:1`},
	}
}

// shown are values that can always be encoded.
func shown(values ...any) string {
	b, _ := json.Marshal(values)
	return string(b)
}

func typedDeploymentStatus(client *kubernetes.Clientset, ns string) *typed[*appsv1.Deployment, *appsv1ac.DeploymentApplyConfiguration] {
	condition := func(kind appsv1.DeploymentConditionType, status corev1.ConditionStatus) *appsv1ac.DeploymentConditionApplyConfiguration {
		return appsv1ac.DeploymentCondition().WithType(kind).WithStatus(status)
	}
	with := func(conditions ...*appsv1ac.DeploymentConditionApplyConfiguration) func() *appsv1ac.DeploymentApplyConfiguration {
		return func() *appsv1ac.DeploymentApplyConfiguration {
			return appsv1ac.Deployment("d", ns).WithStatus(appsv1ac.DeploymentStatus().WithConditions(conditions...))
		}
	}
	return &typed[*appsv1.Deployment, *appsv1ac.DeploymentApplyConfiguration]{
		apply: client.AppsV1().Deployments(ns).ApplyStatus, extract: appsv1ac.ExtractDeploymentStatus,
		first:   with(condition("Available", "True"), condition("Progressing", "True")),
		shorter: with(condition("Available", "True")),
		second:  with(condition("example.com/Audited", "False")), rival: with(condition("Available", "False")),
		conflict: `.status.conditions[type="Available"].status`,
		looks: func(o *appsv1.Deployment) string {
			var all []string
			for _, c := range o.Status.Conditions {
				all = append(all, string(c.Type)+"="+string(c.Status))
			}
			return strings.Join(all, " ")
		},
		sees: [4]string{"Available=True Progressing=True", "Available=True Progressing=True example.com/Audited=False",
			"Available=True example.com/Audited=False", "Available=False example.com/Audited=False"},
	}
}

func typedPod(client *kubernetes.Clientset, ns string) *typed[*corev1.Pod, *corev1ac.PodApplyConfiguration] {
	with := func(image string, annotations map[string]string) func() *corev1ac.PodApplyConfiguration {
		return func() *corev1ac.PodApplyConfiguration {
			p := corev1ac.Pod("p", ns).WithAnnotations(annotations)
			if image != "" {
				p.WithSpec(corev1ac.PodSpec().WithContainers(corev1ac.Container().WithName("c").WithImage(image)))
			}
			return p
		}
	}
	return &typed[*corev1.Pod, *corev1ac.PodApplyConfiguration]{
		apply: client.CoreV1().Pods(ns).Apply, extract: corev1ac.ExtractPod,
		first: with("i:1", map[string]string{"a": "1", "b": "2"}), shorter: with("i:2", map[string]string{"a": "1"}),
		second: with("", map[string]string{"c": "3"}), rival: with("i:9", map[string]string{"d": "4"}), conflict: `.spec.containers[name="c"].image`,
		looks: func(o *corev1.Pod) string { return shown(o.Annotations, o.Spec.Containers[0].Image) },
		sees:  [4]string{`[{"a":"1","b":"2"},"i:1"]`, `[{"a":"1","b":"2","c":"3"},"i:1"]`, `[{"a":"1","c":"3"},"i:2"]`, `[{"a":"1","c":"3","d":"4"},"i:9"]`},
	}
}

func typedPodStatus(client *kubernetes.Clientset, ns string) *typed[*corev1.Pod, *corev1ac.PodApplyConfiguration] {
	with := func(conditions map[corev1.PodConditionType]corev1.ConditionStatus, phase corev1.PodPhase) func() *corev1ac.PodApplyConfiguration {
		return func() *corev1ac.PodApplyConfiguration {
			s := corev1ac.PodStatus()
			if phase != "" {
				s.WithPhase(phase)
			}
			for _, kind := range []corev1.PodConditionType{"Initialized", "Ready", "example.com/gate"} {
				if status := conditions[kind]; status != "" {
					s.WithConditions(corev1ac.PodCondition().WithType(kind).WithStatus(status))
				}
			}
			return corev1ac.Pod("p", ns).WithStatus(s)
		}
	}
	type conditions = map[corev1.PodConditionType]corev1.ConditionStatus
	return &typed[*corev1.Pod, *corev1ac.PodApplyConfiguration]{
		apply: client.CoreV1().Pods(ns).ApplyStatus, extract: corev1ac.ExtractPodStatus,
		first: with(conditions{"Initialized": "True", "Ready": "True"}, "Running"), shorter: with(conditions{"Ready": "True"}, "Running"),
		second: with(conditions{"example.com/gate": "True"}, ""), rival: with(conditions{"Ready": "False"}, ""), conflict: `.status.conditions[type="Ready"].status`,
		looks: func(o *corev1.Pod) string {
			s := string(o.Status.Phase)
			for _, c := range o.Status.Conditions {
				s += " " + string(c.Type) + "=" + string(c.Status)
			}
			return s
		},
		sees: [4]string{"Running Initialized=True Ready=True", "Running Initialized=True Ready=True example.com/gate=True",
			"Running Ready=True example.com/gate=True", "Running Ready=False example.com/gate=True"},
	}
}

// A scale is applied to its parent: what is extracted of that by the subresource says who owns the replicas.
func typedScale(t *testing.T, client *kubernetes.Clientset, ns string) {
	deployments := client.AppsV1().Deployments(ns)
	scale := autoscalingv1ac.Scale().WithSpec(autoscalingv1ac.ScaleSpec().WithReplicas(7))
	options := metav1.ApplyOptions{FieldManager: "scaler", Force: true}
	done, err := deployments.ApplyScale(t.Context(), "d", scale, options)
	if err != nil || done.Spec.Replicas != 7 {
		t.Fatalf("%v, %v", done, err)
	}
	d, err := deployments.Get(t.Context(), "d", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	extracted, err := appsv1ac.ExtractDeploymentScale(d, "scaler")
	if err != nil || extracted.Spec == nil || extracted.Spec.Replicas == nil || *extracted.Spec.Replicas != 7 || extracted.Spec.Template != nil {
		t.Errorf("extracted %s, %v", text(t, extracted), err)
	}
	again, err := deployments.ApplyScale(t.Context(), "d", scale, options)
	if err != nil || again.ResourceVersion != d.ResourceVersion {
		t.Errorf("%v, %v, was version %s", again, err, d.ResourceVersion)
	}
	// The whole object conflicts with that.
	mine := appsv1ac.Deployment("d", ns).WithSpec(appsv1ac.DeploymentSpec().WithReplicas(2))
	if _, err := deployments.Apply(t.Context(), mine, metav1.ApplyOptions{FieldManager: "other"}); !apierrors.IsConflict(err) || !strings.Contains(err.Error(), `conflict with "scaler" with subresource "scale"`) {
		t.Errorf("replicas that the scaler has: %v", err)
	}
}
