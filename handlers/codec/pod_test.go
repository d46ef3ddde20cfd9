package codec

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// podJSON is a pod as a controller makes it and a kubelet completes it.
const podJSON = `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"checkout-7c5ddbdf54-x8m2q","generateName":"checkout-7c5ddbdf54-","namespace":"shop","uid":"6a3f2c1e-9a41-4f0e-8d57-0c7d1f6f3b21","generation":2,"creationTimestamp":"2026-03-01T10:00:00Z","labels":{"app":"checkout","pod-template-hash":"7c5ddbdf54","team":"payments","tier":"backend","version":"v42"},"annotations":{"kubectl.kubernetes.io/restartedAt":"2026-03-01T09:59:58Z","prometheus.io/port":"9102","prometheus.io/scrape":"true"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"checkout-7c5ddbdf54","uid":"0f6f3f8e-5f51-47b5-9c57-2c42b7a0a6f0","controller":true,"blockOwnerDeletion":true}],"managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-03-01T10:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:prometheus.io/port":{},"f:prometheus.io/scrape":{}},"f:generateName":{},"f:labels":{".":{},"f:app":{},"f:pod-template-hash":{},"f:team":{},"f:tier":{}},"f:ownerReferences":{".":{},"k:{\"uid\":\"0f6f3f8e-5f51-47b5-9c57-2c42b7a0a6f0\"}":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"checkout\"}":{".":{},"f:env":{".":{},"k:{\"name\":\"DATABASE_URL\"}":{".":{},"f:name":{},"f:valueFrom":{".":{},"f:secretKeyRef":{}}}},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:name":{},"f:protocol":{}}},"f:resources":{".":{},"f:limits":{".":{},"f:memory":{}},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}}}},"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{}}}}]},"spec":{"volumes":[{"name":"config","configMap":{"name":"checkout","defaultMode":420}},{"name":"kube-api-access-8xk2p","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}}],"containers":[{"name":"checkout","image":"registry.example.com/shop/checkout:v42","args":["--listen=:8080","--verbosity=2"],"ports":[{"name":"http","containerPort":8080,"protocol":"TCP"},{"name":"metrics","containerPort":9102,"protocol":"TCP"}],"env":[{"name":"DATABASE_URL","valueFrom":{"secretKeyRef":{"name":"checkout-db","key":"url"}}},{"name":"GOMAXPROCS","value":"2"}],"resources":{"limits":{"memory":"512Mi"},"requests":{"cpu":"250m","memory":"256Mi"}},"volumeMounts":[{"name":"config","readOnly":true,"mountPath":"/etc/checkout"},{"name":"kube-api-access-8xk2p","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"livenessProbe":{"httpGet":{"path":"/healthz","port":"http","scheme":"HTTP"},"initialDelaySeconds":5,"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent","securityContext":{"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"readOnlyRootFilesystem":true,"allowPrivilegeEscalation":false}}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"checkout","serviceAccount":"checkout","nodeName":"node-0417","securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},"status":{"phase":"Running","conditions":[{"type":"Initialized","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-03-01T10:00:00Z"},{"type":"Ready","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-03-01T10:00:07Z"},{"type":"ContainersReady","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-03-01T10:00:07Z"},{"type":"PodScheduled","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-03-01T10:00:00Z"}],"hostIP":"10.0.4.17","hostIPs":[{"ip":"10.0.4.17"}],"podIP":"10.244.17.23","podIPs":[{"ip":"10.244.17.23"}],"startTime":"2026-03-01T10:00:00Z","containerStatuses":[{"name":"checkout","state":{"running":{"startedAt":"2026-03-01T10:00:03Z"}},"lastState":{},"ready":true,"restartCount":0,"image":"registry.example.com/shop/checkout:v42","imageID":"registry.example.com/shop/checkout@sha256:9b2c3f5d8e1a4b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c","containerID":"containerd://3f1e2d4c5b6a79880123456789abcdef0123456789abcdef0123456789abcdef","started":true}],"qosClass":"Burstable"}}`

var podKind = schema.GroupVersionKind{Version: "v1", Kind: "Pod"}

func podCodec(t testing.TB) *Builtin {
	c, err := NewBuiltin(podKind, podKind, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func pod(t testing.TB) *corev1.Pod {
	p := &corev1.Pod{}
	if err := unmarshal([]byte(podJSON), p); err != nil {
		t.Fatal(err)
	}
	return p
}

func storedPod(t testing.TB) []byte {
	b, err := podCodec(t).Encode(pod(t))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkPod(b *testing.B) {
	c, stored, p := podCodec(b), storedPod(b), pod(b)
	b.Logf("%d bytes of JSON, %d stored", len(podJSON), len(stored))
	b.Run("AppendJSON", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf, _ = c.AppendJSON(buf[:0], stored, 123456, false)
		}
	})
	b.Run("AppendProtobuf", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf, _ = c.AppendProtobuf(buf[:0], stored, 123456, false)
		}
	})
	b.Run("Encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Encode(p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Decode(stored, 123456); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, validation := range []string{"Ignore", "Strict"} {
		b.Run("Body"+validation, func(b *testing.B) {
			b.ReportAllocs()
			body := Body{Data: []byte(podJSON), Kind: podKind, Validation: validation}
			for b.Loop() {
				if _, err := body.Decode(&corev1.Pod{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
