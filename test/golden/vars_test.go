package golden

import "testing"

func TestExpand(t *testing.T) {
	vars := map[string]string{"NS": "ns", "rv": "7"}
	tests := []struct {
		text, want   string
		body, failed bool
	}{
		{text: "/n/$NS/c?v=$rv", want: "/n/ns/c?v=7"},
		{text: "${NS}x-$NS-y", want: "nsx-ns-y"},
		{text: "${ab*3}", want: "ababab"},
		{text: "${]*2}", want: "]]"},
		{text: `{"$patch":"${NS}"}`, want: `{"$patch":"ns"}`, body: true},
		{text: "$nope", failed: true},
		{text: "${nope}", failed: true, body: true},
	}
	for _, test := range tests {
		got, err := expand(test.text, vars, test.body)
		if (err != nil) != test.failed || !test.failed && got != test.want {
			t.Errorf("%s: got %q, %v", test.text, got, err)
		}
	}
}
