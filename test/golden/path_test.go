package golden

import (
	"strings"
	"testing"
)

func TestPath(t *testing.T) {
	doc, err := parseJSON([]byte(`{"a":{"b.c":1,"d":[{"name":"x","v":true},{"name":"y","v":null}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want string }{
		{".", `{"a": {"b.c": 1, "d": [{"name": "x", "v": true}, {"name": "y", "v": null}]}}`},
		{`.a["b.c"]`, "1"},
		{".a.d[0].name", `"x"`},
		{".a.d[*].v", "true null"},
		{".a.d[name=y].v", "null"},
		{".a.d[7]", ""},
		{".a.d.name", ""},
		{".a[*]", ""},
		{".nope.x", ""},
	}
	for _, test := range tests {
		path, err := ParsePath(test.path)
		if err != nil {
			t.Errorf("%s: %v", test.path, err)
			continue
		}
		var got []string
		for _, hit := range path.find(doc) {
			got = append(got, hit.line())
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %s, want %s", test.path, got, test.want)
		}
	}
	for _, bad := range []string{"", "a", ".a..b", ".a[", ".a[x]", `.a["b`} {
		if _, err := ParsePath(bad); err == nil {
			t.Errorf("%q was taken for a path", bad)
		}
	}
}
