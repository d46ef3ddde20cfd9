package h2

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"testing"
)

// Each benchmark runs against both servers; cpu-ns is what the server's process used for one operation, and does not
// depend on what else the machine does, as the time does.
func benchmarkBoth(b *testing.B, run func(b *testing.B, p *process)) {
	for _, as := range []string{"ours", "std"} {
		b.Run(as, func(b *testing.B) { run(b, startProcess(b, as)) })
	}
}

// measure runs body between two readings of the server's CPU time. H2_TEST_PROFILE names a file for its profile.
func (p *process) measure(b *testing.B, operations int, body func()) {
	b.Helper()
	done := make(chan struct{})
	if file := os.Getenv("H2_TEST_PROFILE"); file != "" && b.N > 20 {
		go func() {
			defer close(done)
			text, err := p.get(p.client, "/profile?seconds=3")
			if err == nil {
				err = os.WriteFile(file, []byte(text), 0o600)
			}
			if err != nil {
				b.Error(err)
			}
		}()
	} else {
		close(done)
	}
	before, _, _ := p.cost(b, "")
	b.ResetTimer()
	body()
	b.StopTimer()
	after, _, _ := p.cost(b, "")
	b.ReportMetric(float64(after-before)/float64(operations), "cpu-ns/op")
	<-done
}

func BenchmarkSmallAnswer(b *testing.B) {
	benchmarkBoth(b, func(b *testing.B, p *process) {
		clients := []*http.Client{newClient(), newClient(), newClient(), newClient()}
		for _, c := range clients {
			if _, err := p.get(c, "/small"); err != nil {
				b.Fatal(err)
			}
		}
		p.measure(b, b.N, func() {
			var group sync.WaitGroup
			for i := range 16 {
				group.Go(func() {
					for n := i; n < b.N; n += 16 {
						if _, err := p.get(clients[i%len(clients)], "/small"); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
		})
	})
}

func BenchmarkLargeAnswer(b *testing.B) {
	benchmarkBoth(b, func(b *testing.B, p *process) {
		p.measure(b, b.N, func() {
			for range b.N {
				answer, err := p.client.Get("https://" + p.address + "/large")
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, answer.Body)
				if err != nil || n != largeAnswer {
					b.Fatal(n, err)
				}
			}
		})
	})
}

// One event to 1,000 streams on 10 connections; cpu-ns is for one delivery.
func BenchmarkFanOut(b *testing.B) {
	const connections, streams = 10, 100
	benchmarkBoth(b, func(b *testing.B, p *process) {
		_, before, _ := p.cost(b, "?collect=yes")
		arrived := make(chan error, connections*streams)
		for range connections {
			client := newClient()
			for range streams {
				answer, err := client.Get("https://" + p.address + "/follow")
				if err != nil {
					b.Fatal(err)
				}
				go func() {
					defer answer.Body.Close()
					event := make([]byte, eventSize)
					for {
						_, err := io.ReadFull(answer.Body, event)
						arrived <- err
						if err != nil {
							return
						}
					}
				}()
			}
			b.Cleanup(client.CloseIdleConnections)
		}
		_, after, goroutines := p.cost(b, "?collect=yes")
		p.measure(b, b.N*connections*streams, func() {
			for range b.N {
				if _, err := p.get(p.client, "/send"); err != nil {
					b.Fatal(err)
				}
				for range connections * streams {
					if err := <-arrived; err != nil {
						b.Fatal(fmt.Errorf("follower: %w", err))
					}
				}
			}
		})
		b.ReportMetric(float64(after-before)/connections/streams, "idle-B/stream")
		b.ReportMetric(float64(goroutines), "goroutines")
	})
}
