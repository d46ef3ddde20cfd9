package dev.gatehouse.client;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** The other side of a WebSocket, as a kubelet is: it speaks the protocols of exec, attach and port-forward. */
final class WebSocketPeer {
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private final Peer.Exchange x;
    /** The protocol that was agreed on; empty for none. */
    final String protocol;
    private boolean closed;

    /** Answers the handshake, with the first of its protocols that the client knows. */
    WebSocketPeer(Peer.Exchange x, String... protocols) throws IOException {
        this.x = x;
        List<String> offered = Arrays.asList(x.header("sec-websocket-protocol", "").split(", *"));
        protocol = Arrays.stream(protocols).filter(offered::contains).findFirst().orElse("");
        String accept;
        try {
            byte[] key = (x.header("sec-websocket-key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII);
            accept = Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(key));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
        String head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n"
            + (protocol.isEmpty() ? "" : "Sec-WebSocket-Protocol: " + protocol + "\r\n") + "\r\n";
        x.out.write(head.getBytes(StandardCharsets.US_ASCII));
        x.out.flush();
    }

    void say(int channel, String text) throws IOException {
        byte[] raw = text.getBytes(StandardCharsets.ISO_8859_1);
        byte[] message = new byte[1 + raw.length];
        message[0] = (byte) channel;
        System.arraycopy(raw, 0, message, 1, raw.length);
        frame(0x80 | BINARY, message);
    }

    /** Says something in two fragments, with a ping between them. */
    void sayInParts(int channel, String first, String rest) throws IOException {
        byte[] one = ((char) channel + first).getBytes(StandardCharsets.ISO_8859_1);
        frame(BINARY, one);
        frame(0x80 | PING, new byte[0]);
        frame(0x80, rest.getBytes(StandardCharsets.ISO_8859_1));
    }

    void close(int code) throws IOException {
        closed = true;
        frame(0x80 | CLOSE, new byte[] {(byte) (code >> 8), (byte) code});
    }

    /** Ends in order, unless it has ended. */
    void end() {
        try {
            if (!closed) close(1000);
        } catch (IOException e) {
            // the client has gone already
        }
    }

    /** Lets the connection break. */
    void breakOff() { closed = true; }

    private void frame(int head, byte[] data) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(head);
        if (data.length < 126) {
            out.write(data.length);
        } else if (data.length < 1 << 16) {
            out.writeBytes(new byte[] {126, (byte) (data.length >> 8), (byte) data.length});
        } else {
            out.writeBytes(new byte[] {127, 0, 0, 0, 0, (byte) (data.length >> 24), (byte) (data.length >> 16), (byte) (data.length >> 8), (byte) data.length});
        }
        out.writeBytes(data);
        x.out.write(out.toByteArray());
        x.out.flush();
    }

    /** The next message, its channel in front; null at the end. Other frames are passed over. */
    String hear() throws IOException {
        StringBuilder message = new StringBuilder();
        try {
            while (true) {
                int head = read();
                int length = read() & 0x7f;
                if (length >= 126) {
                    int bytes = length == 126 ? 2 : 8;
                    length = 0;
                    for (int i = 0; i < bytes; i++) length = length << 8 | read();
                }
                byte[] mask = x.in.readNBytes(4);
                byte[] data = x.in.readNBytes(length);
                for (int i = 0; i < data.length; i++) data[i] ^= mask[i % 4];
                int kind = head & 0x0f;
                if (kind == CLOSE) {
                    closed = true;
                    return null;
                }
                if (kind > CLOSE) continue;
                message.append(new String(data, StandardCharsets.ISO_8859_1));
                if ((head & 0x80) != 0) return message.toString();
            }
        } catch (EOFException e) {
            closed = true;
            return null;
        }
    }

    private int read() throws IOException {
        int b = x.in.read();
        if (b < 0) throw new EOFException();
        return b;
    }
}
