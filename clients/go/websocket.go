package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	pingEvery = 20 * time.Second
	// silence is how long a peer may answer no ping before it is taken for gone.
	silence = 60 * time.Second
)

// channels is a WebSocket whose messages begin with the number of their channel.
type channels struct {
	conn *websocket.Conn
	// write is held while a message is written.
	write sync.Mutex
	// done ends the pings.
	done chan struct{}
	once sync.Once
}

// connect opens a WebSocket, with new credentials when the server refuses the old ones. It ends with the context.
func (c *Client) connect(ctx context.Context, path string, query url.Values, protocols ...string) (*channels, error) {
	for renewed := false; ; renewed = true {
		conn, err := c.dial(ctx, path, query, protocols)
		if isUnauthorized(err) && !renewed && c.credentials.renew() {
			continue
		}
		if err != nil {
			return nil, err
		}
		out := &channels{conn: conn, done: make(chan struct{})}
		out.keepAlive()
		context.AfterFunc(ctx, out.close)
		return out, nil
	}
}

func (c *Client) dial(ctx context.Context, path string, query url.Values, protocols []string) (*websocket.Conn, error) {
	r := request{method: http.MethodGet, path: path, query: query}
	headers := &http.Request{Header: http.Header{}}
	if err := c.headers(headers); err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{
		Proxy: c.proxy, TLSClientConfig: c.tls, Subprotocols: protocols, HandshakeTimeout: 45 * time.Second,
		NetDialContext: (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
	}
	conn, resp, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(c.url(r), "http"), headers.Header)
	if errors.Is(err, websocket.ErrBadHandshake) && resp != nil && resp.StatusCode >= 400 {
		return nil, errorOf(r, resp)
	}
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	if conn.Subprotocol() == "" {
		conn.Close()
		return nil, fmt.Errorf("GET %s: the server speaks none of %v", path, protocols)
	}
	return conn, nil
}

// keepAlive pings the peer, and lets reads fail when it is gone.
func (c *channels) keepAlive() {
	extend := func(string) error { return c.conn.SetReadDeadline(time.Now().Add(silence)) }
	_ = extend("")
	c.conn.SetPongHandler(extend)
	go func() {
		t := time.NewTicker(pingEvery)
		defer t.Stop()
		for {
			select {
			case <-c.done:
				return
			case <-t.C:
				if c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(pingEvery)) != nil {
					return
				}
			}
		}
	}()
}

func (c *channels) close() {
	c.once.Do(func() {
		close(c.done)
		_ = c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
		c.conn.Close()
	})
}

// send writes a message to a channel.
func (c *channels) send(channel byte, data []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	w, err := c.conn.NextWriter(websocket.BinaryMessage)
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte{channel}); err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

// next is the next message that has something in it; io.EOF when the peer has closed the connection in order.
func (c *channels) next() (channel byte, data []byte, err error) {
	for {
		_, message, err := c.conn.ReadMessage()
		if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseNoStatusReceived) {
			return 0, nil, io.EOF
		}
		if err != nil {
			return 0, nil, err
		}
		if err := c.conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return 0, nil, err
		}
		if len(message) > 0 {
			return message[0], message[1:], nil
		}
	}
}
