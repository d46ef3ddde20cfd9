package docs

// machineryWords are for the values that all groups use, and for a few single fields without words of their own.
var machineryWords = map[string]map[string]string{
	"io.k8s.apimachinery.pkg.api.resource.Quantity": {
		"": "An amount: a decimal number with an optional suffix, such as 500m, 1.5, 2Gi or 3e6. Suffixes are n, u, m, k, M, G, T, P and E " +
			"for powers of 1000, Ki to Ei for powers of 1024, or an exponent. It is sent back in its shortest form without a fraction: " +
			"1.5 as 1500m, 1024Mi as 1Gi.",
	},
	"io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
		"": "A number or a string; what the string may be (a port's name, a percentage) is said by the field.",
	},
	"io.k8s.apimachinery.pkg.runtime.RawExtension": {"": "Any object. Its apiVersion and kind say what it is."},
	"io.k8s.apimachinery.pkg.apis.meta.v1.Time":    {"": "A time in whole seconds, as RFC 3339 writes it: 2026-03-01T12:00:00Z."},
	"io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": {
		"": "A time in microseconds, as RFC 3339 writes it: 2026-03-01T12:00:00.000000Z.",
	},
	"io.k8s.apimachinery.pkg.apis.meta.v1.Patch": {"": "A change of an object, in the form that the request's media type names."},
	"io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": {
		"": "A set of fields as a tree. A key is f:<name> for a field, k:<keys> for a list's item by its keys, v:<value> for one by its " +
			"value, i:<index> for one by its place, and . for the node itself.",
	},
	"io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent": {
		"":       "One change that a watch reports.",
		"type":   "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.",
		"object": "The object after the change, or before it when it was deleted; for BOOKMARK one with a resourceVersion only; for ERROR a Status.",
	},
	"io.k8s.apimachinery.pkg.version.Info": {
		"":                      "Which server this is and what it was built with.",
		"major":                 "The API's major version.",
		"minor":                 "The API's minor version.",
		"emulationMajor":        "The major version that the server behaves as.",
		"emulationMinor":        "The minor version that the server behaves as.",
		"minCompatibilityMajor": "The major version of the oldest server that it can work beside.",
		"minCompatibilityMinor": "The minor version of the oldest server that it can work beside.",
		"gitVersion":            "The full version.",
		"gitCommit":             "The commit it was built from.",
		"gitTreeState":          "Whether that commit was all: clean or dirty.",
		"buildDate":             "When it was built.",
		"goVersion":             "The version of the Go toolchain.",
		"compiler":              "The Go compiler.",
		"platform":              "Operating system and processor.",
	},
	"io.k8s.api.networking.v1.IngressRule": {"http": "The paths of the host and the services behind them."},
	"io.k8s.api.storage.v1.VolumeAttachmentSource": {
		"inlineVolumeSpec": "A volume that no PersistentVolume stands for, as migration from in-tree volumes makes it.",
	},
}
