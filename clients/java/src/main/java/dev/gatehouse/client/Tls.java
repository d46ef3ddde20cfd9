package dev.gatehouse.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Whom to trust and what to show. */
final class Tls {
    private Tls() { }

    static SSLContext context(Config c, Identity own) {
        try {
            X509ExtendedTrustManager trust = c.insecure ? new Trust(null, null) : authorities(c.ca);
            if (c.serverName != null && !c.serverName.isEmpty() && !c.insecure) trust = new Trust(trust, c.serverName);
            SSLContext out = SSLContext.getInstance("TLS");
            out.init(own == null ? null : new KeyManager[] {new Key(own)}, new TrustManager[] {trust}, null);
            return out;
        } catch (GeneralSecurityException | IOException x) {
            throw new IllegalArgumentException("TLS: " + x.getMessage(), x);
        }
    }

    private static X509ExtendedTrustManager authorities(byte[] pem) throws GeneralSecurityException, IOException {
        KeyStore store = null; // stands for those of the JVM
        if (pem != null && pem.length > 0) {
            List<X509Certificate> list = Identity.certificates(pem);
            if (list.isEmpty()) throw new IllegalArgumentException("certificate authority: no certificate in it");
            store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (X509Certificate c : list) store.setCertificateEntry("ca" + store.size(), c);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    /** Shows one certificate to every server that asks for one of its kind, whichever authorities the server names. */
    private static final class Key extends X509ExtendedKeyManager {
        private static final String ALIAS = "own";
        private final Identity own;

        Key(Identity own) { this.own = own; }

        private String choose(String... types) { return Arrays.asList(types).contains(own.key().getAlgorithm()) || fits(types) ? ALIAS : null; }

        /** The JDK calls Ed25519 by either of two names. */
        private boolean fits(String... types) {
            return own.chain()[0].getPublicKey().getAlgorithm().equals("EdDSA") && (Arrays.asList(types).contains("EdDSA") || Arrays.asList(types).contains("Ed25519"));
        }

        @Override
        public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) { return choose(types); }

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) { return choose(types); }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) { return choose(type) == null ? null : new String[] {ALIAS}; }

        @Override
        public X509Certificate[] getCertificateChain(String alias) { return own.chain().clone(); }

        @Override
        public PrivateKey getPrivateKey(String alias) { return own.key(); }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) { return null; }

        @Override
        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) { return null; }
    }

    /** Trusts every server, or those whose certificate has a given name instead of the name in the address. */
    private static final class Trust extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager authorities;
        private final String name;

        Trust(X509ExtendedTrustManager authorities, String name) {
            this.authorities = authorities;
            this.name = name;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            if (authorities == null) return;
            authorities.checkServerTrusted(chain, type);
            Collection<List<?>> names = chain[0].getSubjectAlternativeNames();
            if (names == null || names.stream().noneMatch(this::matches)) {
                throw new CertificateException("the server's certificate is not one of " + name);
            }
        }

        /** A name of a certificate is a kind (2 for DNS, 7 for an address) and a text. */
        private boolean matches(List<?> entry) {
            String said = String.valueOf(entry.get(1)).toLowerCase(Locale.ROOT);
            String want = name.toLowerCase(Locale.ROOT);
            if (entry.get(0).equals(7)) return isAddress(want) && address(want).equals(address(said));
            int dot = want.indexOf('.');
            return entry.get(0).equals(2) && (said.equals(want) || said.startsWith("*.") && dot > 0 && said.substring(1).equals(want.substring(dot)));
        }

        private static boolean isAddress(String text) { return text.indexOf(':') >= 0 || text.matches("[0-9.]+"); }

        private static InetAddress address(String literal) {
            try {
                return InetAddress.getByName(literal);
            } catch (UnknownHostException x) {
                throw new IllegalArgumentException(x); // a literal is not looked up
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException { checkServerTrusted(chain, type); }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException { checkServerTrusted(chain, type); }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException { throw new CertificateException("not a server"); }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException { checkClientTrusted(chain, type); }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException { checkClientTrusted(chain, type); }

        @Override
        public X509Certificate[] getAcceptedIssuers() { return authorities == null ? new X509Certificate[0] : authorities.getAcceptedIssuers(); }
    }
}
