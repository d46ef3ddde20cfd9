package docs

import (
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	want, err := os.ReadFile("testdata/discovery/version.json")
	if err != nil {
		t.Fatal(err)
	}
	// What differs from the reference on purpose: who built it, with what, for what machine.
	expected := strings.NewReplacer(`"v1.36.3"`, `"v1.36.3+gatehouse"`, `"$Format:%H$"`, `""`, `"go1.26.8"`, `"`+runtime.Version()+`"`,
		`"linux/amd64"`, `"`+runtime.GOOS+"/"+runtime.GOARCH+`"`).Replace(string(want))
	h := http.HandlerFunc(Version)
	for _, path := range []string{"/version", "/version?pretty=0", "/version/"} {
		if w := get(t, h, path); w.Code != 200 || w.Body.String() != expected || w.Header().Get("Content-Type") != mediaJSON {
			t.Errorf("%s: %d %v\n%s", path, w.Code, w.Header(), w.Body)
		}
	}
	if w := get(t, h, "/version/more"); w.Code != 404 || !strings.Contains(w.Body.String(), `"reason":"NotFound"`) {
		t.Errorf("below: %d %s", w.Code, w.Body)
	}
	for _, c := range []struct {
		method, accept string
		code           int
		media, has     string
	}{
		{"POST", "", 405, mediaJSON, "MethodNotAllowed"},
		{"HEAD", "", 405, mediaJSON, ""},
		{"GET", "text/html", 406, mediaJSON, `406: Not Acceptable\n\nAvailable representations: application/json"`},
		{"GET", mediaYAML, 406, mediaYAML, "  Available representations: application/json\n"},
		{"GET", mediaProtobuf, 406, mediaProtobuf, "k8s\x00"},
		{"GET", "text/html, */*;q=0.1", 200, mediaJSON, "gatehouse"},
	} {
		w := send(t, h, c.method, "/version", "Accept", c.accept)
		if w.Code != c.code || w.Header().Get("Content-Type") != c.media || !strings.Contains(w.Body.String(), c.has) {
			t.Errorf("%s %s: %d %v %s", c.method, c.accept, w.Code, w.Header(), w.Body)
		}
	}
}
