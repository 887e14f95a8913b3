package dev.greenroom.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// A certificate of `localhost` that was made for a test, and its key.
public record TestCertificate(X509Certificate certificate, PrivateKey key) {
    private static final char[] PASSWORD = "test-only".toCharArray();

    /// Bytes of PKCS#8 before the PKCS#1 of an RSA key of 2048 bits.
    private static final int RSA_ENVELOPE_BYTES = 26;

    private static final int P256_BYTES = 32;
    private static final byte[] P256 = {
        (byte) 0xA0, 0x0A, 0x06, 0x08, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x03, 0x01, 0x07
    };

    /// Makes one with a key on the curve P-256.
    public static TestCertificate ec() {
        return make("EC", "-groupname", "secp256r1");
    }

    /// Makes one with an RSA key of 2048 bits.
    public static TestCertificate rsa() {
        return make("RSA", "-keysize", "2048");
    }

    /// Makes one whose time was over yesterday.
    public static TestCertificate expired() {
        return make("EC", "-groupname", "secp256r1", "-startdate", "-10d", "-validity", "9");
    }

    private static TestCertificate make(String algorithm, String... more) {
        try {
            var folder = Files.createTempDirectory("test-certificate");
            var file = folder.resolve("keys.p12");
            var keytool =
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
            List<String> command = new ArrayList<>(
                    List.of(keytool, "-genkeypair", "-alias", "a", "-keyalg", algorithm, "-dname", "CN=localhost"));
            command.addAll(List.of("-ext", "SAN=dns:localhost,ip:127.0.0.1", "-storetype", "PKCS12"));
            command.addAll(List.of("-keystore", file.toString(), "-storepass", new String(PASSWORD)));
            command.addAll(List.of(more));
            var made = new ProcessBuilder(command).redirectErrorStream(true).start();
            var said = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (made.waitFor() != 0) {
                throw new IllegalStateException("keytool failed: " + said);
            }
            var keys = KeyStore.getInstance(file.toFile(), PASSWORD);
            Files.delete(file);
            Files.delete(folder);
            return new TestCertificate(
                    (X509Certificate) keys.getCertificate("a"), (PrivateKey) keys.getKey("a", PASSWORD));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// The certificate in PEM.
    public String pem() {
        try {
            return block("CERTIFICATE", certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The key in PEM, as PKCS#8.
    public String pkcs8() {
        return block("PRIVATE KEY", key.getEncoded());
    }

    /// The key in PEM, as OpenSSL wrote keys of its kind before PKCS#8.
    public String traditional() {
        if (!(key instanceof ECPrivateKey ec)) {
            var encoded = key.getEncoded();
            return block("RSA PRIVATE KEY", Arrays.copyOfRange(encoded, RSA_ENVELOPE_BYTES, encoded.length));
        }
        var number = ec.getS().toByteArray();
        var der = new ByteArrayOutputStream();
        der.writeBytes(new byte[] {0x30, (byte) (5 + P256_BYTES + P256.length), 0x02, 0x01, 0x01, 0x04, P256_BYTES});
        der.writeBytes(new byte[Math.max(0, P256_BYTES - number.length)]);
        der.write(number, Math.max(0, number.length - P256_BYTES), Math.min(P256_BYTES, number.length));
        der.writeBytes(P256);
        return block("EC PRIVATE KEY", der.toByteArray());
    }

    private static String block(String type, byte[] der) {
        var lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + type + "-----\n" + lines + "\n-----END " + type + "-----\n";
    }

    /// Writes certificate and key (PKCS#8) into two files.
    public void write(Path certificateFile, Path keyFile) throws IOException {
        Files.writeString(certificateFile, pem());
        Files.writeString(keyFile, pkcs8());
    }

    /// What clients need that trust this certificate and no other.
    public SSLContext trusted() {
        try {
            var store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setCertificateEntry("a", certificate);
            var trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(store);
            var context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
