package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A pod with very many references is noted by what follows the store without comparing each with each, also at the next start.
func TestManyReferences(t *testing.T) {
	Attack{
		Fault: "S5", Memory: 250 << 20, CPU: 10 * time.Second,
		Run: func(a *Target) {
			n := a.Times(30000, 80000)
			var env strings.Builder
			for i := range n {
				fmt.Fprintf(&env, `{"configMapRef":{"name":"c%d"}},`, i)
			}
			pod := `{"metadata":{"name":"p"},"spec":{"nodeName":"n1","containers":[{"name":"c","image":"i","envFrom":[` + strings.TrimSuffix(env.String(), ",") + `]}]}}`
			if answer, text := a.send("POST", pods, "application/json", pod); answer.StatusCode != http.StatusCreated {
				a.Fatalf("%d %.200s", answer.StatusCode, text)
			}
			// Each change of its status is looked at again.
			for i := range a.Times(5, 20) {
				if answer, text := a.send("PATCH", pods+"/p/status", "application/merge-patch+json", fmt.Sprintf(`{"status":{"message":"%d"}}`, i)); answer.StatusCode != http.StatusOK {
					a.Fatalf("%d %.200s", answer.StatusCode, text)
				}
			}
		},
	}.Test(t)
}
