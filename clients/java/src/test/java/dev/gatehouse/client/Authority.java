package dev.gatehouse.client;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Signs the certificates of a test, and writes keys in the forms that kubeconfigs have. */
final class Authority {
    private static final byte[] ECDSA_SHA256 = seq(element(6, new byte[] {0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 4, 3, 2}));
    private final KeyPair pair = curve("secp256r1");
    private final byte[] certificate = sign("authority", pair.getPublic(), seq(oid(0x55, 0x1d, 0x13), element(1, new byte[] {-1}), element(4, seq(element(1, new byte[] {-1})))));

    static KeyPair curve(String name) { return generate("EC", new ECGenParameterSpec(name), 0); }

    static KeyPair rsa() { return generate("RSA", null, 2048); }

    static KeyPair ed25519() { return generate("Ed25519", null, 0); }

    private static KeyPair generate(String algorithm, ECGenParameterSpec spec, int size) {
        try {
            KeyPairGenerator g = KeyPairGenerator.getInstance(algorithm);
            if (spec != null) g.initialize(spec);
            if (size > 0) g.initialize(size);
            return g.generateKeyPair();
        } catch (GeneralSecurityException x) {
            throw new AssertionError(x);
        }
    }

    String pem() { return pem("CERTIFICATE", certificate); }

    /** The certificate of a user. */
    String user(String name, PublicKey key) { return pem("CERTIFICATE", sign(name, key)); }

    /** What a server at 127.0.0.1, which is called server.example.com as well, needs. */
    SSLContext server() throws GeneralSecurityException, IOException {
        KeyPair key = curve("secp256r1");
        byte[] names = seq(element(0x87, new byte[] {127, 0, 0, 1}), element(0x82, "server.example.com".getBytes(StandardCharsets.US_ASCII)));
        Certificate own = parse(sign("server", key.getPublic(), seq(oid(0x55, 0x1d, 0x11), element(4, names))));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("own", key.getPrivate(), new char[0], new Certificate[] {own});
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, new char[0]);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", parse(certificate));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext out = SSLContext.getInstance("TLS");
        out.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return out;
    }

    private static Certificate parse(byte[] der) throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    private byte[] sign(String name, PublicKey key, byte[]... extensions) {
        DateTimeFormatter time = DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
        byte[] validity = seq(element(23, time.format(Instant.now().minusSeconds(3600)).getBytes(StandardCharsets.US_ASCII)),
            element(23, time.format(Instant.now().plusSeconds(36000)).getBytes(StandardCharsets.US_ASCII)));
        byte[] more = extensions.length == 0 ? new byte[0] : element(0xa3, seq(extensions));
        byte[] body = seq(element(0xa0, integer(BigInteger.TWO)), integer(BigInteger.valueOf(System.nanoTime())), ECDSA_SHA256, named("authority"), validity,
            named(name), key.getEncoded(), more);
        try {
            Signature s = Signature.getInstance("SHA256withECDSA");
            s.initSign(pair.getPrivate());
            s.update(body);
            return seq(body, ECDSA_SHA256, bits(s.sign()));
        } catch (GeneralSecurityException x) {
            throw new AssertionError(x);
        }
    }

    private static byte[] named(String name) { return seq(element(0x31, seq(oid(0x55, 4, 3), element(12, name.getBytes(StandardCharsets.UTF_8))))); }

    static String pkcs8(KeyPair pair) { return pem("PRIVATE KEY", pair.getPrivate().getEncoded()); }

    /** The key of a curve as OpenSSL and Go write it, with the curve and the public key. */
    static String sec1(KeyPair pair) {
        ECPrivateKey key = (ECPrivateKey) pair.getPrivate();
        int size = (key.getParams().getCurve().getField().getFieldSize() + 7) / 8;
        byte[] info = ((ECPublicKey) pair.getPublic()).getEncoded();
        byte[] point = Arrays.copyOfRange(info, info.length - 1 - 2 * size, info.length);
        byte[] curve = switch (size) {
            case 32 -> oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7);
            case 48 -> oid(0x2b, 0x81, 4, 0, 34);
            default -> oid(0x2b, 0x81, 4, 0, 35);
        };
        return pem("EC PARAMETERS", curve)
            + pem("EC PRIVATE KEY", seq(integer(BigInteger.ONE), element(4, fixed(key.getS(), size)), element(0xa0, curve), element(0xa1, bits(point))));
    }

    static String pkcs1(KeyPair pair) {
        RSAPrivateCrtKey k = (RSAPrivateCrtKey) pair.getPrivate();
        return pem("RSA PRIVATE KEY", seq(integer(BigInteger.ZERO), integer(k.getModulus()), integer(k.getPublicExponent()), integer(k.getPrivateExponent()),
            integer(k.getPrimeP()), integer(k.getPrimeQ()), integer(k.getPrimeExponentP()), integer(k.getPrimeExponentQ()), integer(k.getCrtCoefficient())));
    }

    static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + type + "-----\n";
    }

    private static byte[] fixed(BigInteger n, int size) {
        byte[] raw = n.toByteArray();
        byte[] out = new byte[size];
        int length = Math.min(raw.length, size);
        System.arraycopy(raw, raw.length - length, out, size - length, length);
        return out;
    }

    private static byte[] integer(BigInteger n) { return element(2, n.toByteArray()); }

    private static byte[] bits(byte[] content) { return element(3, concat(new byte[1], content)); }

    private static byte[] oid(int... bytes) {
        byte[] out = new byte[bytes.length];
        for (int i = 0; i < out.length; i++) out[i] = (byte) bytes[i];
        return element(6, out);
    }

    private static byte[] seq(byte[]... parts) { return element(0x30, concat(parts)); }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] p : parts) out.writeBytes(p);
        return out.toByteArray();
    }

    private static byte[] element(int tag, byte[] content) {
        int n = content.length;
        byte[] head = n < 128 ? new byte[] {(byte) tag, (byte) n} : n < 256 ? new byte[] {(byte) tag, (byte) 0x81, (byte) n}
            : new byte[] {(byte) tag, (byte) 0x82, (byte) (n >> 8), (byte) n};
        return concat(head, content);
    }
}
