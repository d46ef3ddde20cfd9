package h2

import "testing"

// An idle stream that outlives its handler holds next to nothing, and no goroutine.
func TestIdleStreams(t *testing.T) {
	const connections, streams = 5, 200
	p := startProcess(t, "ours")
	_, before, running := p.cost(t, "?collect=yes")
	for range connections {
		client := newClient()
		for range streams {
			answer, err := client.Get("https://" + p.address + "/follow")
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
		}
	}
	_, after, still := p.cost(t, "?collect=yes")
	if each := (after - before) / (connections * streams); each > 4<<10 {
		t.Errorf("an idle stream holds %d bytes", each)
	}
	if more := still - running; more > connections*streams/10 {
		t.Errorf("%d goroutines more for %d streams", more, connections*streams)
	}
}
