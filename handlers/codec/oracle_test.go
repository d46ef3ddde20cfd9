package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	admissionregistrationv1alpha1 "k8s.io/api/admissionregistration/v1alpha1"
	admissionregistrationv1beta1 "k8s.io/api/admissionregistration/v1beta1"
	apiserverinternalv1alpha1 "k8s.io/api/apiserverinternal/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	certificatesv1alpha1 "k8s.io/api/certificates/v1alpha1"
	certificatesv1beta1 "k8s.io/api/certificates/v1beta1"
	coordinationv1 "k8s.io/api/coordination/v1"
	coordinationv1alpha2 "k8s.io/api/coordination/v1alpha2"
	coordinationv1beta1 "k8s.io/api/coordination/v1beta1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	networkingv1 "k8s.io/api/networking/v1"
	networkingv1beta1 "k8s.io/api/networking/v1beta1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	resourcev1 "k8s.io/api/resource/v1"
	resourcev1alpha3 "k8s.io/api/resource/v1alpha3"
	resourcev1beta1 "k8s.io/api/resource/v1beta1"
	resourcev1beta2 "k8s.io/api/resource/v1beta2"
	schedulingv1 "k8s.io/api/scheduling/v1"
	schedulingv1alpha2 "k8s.io/api/scheduling/v1alpha2"
	storagev1 "k8s.io/api/storage/v1"
	storagev1beta1 "k8s.io/api/storage/v1beta1"
	storagemigrationv1beta1 "k8s.io/api/storagemigration/v1beta1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"sigs.k8s.io/randfill"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// oracle knows the published Go types of all kinds that we generate.
func oracle(t testing.TB) *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistrationv1.AddToScheme, admissionregistrationv1alpha1.AddToScheme, admissionregistrationv1beta1.AddToScheme,
		apiserverinternalv1alpha1.AddToScheme, appsv1.AddToScheme, authenticationv1.AddToScheme, authorizationv1.AddToScheme,
		autoscalingv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme, certificatesv1.AddToScheme,
		certificatesv1alpha1.AddToScheme, certificatesv1beta1.AddToScheme, coordinationv1.AddToScheme, coordinationv1alpha2.AddToScheme,
		coordinationv1beta1.AddToScheme, corev1.AddToScheme, discoveryv1.AddToScheme, eventsv1.AddToScheme, flowcontrolv1.AddToScheme,
		networkingv1.AddToScheme, networkingv1beta1.AddToScheme, nodev1.AddToScheme, policyv1.AddToScheme, rbacv1.AddToScheme,
		resourcev1.AddToScheme, resourcev1alpha3.AddToScheme, resourcev1beta1.AddToScheme, resourcev1beta2.AddToScheme,
		schedulingv1.AddToScheme, schedulingv1alpha2.AddToScheme, storagev1.AddToScheme, storagev1beta1.AddToScheme,
		storagemigrationv1beta1.AddToScheme, apiextensionsv1.AddToScheme, apiregistrationv1.AddToScheme,
	} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// schemaFuncs keep the recursive schemas of custom resources shallow and their raw JSON valid.
func schemaFuncs(serializer.CodecFactory) []interface{} {
	return []interface{}{
		func(j *apiextensionsv1.JSON, c randfill.Continue) {
			j.Raw = []byte([]string{`{"a":[1,"<b>"]}`, `"x"`, `null`, `1`}[c.Intn(4)])
			if string(j.Raw) == "null" {
				j.Raw = nil
			}
		},
		func(s *apiextensionsv1.JSONSchemaProps, c randfill.Continue) {
			s.Type, s.Description = c.String(5), c.String(20)
			s.Required = []string{c.String(3)}
			s.Default = &apiextensionsv1.JSON{Raw: []byte(`{"b":true}`)}
			s.Enum = []apiextensionsv1.JSON{{Raw: []byte(`1`)}, {Raw: []byte(`"<"`)}}
			f, n := c.Float64(), int64(c.Intn(100))
			s.Maximum, s.MaxLength = &f, &n
			leaf := apiextensionsv1.JSONSchemaProps{Type: "string", Pattern: c.String(4)}
			s.Properties = map[string]apiextensionsv1.JSONSchemaProps{"b": leaf, "a": {Type: "object"}}
			s.Not = &leaf
			s.Items = &apiextensionsv1.JSONSchemaPropsOrArray{Schema: &leaf}
			if c.Bool() {
				s.Items = &apiextensionsv1.JSONSchemaPropsOrArray{JSONSchemas: []apiextensionsv1.JSONSchemaProps{leaf, leaf}}
			}
			s.AdditionalProperties = &apiextensionsv1.JSONSchemaPropsOrBool{Allows: c.Bool()}
			if c.Bool() {
				s.AdditionalProperties = &apiextensionsv1.JSONSchemaPropsOrBool{Allows: true, Schema: &leaf}
			}
			s.Dependencies = apiextensionsv1.JSONSchemaDependencies{"x": {Property: []string{"a", c.String(3)}}, "y": {Schema: &leaf}}
		},
	}
}

