package dev.gatehouse.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.UncheckedIOException;
import java.security.KeyPair;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A client certificate works with every form of key that kubeconfigs have. */
final class KeysTest {
    private static final Authority AUTHORITY = new Authority();

    private record Case(String name, KeyPair pair, Function<KeyPair, String> form) {
        @Override
        public String toString() { return name; }
    }

    static List<Case> cases() {
        KeyPair p256 = Authority.curve("secp256r1");
        KeyPair p384 = Authority.curve("secp384r1");
        KeyPair p521 = Authority.curve("secp521r1");
        KeyPair rsa = Authority.rsa();
        return List.of(new Case("p256-sec1", p256, Authority::sec1), new Case("p256-pkcs8", p256, Authority::pkcs8),
            new Case("p384-sec1", p384, Authority::sec1), new Case("p384-pkcs8", p384, Authority::pkcs8), new Case("p521-sec1", p521, Authority::sec1),
            new Case("p521-pkcs8", p521, Authority::pkcs8), new Case("rsa-pkcs1", rsa, Authority::pkcs1), new Case("rsa-pkcs8", rsa, Authority::pkcs8),
            new Case("ed25519", Authority.ed25519(), Authority::pkcs8));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void key(Case c) throws Exception {
        byte[] cert = AUTHORITY.user(c.name, c.pair.getPublic()).getBytes(UTF_8);
        try (Peer peer = new Peer(AUTHORITY.server(), WhoAmI::answer);
                Client client = new Client(new Config().host(peer.url()).ca(AUTHORITY.pem().getBytes(UTF_8)).certificate(cert, c.form.apply(c.pair).getBytes(UTF_8)))) {
            assertEquals(c.name, WhoAmI.ask(client).get("name"));
        }
    }

    /** The authority, the address and tls-server-name are checked, unless nothing is. */
    @Test
    void servers() throws Exception {
        byte[] ca = AUTHORITY.pem().getBytes(UTF_8);
        byte[] other = new Authority().pem().getBytes(UTF_8);
        try (Peer peer = new Peer(AUTHORITY.server(), WhoAmI::answer)) {
            String named = peer.url();
            assertEquals("", WhoAmI.ask(new Client(new Config().host(named).ca(ca))).get("name"));
            for (String name : List.of("server.example.com", "127.0.0.1")) WhoAmI.ask(new Client(new Config().host(named).ca(ca).serverName(name)));
            WhoAmI.ask(new Client(new Config().host(named).insecure(true)));
            WhoAmI.ask(new Client(new Config().host(named).insecure(true).serverName("other.example.com")));
            assertEquals(List.of(), peer.faults);
            for (Config c : List.of(new Config().ca(other), new Config(), new Config().ca(ca).serverName("other.example.com"),
                    new Config().ca(ca).serverName("example.com"), new Config().ca(ca).serverName("127.0.0.2"), new Config().ca(other).serverName("127.0.0.1"))) {
                assertThrows(UncheckedIOException.class, () -> WhoAmI.ask(new Client(c.host(named))));
            }
        }
    }

    @Test
    void nonsense() {
        Config nothing = new Config().host("https://x");
        byte[] text = "nothing".getBytes(UTF_8);
        byte[] cert = AUTHORITY.user("x", Authority.curve("secp256r1").getPublic()).getBytes(UTF_8);
        byte[] half = Authority.pem("PRIVATE KEY", new byte[] {1, 2, 3}).getBytes(UTF_8);
        byte[] broken = Authority.pem("CERTIFICATE", new byte[] {1, 2, 3}).getBytes(UTF_8);
        for (byte[][] pair : new byte[][][] {{text, text}, {cert, text}, {cert, null}, {null, text}, {cert, half}, {broken, half}}) {
            assertThrows(IllegalArgumentException.class, () -> new Client(nothing.certificate(pair[0], pair[1])));
        }
        assertThrows(IllegalArgumentException.class, () -> new Client(new Config().host("https://x").ca(text)));
        assertThrows(IllegalArgumentException.class, () -> new Client(new Config().host("https://x").ca(broken)));
    }
}
