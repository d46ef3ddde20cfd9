package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

var configMapKind = schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}

// configMaps are n stored objects and the list that upstream has of them.
func configMaps(t *testing.T, n int) (List, *corev1.ConfigMapList) {
	c, err := NewBuiltin(configMapKind, configMapKind, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	left := int64(7)
	head := metav1.ListMeta{ResourceVersion: "582", Continue: "next", RemainingItemCount: &left}
	list := &corev1.ConfigMapList{TypeMeta: metav1.TypeMeta{Kind: "ConfigMapList", APIVersion: "v1"}, ListMeta: head, Items: []corev1.ConfigMap{}}
	stored := make([][]byte, n)
	for i := range n {
		in := corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("m", i), Labels: map[string]string{"<": "&"}}, Data: map[string]string{"k": strings.Repeat("v", 10*i)}}
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		o := resources.Kinds[configMapKind]()
		if err := unmarshal(b, o); err != nil {
			t.Fatal(err)
		}
		if stored[i], err = MarshalProtobuf(o); err != nil {
			t.Fatal(err)
		}
		in.ResourceVersion = fmt.Sprint(100 + i)
		list.Items = append(list.Items, in)
	}
	return List{Kind: configMapKind.GroupVersion().WithKind("ConfigMapList"), Meta: head, Codec: c, Items: func(yield func([]byte, int64) bool) {
		for i, b := range stored {
			if !yield(b, int64(100+i)) {
				return
			}
		}
	}}, list
}

func metadataOf(list *corev1.ConfigMapList) *metav1.PartialObjectMetadataList {
	out := &metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{Kind: "PartialObjectMetadataList", APIVersion: "meta.k8s.io/v1"}, ListMeta: list.ListMeta}
	for i := range list.Items {
		p := meta.AsPartialObjectMetadata(&list.Items[i])
		p.SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind("PartialObjectMetadata"))
		out.Items = append(out.Items, *p)
	}
	return out
}

// encoders of upstream, by what a client wants.
func upstream(t *testing.T, out Output) runtime.Encoder {
	s := oracle(t)
	switch {
	case out.Format == Protobuf:
		return protobuf.NewSerializer(s, s)
	default:
		return kjson.NewSerializerWithOptions(kjson.DefaultMetaFactory, s, s, kjson.SerializerOptions{Yaml: out.Format == YAML, Pretty: out.Pretty})
	}
}

func TestList(t *testing.T) {
	partial := metav1.SchemeGroupVersion.WithKind("PartialObjectMetadataList")
	for _, n := range []int{0, 1, 300} {
		list, theirs := configMaps(t, n)
		for _, out := range []Output{{}, {Pretty: true}, {Format: YAML}, {Format: Protobuf}, {As: partial}, {Format: YAML, As: partial}, {Format: Protobuf, As: partial}} {
			var o runtime.Object = theirs
			if out.IsMetadata() {
				o = metadataOf(theirs)
			}
			var want, got bytes.Buffer
			if err := upstream(t, out).Encode(o, &want); err != nil {
				t.Fatal(err)
			}
			if err := list.Write(&got, out); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
				d := differences{}
				d.at(fmt.Sprintf("%d items as %+v", n, out), want.Bytes(), got.Bytes())
				d.report(t)
			}
		}
	}
}

type failing struct{ after int }

var errWriter = errors.New("the client is gone")

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errWriter
	}
	return len(p), nil
}

func TestListErrors(t *testing.T) {
	list, _ := configMaps(t, 600)
	for _, out := range []Output{{}, {Format: Protobuf}, {Format: YAML}, {Pretty: true}} {
		for _, after := range []int{0, chunk + chunk/2} {
			if err := list.Write(&failing{after}, out); !errors.Is(err, errWriter) {
				t.Errorf("%+v after %d: %v", out, after, err)
			}
		}
		list := list
		list.Items = func(yield func([]byte, int64) bool) { yield([]byte("broken"), 1) }
		var got bytes.Buffer
		if err := list.Write(&got, out); err == nil || got.Len() > 0 {
			t.Errorf("%+v: %v, %d bytes written", out, err, got.Len())
		}
	}
}

func TestStoredAnswer(t *testing.T) {
	list, theirs := configMaps(t, 3)
	theirs.Items[2].TypeMeta = metav1.TypeMeta{Kind: "ConfigMap", APIVersion: "v1"}
	var stored []byte
	for b := range list.Items {
		stored = b
	}
	partial := metav1.SchemeGroupVersion.WithKind("PartialObjectMetadata")
	for _, out := range []Output{{}, {Pretty: true}, {Format: YAML}, {Format: Protobuf}, {As: partial}, {Pretty: true, As: partial}, {Format: YAML, As: partial}, {Format: Protobuf, As: partial}} {
		var o runtime.Object = &theirs.Items[2]
		if out.IsMetadata() {
			o = &metadataOf(theirs).Items[2]
		}
		var want bytes.Buffer
		if err := upstream(t, out).Encode(o, &want); err != nil {
			t.Fatal(err)
		}
		got, err := AppendStored([]byte("x"), list.Codec, stored, 102, out)
		if err != nil || string(got) != "x"+want.String() {
			t.Errorf("%+v: %q %v\nwant %q", out, got, err, want.String())
		}
	}
}

