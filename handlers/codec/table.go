package codec

import (
	"encoding/json"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Table frames rows as a Table of meta.k8s.io. Tables have no protobuf form.
//
// The text is Head, then Row for each row, then TableTail; that is a whole object of compact JSON. Finish turns it into
// an answer in the wanted format.
type Table struct {
	// Version of meta.k8s.io: v1 or v1beta1.
	Version string
	Meta    metav1.ListMeta
	// Columns may be nil: later events of a watch do not repeat them.
	Columns []metav1.TableColumnDefinition
}

// TableTail ends a table.
const TableTail = "]}"

// AppendNoRows ends a table whose rows are null, after Head.
func AppendNoRows(dst []byte) []byte { return append(dst[:len(dst)-1], "null}"...) }

// Head appends everything before the rows.
func (t Table) Head(dst []byte) ([]byte, error) {
	meta, err := json.Marshal(&t.Meta)
	if err != nil {
		return dst, fmt.Errorf("metadata of a table: %w", err)
	}
	columns, err := json.Marshal(t.Columns)
	if err != nil {
		return dst, fmt.Errorf("columns of a table: %w", err)
	}
	dst = append(dst, `{"kind":"Table","apiVersion":"meta.k8s.io/`...)
	dst = append(append(append(dst, t.Version...), `","metadata":`...), meta...)
	dst = append(append(dst, `,"columnDefinitions":`...), columns...)
	return append(dst, `,"rows":[`...), nil
}

// Row is what a row says of its object.
type Row struct {
	Cells      []any
	Conditions []metav1.TableRowCondition
}

// AppendRow appends one row of a table; first says that none came before it. include is the includeObject parameter:
// None, Metadata, Object or empty for Metadata.
func AppendRow(dst []byte, first bool, row Row, c resource.Codec, stored []byte, revision int64, version string, include metav1.IncludeObjectPolicy) ([]byte, error) {
	out := dst
	if !first {
		out = append(out, ',')
	}
	out, _, err := AppendRowWithout(out, row, c, stored, revision, version, include)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// NoCell stands for a cell that is put into the text of a row later.
var NoCell any = noCell{}

type noCell struct{}

// AppendRowWithout is AppendRow for the first row; place is where the cell belongs that is NoCell.
func AppendRowWithout(dst []byte, row Row, c resource.Codec, stored []byte, revision int64, version string, include metav1.IncludeObjectPolicy) (b []byte, place int, err error) {
	out := append(dst, `{"cells":[`...)
	for i, cell := range row.Cells {
		if i > 0 {
			out = append(out, ',')
		}
		if cell == NoCell {
			place = len(out)
		} else if out, err = appendCell(out, cell); err != nil {
			return dst, 0, err
		}
	}
	out = append(out, ']')
	if len(row.Conditions) > 0 {
		conditions, err := json.Marshal(row.Conditions)
		if err != nil {
			return dst, 0, fmt.Errorf("conditions of a table's row: %w", err)
		}
		out = append(append(out, `,"conditions":`...), conditions...)
	}
	out = append(out, `,"object":`...)
	switch include {
	case metav1.IncludeNone:
		out = append(out, "null"...)
	case metav1.IncludeObject:
		out, err = c.AppendJSON(out, stored, revision, false)
	default:
		out, err = c.AppendMetadataJSON(out, stored, revision, version)
	}
	if err != nil {
		return dst, 0, err
	}
	return append(out, '}'), place, nil
}

// AppendCell appends the text of a cell.
func AppendCell(dst []byte, cell string) []byte { return appendString(dst, cell) }

// appendCell appends a cell; most are strings and integers.
func appendCell(dst []byte, cell any) ([]byte, error) {
	switch v := cell.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return appendString(dst, v), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case int32:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	}
	b, err := json.Marshal(cell)
	if err != nil {
		return dst, fmt.Errorf("cell of a table: %w", err)
	}
	return append(dst, b...), nil
}

// Finish appends compact JSON, a table for instance, as an answer in the wanted text format.
func Finish(dst, compact []byte, out Output) ([]byte, error) { return finish(dst, compact, out) }
