package dev.greenroom.cli.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// PEM files that have something wrong with them.
final class Certificates {
    private static final int KEY_BITS = 2048;

    private Certificates() {}

    /// A certificate that was good for a month, a year ago.
    static String expired(Path folder) throws IOException, InterruptedException {
        var store = folder.resolve("keys.p12").toString();
        var file = folder.resolve("cert.pem").toString();
        keytool(store, "-genkeypair", "-keyalg", "RSA", "-dname", "CN=grid", "-startdate", "-400d", "-validity", "30");
        keytool(store, "-exportcert", "-rfc", "-file", file);
        return file;
    }

    /// A key that no certificate has.
    static String anotherKey(Path folder) throws IOException, GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(KEY_BITS);
        var key = Base64.getMimeEncoder()
                .encodeToString(generator.generateKeyPair().getPrivate().getEncoded());
        var file = folder.resolve("key.pem");
        Files.writeString(file, "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n");
        return file.toString();
    }

    private static void keytool(String store, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-storepass",
                "changeit",
                "-alias",
                "grid",
                "-keystore",
                store));
        command.addAll(1, List.of(arguments));
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("keytool ended with " + process.exitValue());
        }
    }
}
