package core

import (
	"slices"
	"strings"
	"testing"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

func TestSecretData(t *testing.T) {
	s := hooks(t, "v1", "secrets", "")
	o := kindtest.Parse[corev1.Secret](t, `{metadata: {name: a}, stringData: {a: new, b: c}, data: {a: b2xk}}`)
	s.Default(o)
	if string(o.Data["a"]) != "new" || string(o.Data["b"]) != "c" || o.StringData != nil {
		t.Errorf("%+v", o)
	}
	o = kindtest.Parse[corev1.Secret](t, `{metadata: {name: a}}`)
	if err := s.PrepareForUpdate(t.Context(), kindtest.Attempt(), o, &corev1.Secret{Type: "x"}); err != nil || o.Type != "x" {
		t.Errorf("type %q, %v", o.Type, err)
	}
}

func TestSecretRules(t *testing.T) {
	s := hooks(t, "v1", "secrets", "")
	for _, c := range []struct {
		now, old string
		want     []string
	}{
		{`{type: Opaque, data: {a: Yg==}}`, "", nil},
		{`{type: Opaque, data: {"a b": Yg==}}`, "", []string{`data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`}},
		{`{type: kubernetes.io/tls, data: {}}`, "", []string{"data[tls.crt]: Required value", "data[tls.key]: Required value"}},
		{`{type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: eA==}}`, "", []string{`data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'x' looking for beginning of value`}},
		{`{type: kubernetes.io/dockercfg}`, "", []string{"data[.dockercfg]: Required value"}},
		{`{type: kubernetes.io/basic-auth}`, "", []string{"data[username]: Required value", "data[password]: Required value"}},
		{`{type: kubernetes.io/ssh-auth}`, "", []string{"data[ssh-privatekey]: Required value"}},
		{`{type: kubernetes.io/service-account-token}`, "", []string{"metadata.annotations[kubernetes.io/service-account.name]: Required value"}},
		{`{type: a}`, `{type: b}`, []string{`type: Invalid value: "a": field is immutable`}},
		{`{data: {a: Yg==}}`, `{immutable: true}`, []string{"immutable: Forbidden: field is immutable when `immutable` is set", "data: Forbidden: field is immutable when `immutable` is set"}},
		{`{immutable: true, metadata: {labels: {a: b}}}`, `{immutable: true}`, nil},
	} {
		var old *corev1.Secret
		if c.old != "" {
			old = kindtest.Parse[corev1.Secret](t, c.old)
		}
		got := kindtest.VerdictOf(s, kindtest.Parse[corev1.Secret](t, c.now), old)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.now, got)
		}
	}
	big := &corev1.Secret{Data: map[string][]byte{"a": make([]byte, maxData+1)}}
	if got := kindtest.Verdict(s, big, nil); !slices.Equal(got, []string{"data: Too long: may not be more than 1048576 bytes"}) {
		t.Errorf("%q", got)
	}
}

func TestConfigMapRules(t *testing.T) {
	s := hooks(t, "v1", "configmaps", "")
	for _, c := range []struct {
		now, old string
		want     []string
	}{
		{`{data: {a: b}, binaryData: {b: Yg==}}`, "", nil},
		{`{data: {a: b}, binaryData: {a: Yg==}}`, "", []string{`data[a]: Invalid value: "a": duplicate of key present in binaryData`}},
		{`{immutable: true, data: {a: c}}`, `{immutable: true, data: {a: b}}`, []string{"data: Forbidden: field is immutable when `immutable` is set"}},
		{`{immutable: false, binaryData: {a: Yg==}}`, `{immutable: true}`, []string{"immutable: Forbidden: field is immutable when `immutable` is set", "binaryData: Forbidden: field is immutable when `immutable` is set"}},
	} {
		var old *corev1.ConfigMap
		if c.old != "" {
			old = kindtest.Parse[corev1.ConfigMap](t, c.old)
		}
		if got := kindtest.VerdictOf(s, kindtest.Parse[corev1.ConfigMap](t, c.now), old); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.now, got)
		}
	}
	big := &corev1.ConfigMap{Data: map[string]string{"a": strings.Repeat("x", maxData+1)}}
	if got := kindtest.Verdict(s, big, nil); !slices.Equal(got, []string{"[]: Too long: may not be more than 1048576 bytes"}) {
		t.Errorf("%q", got)
	}
}
