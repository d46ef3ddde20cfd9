package main

import "testing"

func TestEmbedMeta(t *testing.T) {
	in := "package v1\n\nimport (\n\tmetav1 \"x/meta/v1\"\n)\n\ntype T struct {\nKind string `json:\"kind,omitempty\"`\nAPIVersion string `json:\"apiVersion,omitempty\"`\nObjectMeta metav1.ObjectMeta `json:\"metadata,omitempty\"`\nSpec int `json:\"spec\"`\n}\n"
	want := "package v1\n\nimport (\n\tmetav1 \"x/meta/v1\"\n)\n\ntype T struct {\nmetav1.TypeMeta `json:\",inline\" validate:\"-\"`\nmetav1.ObjectMeta `json:\"metadata,omitempty\" validate:\"-\"`\nSpec int `json:\"spec\"`\n}\n"
	if got := embedMeta(in); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDropImports(t *testing.T) {
	in := "package v1\n\nimport (\n\t\"encoding/json\"\n\tmetav1 \"x/meta/v1\"\n\tother \"x/other\"\n)\n\nvar a json.RawMessage\nvar b metav1.Time\n"
	want := "package v1\n\nimport (\n\t\"encoding/json\"\n\tmetav1 \"x/meta/v1\"\n)\n\nvar a json.RawMessage\nvar b metav1.Time\n"
	if got := dropImports(in); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRenameImports(t *testing.T) {
	in := "import (\n\texternalRef0 \"" + modulePath + "/gen/types/core/v1\"\n)\nvar a externalRef0.Pod\n"
	want := "import (\n\tcorev1 \"" + modulePath + "/gen/types/core/v1\"\n)\nvar a corev1.Pod\n"
	if got := renameImports(in); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