func TestStatusAnswer(t *testing.T) {
	status := &metav1.Status{Status: "Failure", Message: `configmaps "zz" not found`, Reason: "NotFound", Details: &metav1.StatusDetails{Name: "zz", Kind: "configmaps"}, Code: 404}
	named := status.DeepCopy()
	named.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	for _, out := range []Output{{}, {Pretty: true}, {Format: YAML}, {Format: Protobuf}} {
		var want bytes.Buffer
		if err := upstream(t, out).Encode(named, &want); err != nil {
			t.Fatal(err)
		}
		got, err := AppendObject(nil, status, out)
		if err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%+v: %q %v\nwant %q", out, got, err, want.String())
		}
	}
	if status.Kind != "" {
		t.Error("the object was changed")
	}
	if _, err := AppendObject(nil, &metav1.Table{}, Output{Format: Protobuf}); err == nil {
		t.Error("a table became protobuf")
	}
}

// Frames are what upstream's streaming serializers write.
func TestEvents(t *testing.T) {
	list, theirs := configMaps(t, 1)
	theirs.Items[0].TypeMeta = metav1.TypeMeta{Kind: "ConfigMap", APIVersion: "v1"}
	s := oracle(t)
	for _, out := range []Output{{}, {Format: Protobuf}, {As: metav1.SchemeGroupVersion.WithKind("PartialObjectMetadata")}, {Format: Protobuf, As: metav1.SchemeGroupVersion.WithKind("PartialObjectMetadata")}} {
		var o runtime.Object = &theirs.Items[0]
		if out.IsMetadata() {
			o = &metadataOf(theirs).Items[0]
		}
		var object, want bytes.Buffer
		if err := upstream(t, out).Encode(o, &object); err != nil {
			t.Fatal(err)
		}
		event := &metav1.WatchEvent{Type: "MODIFIED", Object: runtime.RawExtension{Raw: object.Bytes()}}
		var err error
		if out.Format == Protobuf {
			err = protobuf.NewRawSerializer(s, s).Encode(event, protobuf.LengthDelimitedFramer.NewFrameWriter(&want))
		} else {
			err = upstream(t, out).Encode(event, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		var stored []byte
		for b := range list.Items {
			stored = b
		}
		got, err := AppendEvent([]byte("x"), out.Format, "MODIFIED", func(dst []byte) ([]byte, error) {
			return AppendEventObject(dst, list.Codec, stored, 100, out)
		})
		if err != nil || string(got) != "x"+want.String() {
			t.Errorf("%+v: %q %v\nwant %q", out, got, err, want.String())
		}
		if got, err = AppendEvent([]byte("x"), out.Format, "ADDED", func(dst []byte) ([]byte, error) { return dst, errWriter }); !errors.Is(err, errWriter) || string(got) != "x" {
			t.Errorf("%q %v", got, err)
		}
	}
	got, err := AppendEvent(nil, JSON, "ERROR", func(dst []byte) ([]byte, error) {
		return AppendEventValue(dst, &metav1.Status{Status: "Failure", Code: 410}, JSON)
	})
	if want := `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":410}}` + "\n"; err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func TestTable(t *testing.T) {
	list, theirs := configMaps(t, 2)
	columns := []metav1.TableColumnDefinition{{Name: "Name", Type: "string", Format: "name", Description: "<x>"}, {Name: "Data", Type: "integer"}}
	cells := []any{"a<b", int64(3), int32(-1), 7, true, nil, 1.5, []string{"x"}}
	for _, include := range []metav1.IncludeObjectPolicy{"", metav1.IncludeNone, metav1.IncludeMetadata, metav1.IncludeObject} {
		want := &metav1.Table{TypeMeta: metav1.TypeMeta{Kind: "Table", APIVersion: "meta.k8s.io/v1"}, ListMeta: theirs.ListMeta, ColumnDefinitions: columns}
		table := Table{Version: "v1", Meta: list.Meta, Columns: columns}
		got, err := table.Head(nil)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for stored, revision := range list.Items {
			row := metav1.TableRow{Cells: cells}
			switch include {
			case metav1.IncludeNone:
			case metav1.IncludeObject:
				theirs.Items[i].TypeMeta = metav1.TypeMeta{Kind: "ConfigMap", APIVersion: "v1"}
				row.Object.Object = &theirs.Items[i]
			default:
				row.Object.Object = &metadataOf(theirs).Items[i]
			}
			want.Rows = append(want.Rows, row)
			if got, err = AppendRow(got, i == 0, Row{Cells: cells}, list.Codec, stored, revision, "v1", include); err != nil {
				t.Fatal(err)
			}
			i++
		}
		got = append(got, TableTail...)
		for _, out := range []Output{{}, {Pretty: true}, {Format: YAML}} {
			var b bytes.Buffer
			if err := upstream(t, out).Encode(want, &b); err != nil {
				t.Fatal(err)
			}
			if answer, err := Finish(nil, got, out); err != nil || !bytes.Equal(answer, b.Bytes()) {
				d := differences{}
				d.at(fmt.Sprintf("%q as %+v", include, out), b.Bytes(), answer)
				d.report(t)
			}
		}
	}
	if _, err := AppendRow(nil, true, Row{Cells: []any{func() {}}}, list.Codec, nil, 0, "v1", metav1.IncludeNone); err == nil {
		t.Error("a function became a cell")
	}
}
