package h2

import (
	"net/http"

	"golang.org/x/net/http2"
)

const (
	initialWindow = 1<<16 - 1 // both windows before any SETTINGS
	maxWindow     = 1<<31 - 1
	tableSize     = 4096 // the header table, both ways
	// No larger frames are asked for than every client may send: a larger one saves nothing, and its reader's buffer stays
	// with the connection.
	maxFrame = 16 << 10
	// A peer that allows more gets no longer frames: other streams wait while one is sent.
	maxSent = 16 << 10
)

// settings are the client's, as far as they matter to us.
type settings struct {
	window int32
	frame  uint32
}

var defaultSettings = settings{window: initialWindow, frame: maxFrame}

// headerLimit is what a request's fields may have together, by the count of RFC 9113 §6.5.2. Its 32 bytes for each field are
// not in MaxHeaderBytes.
func headerLimit(srv *http.Server) uint32 {
	n := srv.MaxHeaderBytes
	if n <= 0 {
		n = http.DefaultMaxHeaderBytes
	}
	return uint32(min(n+10*32, 1<<30))
}

// connectionWindow is large enough that only the windows of the streams hold a client up.
func connectionWindow(o Options) int64 {
	return min(int64(o.MaxStreams)*int64(o.UploadWindow), maxWindow)
}

// greet adds our settings, which is the first thing the client must get.
func (c *conn) greet() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.framer.WriteSettings(
		http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: uint32(c.server.MaxStreams)},
		http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: c.maxHeader},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(c.server.UploadWindow)},
	)
	if more := c.room - initialWindow; more > 0 {
		_ = c.framer.WriteWindowUpdate(0, uint32(more))
	}
}

// A client has no use for more settings in one frame; each could be given twice.
const maxSettings = 100

func (c *conn) onSettings(f *http2.SettingsFrame) error {
	if f.IsAck() {
		return nil
	}
	if f.NumSettings() > maxSettings {
		return connError(http2.ErrCodeEnhanceYourCalm)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := f.ForeachSetting(c.set); err != nil {
		return err
	}
	c.control++
	_ = c.framer.WriteSettingsAck()
	c.kick()
	return nil
}

func (c *conn) set(s http2.Setting) error {
	if err := s.Valid(); err != nil {
		return err
	}
	switch s.ID {
	case http2.SettingHeaderTableSize:
		c.encoder.SetMaxDynamicTableSize(s.Val)
	case http2.SettingMaxFrameSize:
		c.peer.frame = min(s.Val, maxSent)
	case http2.SettingInitialWindowSize:
		// The windows of all streams change by the difference and may become negative (RFC 9113 §6.9.2).
		more := int64(s.Val) - int64(c.peer.window)
		c.peer.window = int32(s.Val)
		for _, st := range c.streams {
			if st.window += more; st.window > maxWindow {
				return connError(http2.ErrCodeFlowControl)
			}
			c.unpark(st)
		}
	}
	return nil
}
