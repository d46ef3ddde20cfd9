package kube_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	kube "github.com/gatehouse-dev/gatehouse/clients/go"
	corev1 "github.com/gatehouse-dev/gatehouse/clients/go/types/core/v1"
)

// podJSON is a pod as a cluster has it.
const podJSON = `{"metadata":{"name":"web-%d","namespace":"bench","uid":"5f0c2c5e-6f0e-4a56-9a1c-1b2c3d4e5f60","resourceVersion":"12345","creationTimestamp":"2026-03-01T12:00:00Z","labels":{"app":"web","tier":"front"}},"spec":{"volumes":[{"name":"config","configMap":{"name":"config","defaultMode":420}},{"name":"scratch","emptyDir":{}}],"containers":[{"name":"web","image":"registry.example.com/shop/web:1.2.3","args":["--listen=:8080"],"ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"env":[{"name":"POD","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},{"name":"REGION","value":"north"}],"resources":{"requests":{"cpu":"250m","memory":"128Mi"},"limits":{"memory":"256Mi"}},"volumeMounts":[{"name":"config","mountPath":"/etc/web"}],"livenessProbe":{"httpGet":{"path":"/live","port":8080,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":20,"successThreshold":1,"failureThreshold":3},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"},"status":{"phase":"Pending","qosClass":"Burstable"}}`

// BenchmarkDecode reads a list of 500 pods: as the client does, and as encoding/json does.
func BenchmarkDecode(b *testing.B) {
	items := make([]string, 500)
	for i := range items {
		items[i] = fmt.Sprintf(podJSON, i)
	}
	list := []byte(`{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[` + strings.Join(items, ",") + `]}`)
	for name, read := range map[string]func([]byte, any) error{"client": kube.Decode, "encoding-json": json.Unmarshal} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(list)))
			b.ReportAllocs()
			for b.Loop() {
				var l corev1.PodList
				if err := read(list, &l); err != nil || len(l.Items) != 500 {
					b.Fatal(err)
				}
			}
		})
	}
}
