package dev.greenroom.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A self-signed certificate for 127.0.0.1, made by the JDK's `keytool`.
///
/// @param certificate a PEM file
/// @param key a PEM file
/// @param store a PKCS #12 file with both, for a client that trusts it
public record SelfSigned(Path certificate, Path key, Path store) {
    /// Of [#store].
    public static final String PASSWORD = "password";

    private static final String ALIAS = "server";
    private static final int KEYTOOL_SECONDS = 60;

    /// Makes one.
    ///
    /// @param validFrom in the words of `keytool -startdate`, for example `-10d`
    /// @param days how long it is valid from then on
    public static SelfSigned in(Path folder, String name, String validFrom, int days) {
        var store = folder.resolve(name + ".p12");
        keytool(store, validFrom, days);
        try (var stream = Files.newInputStream(store)) {
            var keys = KeyStore.getInstance("PKCS12");
            keys.load(stream, PASSWORD.toCharArray());
            var certificate = keys.getCertificate(ALIAS).getEncoded();
            var key = keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded();
            return new SelfSigned(
                    pem(folder.resolve(name + ".crt"), "CERTIFICATE", certificate),
                    pem(folder.resolve(name + ".key"), "PRIVATE KEY", key),
                    store);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("keytool made a store that cannot be read", e);
        }
    }

    private static Path pem(Path file, String kind, byte[] content) throws IOException {
        var lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(file, "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n");
    }

    private static void keytool(Path store, String validFrom, int days) {
        var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        var command = List.of(
                keytool,
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "san=ip:127.0.0.1",
                "-startdate",
                validFrom,
                "-validity",
                Integer.toString(days),
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
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
