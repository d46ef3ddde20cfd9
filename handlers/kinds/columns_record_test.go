package kinds

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

var recordToken = flag.String("token", "admintoken", "bearer token for -record")

const recordNamespace = "tables"

// recorder makes the objects of testdata/columns_input on a reference server and keeps what it prints of them.
//
// An input document is an object, status included, with these keys of its own on top: puts lists the subresources to write
// after the create (status alone when the object has one), delete asks to delete it (it needs a finalizer), existing takes
// what is there, also prints it in other groups and versions too, subresource prints that, after is what to wait for between the writes and the printing, in seconds.
type recorder struct {
	t       *testing.T
	url     string
	client  *http.Client
	goldens map[string]*golden
}

func record(t *testing.T, url string) {
	r := &recorder{t: t, url: url, goldens: map[string]*golden{},
		client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}}
	files, err := filepath.Glob("testdata/columns_input/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r.do("POST", "/api/v1/namespaces", map[string]any{"metadata": map[string]any{"name": recordNamespace}})
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		decoder := yaml.NewYAMLOrJSONDecoder(f, 4096)
		for {
			var o unstructured.Unstructured
			if err := decoder.Decode(&o.Object); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if o.Object != nil {
				r.object(filepath.Base(file), &o)
			}
		}
		f.Close()
	}
	if t.Failed() {
		return
	}
	if err := os.RemoveAll("testdata/columns"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata/columns", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, g := range r.goldens {
		b, err := json.MarshalIndent(g, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/columns/"+name+".json", append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *recorder) object(file string, o *unstructured.Unstructured) {
	where := fmt.Sprintf("%s: %s %s", file, o.GetKind(), o.GetName())
	options := map[string]any{}
	for _, k := range []string{"puts", "delete", "existing", "also", "subresource", "after"} {
		options[k] = o.Object[k]
		delete(o.Object, k)
	}
	gvk := o.GroupVersionKind()
	row := rowOf(gvk)
	if row == nil {
		r.t.Errorf("%s: no such resource", where)
		return
	}
	collection := r.collection(row)
	path := collection + "/" + o.GetName()
	if options["existing"] == nil {
		r.remove(path, o)
		r.write(where, collection, path, o, options)
	}
	if seconds, ok := options["after"].(int64); ok {
		time.Sleep(time.Duration(seconds) * time.Second)
	}
	if options["delete"] != nil {
		r.do("DELETE", path, nil)
	}
	if sub, ok := options["subresource"].(string); ok {
		path += "/" + sub
	}
	r.print(where, path)
	also, _ := options["also"].([]any)
	for _, gv := range also {
		group, version, _ := strings.Cut(gv.(string), "/")
		row := rowOf(schema.GroupVersionKind{Group: group, Version: version, Kind: gvk.Kind})
		r.print(fmt.Sprintf("%s in %s", where, gv), r.collection(row)+"/"+o.GetName())
	}
}

func (r *recorder) collection(row *resources.Row) string {
	out := "/apis/" + row.Group + "/" + row.Version
	if row.Group == "" {
		out = "/api/" + row.Version
	}
	if row.Namespaced {
		out += "/namespaces/" + recordNamespace
	}
	return out + "/" + row.Resource
}

// remove deletes what an earlier recording left, and waits for it to be gone.
func (r *recorder) remove(path string, o *unstructured.Unstructured) {
	for range 50 {
		r.do("DELETE", path+"?gracePeriodSeconds=0&propagationPolicy=Background", nil)
		code, _ := r.do("PATCH", path, map[string]any{"metadata": map[string]any{"finalizers": nil}})
		if code == http.StatusNotFound {
			return
		}
		if o.GetKind() == "Namespace" {
			r.do("PUT", path+"/finalize", map[string]any{"metadata": map[string]any{"name": o.GetName()}, "spec": map[string]any{}})
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// write creates the object and then writes its subresources.
func (r *recorder) write(where, collection, path string, o *unstructured.Unstructured, options map[string]any) {
	code, created := r.do("POST", collection, o.Object)
	if code != http.StatusCreated {
		r.t.Errorf("%s: create: %d %v", where, code, created["message"])
		return
	}
	puts, _ := options["puts"].([]any)
	if puts == nil && o.Object["status"] != nil {
		puts = []any{"status"}
	}
	for _, sub := range puts {
		_, live := r.do("GET", path, nil)
		live["status"] = o.Object["status"]
		if code, got := r.do("PUT", fmt.Sprintf("%s/%s", path, sub), live); code != http.StatusOK {
			r.t.Errorf("%s: %s: %d %v", where, sub, code, got["message"])
		}
	}
}

func (r *recorder) print(where, path string) {
	request, err := http.NewRequest("GET", r.url+path+"?includeObject=Object", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+*recordToken)
	request.Header.Set("Accept", "application/json;as=Table;g=meta.k8s.io;v=v1")
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	now := time.Now()
	defer response.Body.Close()
	var table metav1.Table
	if err := json.NewDecoder(response.Body).Decode(&table); err != nil || response.StatusCode != http.StatusOK || len(table.Rows) != 1 {
		r.t.Errorf("%s: table: %d %v", where, response.StatusCode, err)
		return
	}
	var o unstructured.Unstructured
	if err := json.Unmarshal(table.Rows[0].Object.Raw, &o.Object); err != nil {
		r.t.Fatal(err)
	}
	o.SetManagedFields(nil)
	raw, err := json.Marshal(o.Object)
	if err != nil {
		r.t.Fatal(err)
	}
	gvk := o.GroupVersionKind()
	name := strings.ToLower(strings.Trim(gvk.Group+"_"+gvk.Version+"_"+gvk.Kind, "_"))
	g := r.goldens[name]
	if g == nil {
		g = &golden{Kind: gvk, Columns: table.ColumnDefinitions}
		for i := range g.Columns {
			g.Columns[i].Description = "" // upstream's prose has no place here
		}
		r.goldens[name] = g
	}
	g.Rows = append(g.Rows, goldenRow{Now: now, Cells: table.Rows[0].Cells, Conditions: table.Rows[0].Conditions, Object: raw})
}

// do sends a request and returns the status code and the object of the answer.
func (r *recorder) do(method, path string, body any) (int, map[string]any) {
	b, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	if body == nil {
		b = nil
	}
	request, err := http.NewRequest(method, r.url+path, bytes.NewReader(b))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+*recordToken)
	request.Header.Set("Content-Type", "application/json")
	if method == "PATCH" {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, out
}

func rowOf(gvk schema.GroupVersionKind) *resources.Row {
	for i, row := range resources.Rows {
		if row.Group == gvk.Group && row.Version == gvk.Version && row.Kind == gvk.Kind && row.Subresource == "" {
			return &resources.Rows[i]
		}
	}
	return nil
}
