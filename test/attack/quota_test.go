package attack

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// Two hundred writers on two servers with one etcd make and delete objects under a quota, while both servers count what there is:
// not one object is ever over the limit.
func TestQuotaOnTwoServers(t *testing.T) {
	socket := "unix:" + filepath.Join(t.TempDir(), "s")
	if len(socket) > 100 {
		t.Skipf("the path of a socket must be shorter than %s", socket)
	}
	first := harness.Start(t, "--etcd-listen-client="+socket, "--controllers=resourcequota")
	servers := []*harness.Server{first, harness.Start(t, "--etcd-servers="+socket, "--controllers=resourcequota", "--service-account-key-file="+filepath.Join(first.DataDir, "pki", "sa.pub"), "--service-account-signing-key-file="+filepath.Join(first.DataDir, "pki", "sa.key"))}
	clients := make([]*http.Client, len(servers))
	for i, s := range servers {
		clients[i] = s.Client(harness.AdminToken)
	}
	do := func(i int, method, path, body string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, servers[i].URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		answer, err := clients[i].Do(r)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(text)
	}
	const most, writers, quotas = 40, 200, "/api/v1/namespaces/default/resourcequotas"
	if code, text := do(0, "POST", quotas, fmt.Sprintf(`{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"q"},"spec":{"hard":{"count/secrets":"%d"}}}`, most)); code != http.StatusCreated {
		t.Fatal(code, text)
	}
	for i := range servers {
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			if _, text := do(i, "GET", quotas+"/q", ""); strings.Contains(text, `"used":{"count/secrets":"0"}`) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("nobody counts what the quota is used")
			}
		}
	}
	const secrets = "/api/v1/namespaces/default/secrets"
	var there, made, refused atomic.Int64
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for j := range 3 {
				name := fmt.Sprintf("s%d-%d", i, j)
				switch code, text := do(i%2, "POST", secrets, fmt.Sprintf(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":%q}}`, name)); {
				case code == http.StatusCreated:
					made.Add(1)
					if n := there.Add(1); n > most {
						t.Errorf("%d objects under a quota of %d", n, most)
					}
				case code == http.StatusForbidden && strings.Contains(text, "exceeded quota: q, requested: count/secrets=1"):
					refused.Add(1)
					continue
				default:
					t.Error(code, text)
					continue
				}
				if (i+j)%3 > 0 {
					there.Add(-1) // before it is gone, so that never fewer are counted than there are
					if code, text := do((i+1)%2, "DELETE", secrets+"/"+name, ""); code != http.StatusOK {
						t.Error(code, text)
					}
				}
			}
		})
	}
	all.Wait()
	_, text := do(1, "GET", secrets, "")
	var list struct{ Items []struct{} }
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	if n := len(list.Items); n > most || made.Load() < most || refused.Load() == 0 {
		t.Errorf("%d objects of %d that were made under a quota of %d, %d refused", n, made.Load(), most, refused.Load())
	}
}
