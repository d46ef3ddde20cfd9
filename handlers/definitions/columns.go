package definitions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/client-go/util/jsonpath"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

type column = apiextensionsv1.CustomResourceColumnDefinition

// described are apimachinery's words for the metadata.
var described = sync.OnceValue(func() map[string]string { return metav1.ObjectMeta{}.SwaggerDoc() })

func age() column {
	return column{Name: "Age", Type: "date", Description: described()["creationTimestamp"], JSONPath: ".metadata.creationTimestamp"}
}

// columns are those of the version: its own, or the age.
func (v *versioned) columns() resource.Columns {
	if len(v.spec.AdditionalPrinterColumns) == 0 {
		return columnsOf([]column{age()})
	}
	return columnsOf(v.spec.AdditionalPrinterColumns)
}

func (v *versioned) scaleColumns() resource.Columns {
	return columnsOf([]column{
		{Name: "Desired", Type: "integer", Description: "Number of desired replicas", JSONPath: ".spec.replicas"},
		{Name: "Available", Type: "integer", Description: "Number of actual replicas", JSONPath: ".status.replicas"},
		age(),
	})
}

// columnsOf are the name and some columns. Their paths are parsed when the first row is made.
func columnsOf(list []column) resource.Columns {
	out := resource.Columns{Definitions: []metav1.TableColumnDefinition{{Name: "Name", Type: "string", Format: "name", Description: described()["name"]}}}
	for _, c := range list {
		d := metav1.TableColumnDefinition{Name: c.Name, Type: c.Type, Format: c.Format, Description: c.Description, Priority: c.Priority}
		if d.Description == "" {
			d.Description = "Custom resource definition column (in JSONPath format): " + c.JSONPath
		}
		out.Definitions = append(out.Definitions, d)
	}
	// A JSONPath keeps notes while it looks, so each goroutine has its own.
	pool := sync.Pool{New: func() any { return parse(list) }}
	out.Cells = func(o object.Object, now time.Time) []any {
		cells := make([]any, 1, len(list)+1)
		cells[0] = o.GetName()
		paths, ok := pool.Get().([]*jsonpath.JSONPath)
		if !ok {
			return cells
		}
		defer pool.Put(paths)
		content := jsonOf(o)
		for i, p := range paths {
			cells = append(cells, cell(p, list[i].Type, content, now))
		}
		return cells
	}
	return out
}

func parse(list []column) []*jsonpath.JSONPath {
	out := make([]*jsonpath.JSONPath, len(list))
	for i, c := range list {
		p := jsonpath.New(c.Name).AllowMissingKeys(true)
		if p.Parse("{"+c.JSONPath+"}") == nil {
			out[i] = p
		}
	}
	return out
}

// jsonOf is an object as a map.
func jsonOf(o object.Object) map[string]any {
	if content := contentOf(o); content != nil {
		return content
	}
	var out map[string]any
	if b, err := json.Marshal(o); err != nil || json.Unmarshal(b, &out) != nil {
		return nil
	}
	return out
}

// cell is the first value at a path, in the form of its column; nil for what does not fit.
func cell(p *jsonpath.JSONPath, of string, content map[string]any, now time.Time) any {
	if p == nil {
		return nil
	}
	results, err := p.FindResults(content)
	if err != nil || len(results) == 0 || len(results[0]) == 0 {
		return nil
	}
	value := results[0][0].Interface()
	if of == "string" {
		var b bytes.Buffer
		if p.PrintResults(&b, []reflect.Value{reflect.ValueOf(value)}) != nil {
			return nil
		}
		return b.String()
	}
	switch typed := value.(type) {
	case int64:
		switch of {
		case "integer":
			return typed
		case "number":
			return float64(typed)
		}
	case float64:
		switch of {
		case "integer":
			return int64(typed)
		case "number":
			return typed
		}
	case bool:
		if of == "boolean" {
			return typed
		}
	case string:
		if of == "date" {
			return sinceText(typed, now)
		}
	}
	return nil
}

func sinceText(text string, now time.Time) string {
	var at metav1.Time
	switch {
	case at.UnmarshalQueryParameter(text) != nil:
		return "<invalid>"
	case at.IsZero():
		return "<unknown>"
	}
	return duration.HumanDuration(now.Sub(at.Time))
}

// selectable reads the selectable fields of an object.
func (v *versioned) selectable() func(object.Object) fields.Set {
	list := v.spec.SelectableFields
	pool := sync.Pool{New: func() any {
		paths := make([]column, len(list))
		for i, f := range list {
			paths[i].JSONPath = f.JSONPath
		}
		return parse(paths)
	}}
	return func(o object.Object) fields.Set {
		paths, ok := pool.Get().([]*jsonpath.JSONPath)
		if !ok {
			return nil
		}
		defer pool.Put(paths)
		out, content := fields.Set{}, jsonOf(o)
		for i, p := range paths {
			name := strings.TrimPrefix(list[i].JSONPath, ".")
			out[name] = ""
			if p == nil {
				continue
			}
			if results, err := p.FindResults(content); err == nil && len(results) > 0 && len(results[0]) > 0 {
				if value := results[0][0].Interface(); value != nil {
					out[name] = fmt.Sprint(value)
				}
			}
		}
		return out
	}
}
