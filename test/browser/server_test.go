package browser

import (
	"net/http"
	"os"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// server is where the pages are, and a token that may do everything: of a server that runs already, when BASE_URL and TOKEN
// name one, else of one that ends with the test.
func server(t *testing.T) (base, token string) {
	t.Helper()
	base, token = os.Getenv("BASE_URL"), os.Getenv("TOKEN")
	if base == "" {
		s := harness.Start(t, "--enable-swagger-ui")
		base, token = s.URL, harness.AdminToken
	}
	// The page is there before anybody has logged in: that is done on it. Chromium would wait long for what is not there.
	if code := status(t, http.MethodGet, base+"/swagger-ui/", ""); code != http.StatusOK {
		t.Fatalf("/swagger-ui/ without credentials: %d", code)
	}
	return base, token
}
