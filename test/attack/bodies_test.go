package attack

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const pods = "/api/v1/namespaces/default/pods"

// send is Do for a body of any content type, with the heads of the answer, as the administrator.
func (a *Target) send(method, path, contentType, body string) (*http.Response, string) {
	a.Helper()
	return a.sendAs(a.Admin, method, path, contentType, body)
}

func (a *Target) sendAs(client *http.Client, method, path, contentType, body string) (*http.Response, string) {
	a.Helper()
	r, err := http.NewRequestWithContext(a.Context(), method, a.Server.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		a.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	answer, err := client.Do(r)
	if err != nil {
		a.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		a.Fatal(err)
	}
	return answer, string(text)
}

// A patch of 4 KB that copies what it has copied.
func TestCopiesOfCopies(t *testing.T) {
	Attack{
		Fault: "S1", Memory: 150 << 20, CPU: 5 * time.Second,
		Prepare: func(a *Target) { a.Create(configMaps, `{"metadata":{"name":"a"}}`) },
		Run: func(a *Target) {
			var b strings.Builder
			fmt.Fprintf(&b, `[{"op":"add","path":"/z","value":{"s":"%s"}}`, strings.Repeat("x", 3000))
			for i := range 24 {
				fmt.Fprintf(&b, `,{"op":"copy","from":"/z","path":"/z/c%d"}`, i)
			}
			b.WriteString(`,{"op":"remove","path":"/z"}]`)
			for range a.Times(5, 50) {
				if answer, text := a.send("PATCH", configMaps+"/a", "application/json-patch+json", b.String()); answer.StatusCode != http.StatusUnprocessableEntity {
					a.Fatalf("%d %.200s", answer.StatusCode, text)
				}
			}
		},
	}.Test(t)
}

// Elements that go in front of those of a list: the library copies the list for each of them.
func TestInsertsIntoALongList(t *testing.T) {
	Attack{
		Memory: 600 << 20, CPU: 20 * time.Second,
		Prepare: func(a *Target) { a.Create(configMaps, `{"metadata":{"name":"a"}}`) },
		Run: func(a *Target) {
			patch := func(elements int) string {
				return `[{"op":"add","path":"/x","value":[` + strings.TrimSuffix(strings.Repeat("0,", elements), ",") + `]}` +
					strings.Repeat(`,{"op":"add","path":"/x/0","value":0}`, 9000) + `,{"op":"remove","path":"/x"}]`
			}
			// Upstream does not answer the second and third within a minute.
			for _, c := range []struct{ elements, status int }{{10000, http.StatusOK}, {100000, http.StatusRequestEntityTooLarge}, {1000000, http.StatusRequestEntityTooLarge}} {
				body := patch(c.elements)
				for range a.Times(1, 5) {
					if answer, text := a.send("PATCH", configMaps+"/a", "application/json-patch+json", body); answer.StatusCode != c.status {
						a.Fatalf("%d elements: %d %.200s", c.elements, answer.StatusCode, text)
					}
				}
			}
		},
	}.Test(t)
}

// A pod with one variable thousands of times is accepted, and its warnings fit into a head.
func TestManyWarnings(t *testing.T) {
	Attack{
		Fault: "S4", Memory: 200 << 20, CPU: 10 * time.Second,
		Run: func(a *Target) {
			env := strings.TrimSuffix(strings.Repeat(`{"name":"A"},`, 20000), ",")
			for i := range a.Times(2, 10) {
				answer, text := a.send("POST", pods, "application/json", fmt.Sprintf(`{"metadata":{"name":"p%d"},"spec":{"containers":[{"name":"c","image":"i","env":[%s]}]}}`, i, env))
				size := 0
				for _, w := range answer.Header.Values("Warning") {
					size += len(w)
				}
				if answer.StatusCode != http.StatusCreated || size == 0 || size > 16<<10 {
					a.Fatalf("%d, %d bytes of warnings, %.200s", answer.StatusCode, size, text)
				}
			}
		},
	}.Test(t)
}

// Quantities that a library would compute on for ever, by every road.
func TestHugeQuantities(t *testing.T) {
	Attack{
		Fault: "S10", Memory: 60 << 20, CPU: 3 * time.Second,
		Prepare: func(a *Target) {
			a.Create("/api/v1/namespaces/default/resourcequotas", `{"metadata":{"name":"q"},"spec":{"hard":{"pods":"1"}}}`)
		},
		Run: func(a *Target) {
			for _, quantity := range []string{"1e2147483648", "1e10000000", "-1e-2147483648", "1" + strings.Repeat("0", 100000)} {
				pod := `{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"` + quantity + `"}}}]}}`
				if answer, text := a.send("POST", pods, "application/json", pod); answer.StatusCode != http.StatusBadRequest && answer.StatusCode != http.StatusUnprocessableEntity {
					a.Errorf("JSON: %d %.200s", answer.StatusCode, text)
				}
				yaml := "metadata: {name: q2}\nspec: {hard: {cpu: '" + quantity + "'}}\n"
				if answer, text := a.send("POST", "/api/v1/namespaces/default/resourcequotas", "application/yaml", yaml); answer.StatusCode < 400 || answer.StatusCode >= 500 {
					a.Errorf("YAML: %d %.200s", answer.StatusCode, text)
				}
				patch := `{"spec":{"hard":{"pods":"` + quantity + `"}}}`
				for _, kind := range []string{"application/merge-patch+json", "application/strategic-merge-patch+json"} {
					if answer, text := a.send("PATCH", "/api/v1/namespaces/default/resourcequotas/q", kind, patch); answer.StatusCode < 400 || answer.StatusCode >= 500 {
						a.Errorf("%s: %d %.200s", kind, answer.StatusCode, text)
					}
				}
			}
		},
	}.Test(t)
}

// Bodies in which everything is wrong are refused with a bounded answer. Kinds whose empty elements are large in memory reach the
// bound of a decoded body before their fields are validated, in the long form.
func TestManyFaults(t *testing.T) {
	const tooHeavy = "the object would take too much memory"
	Attack{
		Fault: "S11", Memory: 250 << 20, CPU: 15 * time.Second,
		Run: func(a *Target) {
			empty := strings.TrimSuffix(strings.Repeat("{},", a.Times(30000, 100000)), ",")
			for _, c := range []struct{ name, path, body string }{
				{"containers", pods, `{"metadata":{"name":"p"},"spec":{"containers":[` + empty + `]}}`},
				{"volumes", pods, `{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[` + empty + `]}}`},
				{"rules", "/apis/rbac.authorization.k8s.io/v1/clusterroles", `{"metadata":{"name":"r"},"rules":[` + empty + `]}`},
				{"ports", "/api/v1/namespaces/default/services", `{"metadata":{"name":"s"},"spec":{"ports":[` + empty + `]}}`},
			} {
				answer, text := a.send("POST", c.path, "application/json", c.body)
				heavy := long && answer.StatusCode == http.StatusBadRequest && strings.Contains(text, tooHeavy)
				if answer.StatusCode != http.StatusUnprocessableEntity && !heavy || len(text) > 1<<20 {
					a.Errorf("%s: %d, %d bytes, %.200s", c.name, answer.StatusCode, len(text), text)
				}
			}
		},
	}.Test(t)
}

// Bodies and patches of the greatest size that would fill the memory once they were decoded.
func TestHeavyBodies(t *testing.T) {
	Attack{
		Memory: 120 << 20, CPU: 8 * time.Second,
		Prepare: func(a *Target) { a.Create(configMaps, `{"metadata":{"name":"heavy"}}`) },
		Run: func(a *Target) {
			fill := func(before, piece, after string) string {
				const largest = 3<<20 - 100
				return before + strings.TrimSuffix(strings.Repeat(piece, largest/len(piece)), ",") + after
			}
			heavy := fill(`{"metadata":{"name":"p"},"spec":{"containers":[`, "{},", "]}}")
			maps := fill(`{"x":[`, `{"a":1},`, `]}`)
			aliases := "a: &x " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.TrimSuffix(strings.Repeat("*x,", 10000), ",") + "]\n"
			for range a.Times(1, 10) {
				for _, c := range []struct{ method, path, contentType, body string }{
					{"POST", pods, "application/json", heavy},
					{"POST", pods, "application/yaml", heavy},
					{"POST", pods, "application/json", fill(`{"spec":{"containers":[`, "null,", "]}}")},
					{"POST", configMaps, "application/yaml", aliases},
					{"POST", configMaps, "application/yaml", fill("a:\n", "- - -\n", "")},
					{"PATCH", configMaps + "/heavy", "application/merge-patch+json", maps},
					{"PATCH", configMaps + "/heavy", "application/strategic-merge-patch+json", maps},
					{"PATCH", configMaps + "/heavy?fieldManager=m", "application/apply-patch+yaml", maps},
					{"PATCH", configMaps + "/heavy", "application/json-patch+json", fill("[", "{},", "]")},
					{"PATCH", configMaps + "/heavy", "application/json-patch+json", fill(`[{"op":"add","path":"/x","value":[`, "[],", "]}]")},
				} {
					if answer, text := a.send(c.method, c.path, c.contentType, c.body); answer.StatusCode < 400 || answer.StatusCode >= 500 || len(text) > 1<<20 {
						a.Errorf("%s %s %.40s: %d %.200s", c.method, c.contentType, c.body, answer.StatusCode, text)
					}
				}
			}
		},
	}.Test(t)
}
