package clients

import "testing"

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name, of string
		to       func(string) string
		want     string
	}{
		{"snake", "hostIP", snake, "host_ip"},
		{"snake", "clusterIPs", snake, "cluster_ips"},
		{"snake", "nonResourceURLs", snake, "non_resource_urls"},
		{"snake", "HTTPGetAction", snake, "http_get_action"},
		{"snake", "CSIDrivers", snake, "csi_drivers"},
		{"snake", "$ref", snake, "ref"},
		{"snake", "x-kubernetes-map-type", snake, "x_kubernetes_map_type"},
		{"python", "continue", pythonName, "continue_"},
		{"python", "not", pythonName, "not_"},
		{"python", "exec", pythonName, "exec"},
		{"camel", "core/v1", camel, "coreV1"},
		{"camel", "CSIDrivers", camel, "csiDrivers"},
		{"camel", "APIServices", camel, "apiServices"},
		{"camel", "Pods", camel, "pods"},
		{"field", "hostIP", field, "hostIP"},
		{"field", "$schema", field, "schema"},
		{"field", "x-kubernetes-int-or-string", field, "xKubernetesIntOrString"},
		{"java", "default", javaWord, "default_"},
		{"java", "continue", javaWord, "continue_"},
		{"pascal", "core/v1", pascal, "CoreV1"},
		{"ts", "x-kubernetes-map-type", tsProperty, `"x-kubernetes-map-type"`},
		{"ts", "$ref", tsProperty, "$ref"},
	} {
		if got := c.to(c.of); got != c.want {
			t.Errorf("%s of %s is %s, want %s", c.name, c.of, got, c.want)
		}
	}
	for _, c := range []struct{ kind, resource, want string }{
		{"ConfigMap", "configmaps", "ConfigMaps"},
		{"NetworkPolicy", "networkpolicies", "NetworkPolicies"},
		{"Ingress", "ingresses", "Ingresses"},
		{"Endpoints", "endpoints", "Endpoints"},
		{"IPAddress", "ipaddresses", "IPAddresses"},
		{"Mouse", "mice", "Mice"},
		{"Person", "group", "Group"},
	} {
		if got := plural(c.kind, c.resource); got != c.want {
			t.Errorf("the plural of %s is %s, want %s", c.kind, got, c.want)
		}
	}
	if got := javaGetter(Field{Name: "class"}); got != "getClass_" {
		t.Errorf("the getter of class is %s", got)
	}
}

// TestWordsStayWords: no description ends the comment or the string that it stands in.
func TestWordsStayWords(t *testing.T) {
	for _, c := range []struct {
		name string
		to   func(string, string) string
		of   string
		want string
	}{
		{"python quote", docstring, `is "Healthy"`, "\"\"\"is \"Healthy\\\"\"\"\"\n"},
		{"python three quotes", docstring, `a """ b`, "\"\"\"a ''' b\"\"\"\n"},
		{"python backslash", docstring, `a \u0041`, "\"\"\"a \\\\u0041\"\"\"\n"},
		{"python none", docstring, "", ""},
		{"java end", javadoc, `a */ b`, "/** a *&#47; b */\n"},
		{"java escape", javadoc, `a \u002a/`, "/** a &#92;u002a/ */\n"},
		{"java tag", javadoc, `<b> & @see`, "/** &lt;b&gt; &amp; &#64;see */\n"},
		{"ts end", jsdoc, `a */ b`, "/** a *\\/ b */\n"},
	} {
		if got := c.to("", c.of); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
