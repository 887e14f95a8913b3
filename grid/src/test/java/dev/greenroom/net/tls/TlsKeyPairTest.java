package dev.greenroom.net.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.greenroom.net.tls.ServerTls.TlsFailedException;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.TestCertificate;
import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which files TLS can be served with, and what is said of the others.
class TlsKeyPairTest {
    private static final TestCertificate EC = TestCertificate.ec();
    private static final TestCertificate RSA = TestCertificate.rsa();

    @TempDir
    private Path folder;

    private Path certificate() {
        return folder.resolve("tls.crt");
    }

    private Path key() {
        return folder.resolve("tls.key");
    }

    private void load(String certificates, String key) throws IOException {
        Files.writeString(certificate(), certificates);
        Files.writeString(key(), key);
        load();
    }

    private void load() {
        ServerTls.load(certificate(), key(), InstantSource.system(), Duration.ofHours(1))
                .close();
    }

    private void assertRefused(String certificates, String key, String sentence) {
        assertThatThrownBy(() -> load(certificates, key))
                .isInstanceOf(TlsFailedException.class)
                .hasMessageContaining(sentence);
    }

    @Test
    void keys_are_read_as_pkcs8_and_as_openssl_wrote_them_before() throws Exception {
        load(EC.pem(), EC.pkcs8());
        load(RSA.pem(), RSA.pkcs8());
        load(RSA.pem(), RSA.traditional());
        load(
                EC.pem(),
                "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + EC.traditional());
        load("subject=CN = localhost\n" + EC.pem() + "\n" + RSA.pem(), EC.pkcs8());
    }

    @Test
    void boringssl_serves_it_here() {
        assertThat(OpenSsl.isAvailable())
                .as("native TLS; without it the JDK's serves: " + OpenSsl.unavailabilityCause())
                .isTrue();
    }

    @Test
    void a_file_that_is_not_there_is_named() throws Exception {
        assertThatThrownBy(this::load)
                .isInstanceOf(TlsFailedException.class)
                .hasMessage("TLS_CERT_FILE=" + certificate() + ": there is no such file");

        Files.writeString(certificate(), EC.pem());

        assertThatThrownBy(this::load)
                .isInstanceOf(TlsFailedException.class)
                .hasMessage("TLS_KEY_FILE=" + key() + ": there is no such file");
    }

    @Test
    void a_key_of_another_certificate_is_refused() {
        var sentence = "TLS_KEY_FILE=" + key() + ": it is not the key of the first certificate in TLS_CERT_FILE";

        assertRefused(EC.pem(), TestCertificate.ec().pkcs8(), sentence);
        assertRefused(EC.pem(), RSA.pkcs8(), sentence);
        assertRefused(RSA.pem() + EC.pem(), EC.pkcs8(), sentence);
    }

    @Test
    void what_is_neither_a_certificate_nor_a_key_is_refused() {
        assertRefused(EC.pkcs8(), EC.pkcs8(), "there is no certificate in it");
        assertRefused(EC.pem(), EC.pem(), "there is no private key in it");
        assertRefused(EC.pem(), EC.pkcs8().replace(" PRIVATE", " ENCRYPTED PRIVATE"), "the key is encrypted");
        assertRefused(
                EC.pem(),
                "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
                "TLS_KEY_FILE=" + key() + ": the key is damaged");
        assertRefused(EC.pem(), RSA.traditional().replaceAll("RSA", "EC"), "TLS_KEY_FILE=" + key() + ": ");
        assertRefused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", EC.pkcs8(), "TLS_CERT_FILE=");
    }

    @Test
    void a_certificate_whose_time_is_over_is_served_with_a_warning() throws Exception {
        var expired = TestCertificate.expired();
        try (var log = LoggedLines.of(ServerTls.class.getName())) {
            load(EC.pem(), EC.pkcs8());
            assertThat(log.withCode("TLS_CERTIFICATE_EXPIRED")).isEmpty();

            load(expired.pem(), expired.pkcs8());

            assertThat(log.withCode("TLS_CERTIFICATE_EXPIRED"))
                    .singleElement()
                    .satisfies(line -> assertThat(line).startsWith("WARN ").contains("CN=localhost"));
        }
    }
}
