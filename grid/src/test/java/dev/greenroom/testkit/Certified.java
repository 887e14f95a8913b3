package dev.greenroom.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A certificate for 127.0.0.1 from an authority of its own, made by the JDK's `keytool`. An authority
/// stands behind it because a client that trusts a certificate itself does not look at its dates.
///
/// @param certificate a PEM file
/// @param key a PEM file
/// @param store a PKCS #12 file for a client that trusts the authority
public record Certified(Path certificate, Path key, Path store) {
    /// Of [#store].
    public static final String PASSWORD = "password";

    private static final String ALIAS = "server";
    private static final String AUTHORITY = "authority";
    private static final int KEYTOOL_SECONDS = 60;

    /// Makes one.
    ///
    /// @param validFrom in the words of `keytool -startdate`, for example `-10d`
    /// @param days how long it is valid from then on
    public static Certified in(Path folder, String name, String validFrom, int days) {
        var made = folder.resolve(name + ".made.p12");
        keytool(made, AUTHORITY, List.of("-dname", "CN=authority", "-ext", "bc:critical=ca:true"), "-60d", 365);
        keytool(
                made,
                ALIAS,
                List.of("-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1", "-signer", AUTHORITY),
                validFrom,
                days);
        try (var stream = Files.newInputStream(made)) {
            var keys = KeyStore.getInstance("PKCS12");
            keys.load(stream, PASSWORD.toCharArray());
            var certificate = keys.getCertificate(ALIAS).getEncoded();
            var key = keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded();
            return new Certified(
                    pem(folder.resolve(name + ".crt"), "CERTIFICATE", certificate),
                    pem(folder.resolve(name + ".key"), "PRIVATE KEY", key),
                    trusting(keys.getCertificate(AUTHORITY), folder.resolve(name + ".p12")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("keytool made a store that cannot be read", e);
        }
    }

    private static Path trusting(Certificate authority, Path file) throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry(AUTHORITY, authority);
        try (var stream = Files.newOutputStream(file)) {
            store.store(stream, PASSWORD.toCharArray());
        }
        return file;
    }

    private static Path pem(Path file, String kind, byte[] content) throws IOException {
        var lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(file, "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n");
    }

    private static void keytool(Path store, String alias, List<String> more, String validFrom, int days) {
        var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        var command = new ArrayList<>(List.of(keytool, "-genkeypair", "-alias", alias));
        command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1"));
        command.addAll(List.of("-startdate", validFrom, "-validity", Integer.toString(days)));
        command.addAll(List.of("-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", PASSWORD));
        command.addAll(more);
        try {
            var started = new ProcessBuilder(command).redirectErrorStream(true).start();
            var output = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!started.waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS) || started.exitValue() != 0) {
                started.destroyForcibly();
                throw new IllegalStateException("keytool failed: " + output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("keytool was interrupted", e);
        }
    }
}
