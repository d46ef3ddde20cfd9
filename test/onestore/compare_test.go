package onestore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
)

// compareStates says where the bytes that two servers stored differ beyond what differs by nature: the uid and the times.
func compareStates(t *testing.T, row resources.Row, a, b states) {
	t.Helper()
	if a.key != b.key {
		t.Errorf("stored under %s and %s", a.key, b.key)
	}
	if !slices.Equal(a.names, b.names) {
		t.Fatalf("states %v and %v", a.names, b.names)
	}
	for i, name := range a.names {
		if row.StoredAsJSON && i > 0 {
			break // the reference has controllers that write the status of these kinds at a time of their own
		}
		want, got := neutral(t, a, a.values[i]), neutral(t, b, b.values[i])
		if otherOwners(row) {
			want, got = withoutManagers(t, want), withoutManagers(t, got)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s: stored bytes differ:\n%s\n%s", name, difference(t, readable(t, row, want), readable(t, row, got)), bytesAround(want, got))
		}
	}
}

// neutral replaces what two lives of one document never share by values of the same length.
func neutral(t *testing.T, s states, stored []byte) []byte {
	t.Helper()
	const uid = "00000000-0000-0000-0000-000000000000"
	out := bytes.ReplaceAll(stored, []byte(s.uid), []byte(uid))
	created, err := time.Parse(time.RFC3339, s.created.text("metadata", "creationTimestamp"))
	if err != nil {
		t.Fatal(err)
	}
	// A metav1.Time is a message that begins with its seconds; the writes of a life take a few of them.
	second := func(at int64) []byte { return protowire.AppendVarint([]byte{0x08}, uint64(at)) }
	for i := created.Unix() - 1; i < created.Unix()+30; i++ {
		out = bytes.ReplaceAll(out, second(i), second(1_800_000_000))
		out = bytes.ReplaceAll(out, time.Unix(i, 0).UTC().AppendFormat(nil, time.RFC3339), []byte("2027-01-15T08:00:00Z"))
	}
	return sortedManagers(t, out)
}

// otherOwners are the resources whose two lives have other owners: the second service asks for the addresses that the first was
// given, and upstream writes an annotation of what version 1 of an autoscaler cannot say before it settles owners.
func otherOwners(row resources.Row) bool {
	return row.Resource == "services" || row.Resource == "horizontalpodautoscalers" && row.Version == "v1"
}

// withoutManagers leaves metadata.managedFields out.
func withoutManagers(t *testing.T, stored []byte) []byte {
	t.Helper()
	return changedMetadata(t, stored, func(metadata []byte) []byte { return rewrite(t, metadata, 17, nil) })
}

// changedMetadata changes field 1 of what is in the envelope. JSON is left as it is.
func changedMetadata(t *testing.T, stored []byte, change func([]byte) []byte) []byte {
	t.Helper()
	const prefix = "k8s\x00"
	inner, ok := bytes.CutPrefix(stored, []byte(prefix))
	if !ok {
		return stored
	}
	return append([]byte(prefix), rewrite(t, inner, 2, func(raw []byte) []byte { return rewrite(t, raw, 1, change) })...)
}

// sortedManagers sorts metadata.managedFields, which is field 17: entries lie by their times, which are of one second or of two.
func sortedManagers(t *testing.T, stored []byte) []byte {
	t.Helper()
	return changedMetadata(t, stored, func(metadata []byte) []byte {
		var entries [][]byte
		rewrite(t, metadata, 17, func(entry []byte) []byte { entries = append(entries, entry); return entry })
		slices.SortFunc(entries, bytes.Compare)
		out := rewrite(t, metadata, 17, nil)
		for _, entry := range entries {
			out = protowire.AppendBytes(protowire.AppendTag(out, 17, protowire.BytesType), entry)
		}
		return out
	})
}

// rewrite changes the length-delimited fields of a number; nil removes them.
func rewrite(t *testing.T, message []byte, number protowire.Number, change func([]byte) []byte) (out []byte) {
	t.Helper()
	for len(message) > 0 {
		n, kind, tag := protowire.ConsumeTag(message)
		length := protowire.ConsumeFieldValue(n, kind, message[max(tag, 0):])
		if tag < 0 || length < 0 {
			t.Fatalf("not a message: %q", message)
		}
		switch {
		case n != number || kind != protowire.BytesType:
			out = append(out, message[:tag+length]...)
		case change != nil:
			content, _ := protowire.ConsumeBytes(message[tag:])
			out = protowire.AppendBytes(protowire.AppendTag(out, n, kind), change(content))
		}
		message = message[tag+length:]
	}
	return out
}

// readable is a stored object as JSON, for people.
func readable(t *testing.T, row resources.Row, stored []byte) []byte {
	t.Helper()
	group, version, found := strings.Cut(row.Storage, "/")
	if !found {
		t.Fatalf("%s is stored as %s", row.Resource, row.Storage)
	}
	gvk := schema.GroupVersionKind{Group: group, Version: version, Kind: row.Kind}
	c, err := codec.NewBuiltin(gvk, gvk, nil, nil, nil)
	if err != nil {
		return fmt.Appendf(nil, "%q", stored)
	}
	out, err := c.AppendJSON(nil, stored, 0, false)
	if err != nil {
		return fmt.Appendf(nil, "%q", stored)
	}
	return out
}

// bytesAround shows where two values begin to differ.
func bytesAround(a, b []byte) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	cut := func(x []byte) []byte { return x[max(0, i-60):min(len(x), i+100)] }
	return fmt.Sprintf("from byte %d of %d and %d:\n- %q\n+ %q", i, len(a), len(b), cut(a), cut(b))
}

// difference lists where two answers differ: by paths when they are JSON, otherwise by bytes.
func difference(t *testing.T, want, got []byte) string {
	t.Helper()
	var a, b any
	if json.Unmarshal(want, &a) != nil || json.Unmarshal(got, &b) != nil {
		return bytesAround(want, got)
	}
	if d := differ("", a, b); d != "" {
		return d
	}
	return bytesAround(want, got) // the order of fields
}

// differ lists the differences of two JSON values, a line each; empty when there are none.
func differ(path string, want, got any) string {
	w, isMap := want.(map[string]any)
	g, isMap2 := got.(map[string]any)
	if isMap && isMap2 {
		keys := maps.Clone(w)
		maps.Copy(keys, g)
		var out strings.Builder
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			x, inWant := w[k]
			y, inGot := g[k]
			switch {
			case !inGot:
				fmt.Fprintf(&out, "- %s.%s: %v\n", path, k, x)
			case !inWant:
				fmt.Fprintf(&out, "+ %s.%s: %v\n", path, k, y)
			default:
				out.WriteString(differ(path+"."+k, x, y))
			}
		}
		return out.String()
	}
	wl, isList := want.([]any)
	gl, isList2 := got.([]any)
	if isList && isList2 && len(wl) == len(gl) {
		var out strings.Builder
		for i := range wl {
			out.WriteString(differ(fmt.Sprintf("%s[%d]", path, i), wl[i], gl[i]))
		}
		return out.String()
	}
	if fmt.Sprintf("%#v", want) == fmt.Sprintf("%#v", got) {
		return ""
	}
	return fmt.Sprintf("- %s: %v\n+ %[1]s: %[3]v\n", path, want, got)
}