// fuzzed calls f with an empty object and random ones of every kind that we generate.
func fuzzed(t *testing.T, f func(gvk schema.GroupVersionKind, o runtime.Object)) (kinds int) {
	s := oracle(t)
	fill := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, schemaFuncs), rand.NewSource(1), serializer.NewCodecFactory(s))
	n := 20
	if testing.Short() {
		n = 3
	}
	for gvk, rt := range s.AllKnownTypes() {
		if resources.Kinds[gvk] == nil || rt.PkgPath() == metaTypes {
			continue
		}
		kinds++
		for i := range n {
			o := reflect.New(rt).Interface().(runtime.Object)
			if i > 0 {
				fill.Fill(o)
			}
			o.GetObjectKind().SetGroupVersionKind(gvk)
			f(gvk, o)
		}
	}
	return kinds
}

// differences counts differing objects by place, so that one wrong field is one line.
type differences map[string]int

func (d differences) report(t *testing.T) {
	t.Helper()
	n := 0
	for place, count := range d {
		if n++; n <= 30 {
			t.Errorf("%d x %s", count, place)
		}
	}
}

// at adds the place where two texts part.
func (d differences) at(what string, want, got []byte) { d[what+": "+apart(want, got)]++ }

// apart shows where two texts part.
func apart(want, got []byte) string {
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	cut := func(b []byte) []byte { return b[max(0, min(i-60, len(b))):min(i+60, len(b))] }
	return fmt.Sprintf("want %q got %q", cut(want), cut(got))
}

// setClaimKinds does what upstream's conversion does for readers: claim templates say what they are.
func setClaimKinds(o runtime.Object) {
	set := func(s *appsv1.StatefulSet) {
		for i := range s.Spec.VolumeClaimTemplates {
			s.Spec.VolumeClaimTemplates[i].SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"))
		}
	}
	switch s := o.(type) {
	case *appsv1.StatefulSet:
		set(s)
	case *appsv1.StatefulSetList:
		for i := range s.Items {
			set(&s.Items[i])
		}
	}
}

// Every kind, in every version, filled at random: what upstream's types and serializers write is the only right answer.
func TestParity(t *testing.T) {
	s := oracle(t)
	serializer := protobuf.NewSerializer(s, s)
	d, objects := differences{}, 0
	kinds := fuzzed(t, func(gvk schema.GroupVersionKind, o runtime.Object) {
		objects++
		var buf bytes.Buffer
		if err := serializer.Encode(o, &buf); err != nil {
			t.Fatal(err)
		}
		stored := bytes.Clone(buf.Bytes())
		// Protobuf cannot tell nil from empty: the measure is the object after a round trip.
		o, _, err := serializer.Decode(stored, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		o.GetObjectKind().SetGroupVersionKind(gvk)
		buf.Reset()
		if err := serializer.Encode(o, &buf); err != nil {
			t.Fatal(err)
		}
		again := bytes.Clone(buf.Bytes())
		setClaimKinds(o)
		want, err := json.Marshal(o)
		if err != nil {
			t.Fatalf("%v: %v", gvk, err)
		}

		e, err := openEnvelope(stored)
		if err != nil {
			t.Fatal(err)
		}
		p, _, err := planOf(resources.Kinds[gvk]())
		if err != nil {
			t.Fatal(err)
		}
		got, err := transcode(nil, p.message, e.raw, 0, typed)
		if err != nil {
			d[gvk.Kind+": transcode: "+err.Error()]++
		} else if !bytes.Equal(got, want) {
			d.at(gvk.Kind+" transcoded", want, got)
		}

		ours := resources.Kinds[gvk]()
		if err := UnmarshalProtobuf(stored, ours); err != nil {
			d[gvk.Kind+": decode: "+err.Error()]++
			return
		}
		if got, err = json.Marshal(ours); err != nil || !bytes.Equal(got, want) {
			d.at(gvk.Kind+" decoded", want, got)
		}
		if got, err = MarshalProtobuf(ours); err != nil {
			d[gvk.Kind+": encode: "+err.Error()]++
		} else if !bytes.Equal(got, again) {
			d.at(gvk.Kind+" encoded", again, got)
		}

		fromJSON := resources.Kinds[gvk]()
		if err := unmarshal(want, fromJSON); err != nil {
			d[gvk.Kind+": from JSON: "+err.Error()]++
			return
		}
		theirs := reflect.New(reflect.TypeOf(o).Elem()).Interface().(runtime.Object)
		if err := unmarshal(want, theirs); err != nil {
			t.Fatal(err)
		}
		buf.Reset()
		if err := serializer.Encode(theirs, &buf); err != nil {
			t.Fatal(err)
		}
		if got, err = MarshalProtobuf(fromJSON); err != nil || !bytes.Equal(got, buf.Bytes()) {
			d.at(gvk.Kind+" from JSON to protobuf", buf.Bytes(), got)
		}
	})
	d.report(t)
	t.Logf("%d kinds, %d objects", kinds, objects)
	if kinds < 170 {
		t.Errorf("only %d kinds were compared", kinds)
	}
}
