package golden

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The kinds of WebSocket frames that a server may send (RFC 6455, section 5.2).
const (
	continuationFrame = 0
	textFrame         = 1
	binaryFrame       = 2
	closeFrame        = 8
	pingFrame         = 9
	pongFrame         = 10
)

// readFrame reads one frame of a server, which masks nothing.
func readFrame(in *bufio.Reader) (final bool, kind byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return false, 0, nil, err
	}
	if head[0]&0x70 != 0 || head[1]&0x80 != 0 {
		return false, 0, nil, errors.New("a frame with reserved bits or a mask")
	}
	length := uint64(head[1])
	switch length {
	case 126:
		var long [2]byte
		_, err = io.ReadFull(in, long[:])
		length = uint64(binary.BigEndian.Uint16(long[:]))
	case 127:
		var long [8]byte
		_, err = io.ReadFull(in, long[:])
		length = binary.BigEndian.Uint64(long[:])
	}
	if err != nil {
		return false, 0, nil, err
	}
	if length > 1<<26 {
		return false, 0, nil, fmt.Errorf("a frame of %d bytes", length)
	}
	payload = make([]byte, length)
	_, err = io.ReadFull(in, payload)
	return head[0]&0x80 != 0, head[0] & 0x0f, payload, err
}

// readMessage reads the frames of one message, passing over pings. Its kind is textFrame, binaryFrame, or closeFrame when
// the server said goodbye; the message then is what it said: a code and perhaps a reason.
func readMessage(in *bufio.Reader) (message []byte, kind byte, err error) {
	for {
		final, next, payload, err := readFrame(in)
		if err != nil {
			return nil, 0, err
		}
		switch {
		case next == pingFrame || next == pongFrame:
			continue
		case next == closeFrame:
			return payload, closeFrame, nil
		case (next == textFrame || next == binaryFrame) && kind == 0:
			kind = next
		case next != continuationFrame || kind == 0:
			return nil, 0, fmt.Errorf("a frame of kind %d where it does not belong", next)
		}
		if message = append(message, payload...); final {
			return message, kind, nil
		}
	}
}

// farewell is what a close frame says.
func farewell(payload []byte) string {
	if len(payload) < 2 {
		return "<closed>"
	}
	text := fmt.Sprintf("<closed: %d", binary.BigEndian.Uint16(payload))
	if reason := string(payload[2:]); reason != "" {
		text += " " + reason
	}
	return text + ">"
}
