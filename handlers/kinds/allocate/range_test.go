package allocate

import "testing"

func TestRangeAllocation(t *testing.T) {
	r := &rangeAllocation{text: "30000-32767", data: []byte{5}, meta: []byte{10, 1, 'a'}}
	got, err := decodeRange(r.encode())
	if err != nil || got.text != r.text || string(got.data) != string(r.data) || string(got.meta) != string(r.meta) {
		t.Errorf("%+v %v", got, err)
	}
	got.rebase("30002-30009", 30002, 8)
	if string(got.data) != "\x01" || got.text != "30002-30009" {
		t.Errorf("rebased: %+v", got)
	}
	for _, bad := range []string{"", "k8s", "k8s\x00\x0a\xff", `{"kind":"RangeAllocation"}`} {
		if _, err := decodeRange([]byte(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}
