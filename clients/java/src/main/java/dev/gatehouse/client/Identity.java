package dev.gatehouse.client;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A client certificate with its chain, and its key. */
record Identity(PrivateKey key, X509Certificate[] chain) {
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

    /** Reads PEM; null when there is none. */
    static Identity of(byte[] cert, byte[] key) {
        if (cert == null && key == null) return null;
        try {
            List<X509Certificate> chain = certificates(cert);
            if (chain.isEmpty()) throw new IllegalArgumentException("client certificate: no certificate in it");
            return new Identity(privateKey(key, chain.get(0).getPublicKey()), chain.toArray(X509Certificate[]::new));
        } catch (GeneralSecurityException x) {
            throw new IllegalArgumentException("client certificate: " + x.getMessage(), x);
        }
    }

    /** The certificates in a PEM text. */
    static List<X509Certificate> certificates(byte[] pem) throws GeneralSecurityException {
        List<X509Certificate> out = new ArrayList<>();
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (Matcher m = blocks(pem); m.find();) {
            if (!m.group(1).equals("CERTIFICATE")) continue;
            Certificate c = factory.generateCertificate(new ByteArrayInputStream(Base64.getMimeDecoder().decode(m.group(2))));
            out.add((X509Certificate) c);
        }
        return out;
    }

    /** Reads the key that belongs to a certificate: PKCS 8, or PKCS 1 or SEC 1, which the JDK does not read. */
    private static PrivateKey privateKey(byte[] pem, PublicKey its) throws GeneralSecurityException {
        for (Matcher m = blocks(pem); m.find();) {
            byte[] der = Base64.getMimeDecoder().decode(m.group(2));
            switch (m.group(1)) {
                case "PRIVATE KEY" -> { }
                case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> der = wrap(der, its);
                default -> { // the parameters of a curve, which the certificate has too
                    continue;
                }
            }
            return KeyFactory.getInstance(its.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(der));
        }
        throw new IllegalArgumentException("client key: no private key in it that this client reads");
    }

    private static Matcher blocks(byte[] pem) {
        return BLOCK.matcher(pem == null ? "" : new String(pem, StandardCharsets.ISO_8859_1));
    }

    /**
     * Puts a bare key into PKCS 8: a sequence of the version 0, the algorithm and the key. The algorithm, with its curve, stands at the
     * beginning of the public key of the certificate.
     */
    private static byte[] wrap(byte[] key, PublicKey its) {
        byte[] info = its.getEncoded();
        int algorithm = contentOf(info, 0);
        int end = contentOf(info, algorithm) + lengthAt(info, algorithm + 1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {2, 1, 0});
        out.write(info, algorithm, end - algorithm);
        out.writeBytes(element(4, key));
        return element(0x30, out.toByteArray());
    }

    /** Where the content of the DER element at a place begins. */
    private static int contentOf(byte[] der, int at) { return at + 2 + (der[at + 1] < 0 ? der[at + 1] & 0x7f : 0); }

    /** The length that begins at a place. */
    private static int lengthAt(byte[] der, int at) {
        if (der[at] >= 0) return der[at];
        int out = 0;
        for (int i = 1; i <= (der[at] & 0x7f); i++) out = out << 8 | der[at + i] & 0xff;
        return out;
    }

    private static byte[] element(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int n = content.length;
        out.write(tag);
        if (n < 0x80) out.write(n);
        else if (n < 0x100) out.writeBytes(new byte[] {(byte) 0x81, (byte) n});
        else out.writeBytes(new byte[] {(byte) 0x82, (byte) (n >> 8), (byte) n}); // no key is longer than 64 KB
        out.writeBytes(content);
        return out.toByteArray();
    }

    @Override
    public boolean equals(Object other) { return other instanceof Identity i && key.equals(i.key) && Arrays.equals(chain, i.chain); }

    @Override
    public int hashCode() { return Arrays.hashCode(chain); }

    @Override
    public String toString() { return "certificate of " + chain[0].getSubjectX500Principal(); }
}
