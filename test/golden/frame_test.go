package golden

import (
	"bufio"
	"strings"
	"testing"
)

func TestReadMessage(t *testing.T) {
	long := strings.Repeat("x", 300)
	huge := strings.Repeat("y", 1<<16)
	in := bufio.NewReader(strings.NewReader("\x81\x02hi" + "\x89\x01p" + "\x02\x02ab" + "\x8a\x00" + "\x80\x01c" +
		"\x81\x7e\x01\x2c" + long + "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + huge + "\x88\x05\x03\xe8bye"))
	for _, want := range []struct {
		text string
		kind byte
	}{{"hi", textFrame}, {"abc", binaryFrame}, {long, textFrame}, {huge, binaryFrame}} {
		if got, kind, err := readMessage(in); string(got) != want.text || kind != want.kind || err != nil {
			t.Fatalf("%.20q, %d, %v, want %.20q, %d", got, kind, err, want.text, want.kind)
		}
	}
	got, kind, err := readMessage(in)
	if kind != closeFrame || err != nil || farewell(got) != "<closed: 1000 bye>" {
		t.Fatalf("%q, %d, %v", got, kind, err)
	}
	for _, broken := range []string{"", "\x81", "\xc1\x00", "\x81\x82mask", "\x83\x00", "\x80\x00", "\x01\x00\x81\x00", "\x81\x05abc", "\x81\x7e\x01", "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"} {
		if got, _, err := readMessage(bufio.NewReader(strings.NewReader(broken))); err == nil {
			t.Errorf("%q is taken for %q", broken, got)
		}
	}
	if got := farewell(nil); got != "<closed>" {
		t.Error(got)
	}
}
