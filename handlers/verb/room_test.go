package verb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// addLarge adds pods of about size bytes each, which do not compress to nothing.
func (f *fixture) addLarge(t *testing.T, n, size int) {
	t.Helper()
	for i := range n {
		p := pod(10_000 + i)
		var text strings.Builder
		for k := 0; text.Len() < size; k++ {
			fmt.Fprintf(&text, "%x", k*k*7919)
		}
		p.Annotations = map[string]string{"large": text.String()}
		b, err := f.pods.Codec.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.handlers.Store.Create(t.Context(), f.pods.ObjectKey("ns", p.Name), b, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// largest notes the longest write.
type largest struct {
	*httptest.ResponseRecorder
	most int
}

func (l *largest) Write(p []byte) (int, error) {
	l.most = max(l.most, len(p))
	return l.ResponseRecorder.Write(p)
}

// Lists of large objects are the same as of small ones, and are made of one after the other: a leaf of them would be tens of
// megabytes for each list under way.
func TestListsOfLargeObjects(t *testing.T) {
	const size = 300 << 10
	f := newFixture(t, 50)
	f.addLarge(t, 40, size)
	for _, path := range []string{"/api/v1/pods?includeObject=Object", "/api/v1/pods?labelSelector=tier&includeObject=Object", "/api/v1/pods?limit=70&includeObject=Object"} {
		for _, accept := range []string{jsonAccept, protoAccept, tableAccept, jsonAccept + metaAccept, protoAccept + metaAccept} {
			want := f.plainlyShown(t, path, accept)
			for round := range 3 { // the first one, one that keeps, one of what is kept
				for _, encoding := range []string{"", "gzip"} {
					if got := f.get(t, path, accept, encoding); !bytes.Equal(got, want) {
						t.Fatalf("round %d, %s as %s %s: %d bytes, want %d", round, path, accept, encoding, len(got), len(want))
					}
				}
				w := &largest{ResponseRecorder: httptest.NewRecorder()}
				r := f.request(t.Context(), w.ResponseRecorder, path, accept, "")
				r.Writer.ResponseWriter = w
				if err := f.handlers.Handle(r); err != nil {
					t.Fatal(err)
				}
				if w.most > 2*size {
					t.Errorf("%s as %s: %d bytes are written at once, of objects of %d", path, accept, w.most, size)
				}
			}
		}
	}
}

// plainlyShown is plainly with what the rows of tables are to carry.
func (f *fixture) plainlyShown(t *testing.T, path, accept string) []byte {
	t.Helper()
	if accept != tableAccept {
		return f.plainly(t, path, accept)
	}
	// The whole table at once is what is indented, unindented.
	var compact bytes.Buffer
	if err := json.Compact(&compact, f.get(t, path, accept+";pretty=1", "")); err != nil {
		t.Fatal(err)
	}
	return append(compact.Bytes(), '\n')
}

func (f *fixture) as(groups ...string) *pipeline.Request {
	req := httptest.NewRequest(http.MethodGet, "/api/v1/pods", nil)
	r := pipeline.NewRequest(httptest.NewRecorder(), req, pipeline.ParseInfo("GET", req.URL.Path))
	r.User, r.Resource = &resource.UserInfo{Groups: groups}, f.pods
	return r
}

func TestRoom(t *testing.T) {
	f := newFixture(t, 0)
	user, admin := f.as(), f.as("system:masters")
	var m room
	take := func(r *pipeline.Request, size int) func() {
		t.Helper()
		release, err := m.take(r, size)
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	refused := func(size int) {
		t.Helper()
		if _, err := m.take(user, size); !apierrors.IsTooManyRequests(err) {
			t.Errorf("%d bytes: %v", size, err)
		} else if again, _ := apierrors.SuggestsClientDelay(err); again != 1 {
			t.Errorf("come again after %d s", again)
		}
	}
	most := take(user, mostRoom-10)
	refused(2 << 20)
	take(user, freeRoom) // which is not counted
	take(admin, 2<<20)() // which passes, and gives nothing back that it has not taken
	refused(2 << 20)
	ctx, cancel := context.WithCancel(t.Context())
	user.WithContext(ctx)
	waits := make(chan error)
	go func() {
		release, err := m.wait(user, 2<<20)
		if err == nil {
			release()
		}
		waits <- err
	}()
	most()
	if err := <-waits; err != nil {
		t.Error(err)
	}
	all := take(user, 10*mostRoom) // alone
	refused(2 << 20)
	go func() {
		_, err := m.wait(user, 2<<20)
		waits <- err
	}()
	cancel()
	if err := <-waits; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if release, err := (*room)(nil).wait(user, 2<<20); err != nil {
		t.Error(err)
	} else {
		release()
	}
	all()
	take(user, mostRoom)()
}

// An answer that does not fit is refused before it begins, and an answer that has ended makes room.
func TestAnswersWithoutRoom(t *testing.T) {
	f := newFixture(t, 10)
	f.addLarge(t, 1, 1<<20)
	full, err := f.handlers.room.take(f.as(), mostRoom)
	if err != nil {
		t.Fatal(err)
	}
	large := "/api/v1/namespaces/ns/pods/pod-10000"
	cases := []struct {
		path, accept string
		fits         bool
	}{
		{"/api/v1/namespaces/ns/pods/pod-00001", jsonAccept, true},
		{large, jsonAccept, false},
		{large, "application/yaml", false},
		{"/api/v1/pods", "application/yaml", false},
		{"/api/v1/pods", jsonAccept + ";pretty=1", false},
		{"/api/v1/pods?limit=10", jsonAccept, true},
		{"/api/v1/pods?limit=10", "application/yaml", true},
	}
	ask := func(path, accept string) error {
		r := f.request(t.Context(), httptest.NewRecorder(), path, accept, "")
		r.User = &resource.UserInfo{}
		return f.handlers.Handle(r)
	}
	for _, c := range cases {
		if err := ask(c.path, c.accept); c.fits != (err == nil) || err != nil && !apierrors.IsTooManyRequests(err) {
			t.Errorf("%s as %s: %v", c.path, c.accept, err)
		}
	}
	full()
	for range 60 { // more together than there is room for
		for _, c := range cases {
			if c.accept == "application/yaml" {
				continue
			}
			if err := ask(c.path, c.accept); err != nil {
				t.Fatalf("%s as %s: %v", c.path, c.accept, err)
			}
		}
	}
}
