package dev.greenroom.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.testkit.TestCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileChecksTest {
    private static final TestCertificate EC = TestCertificate.ec();
    private static final TestCertificate RSA = TestCertificate.rsa();

    @TempDir
    private Path folder;

    @Test
    void every_key_that_the_server_takes_is_fine() throws IOException {
        assertThat(check(EC.pem(), EC.pkcs8())).isEmpty();
        assertThat(check(EC.pem(), EC.traditional())).isEmpty();
        assertThat(check(RSA.pem(), RSA.traditional())).isEmpty();
    }

    @Test
    void a_key_that_the_server_does_not_take_is_found_with_the_sentence_of_the_server() throws IOException {
        assertThat(check(RSA.pem(), EC.pkcs8()))
                .singleElement()
                .asString()
                .contains("it is not the key of the first certificate in TLS_CERT_FILE");
        assertThat(check(RSA.pem(), "nothing")).singleElement().asString().contains("there is no private key in it");
    }

    @Test
    void the_dates_of_a_certificate_are_looked_at_with_its_key_and_without() throws IOException {
        var expired = TestCertificate.expired();

        assertThat(check(expired.pem(), expired.pkcs8()))
                .singleElement()
                .asString()
                .contains("expired on");
        assertThat(FileChecks.certificate(Optional.of(folder.resolve("tls.crt")), Optional.empty()))
                .singleElement()
                .asString()
                .contains("expired on");
    }

    private List<DoctorFinding> check(String certificate, String key) throws IOException {
        var certificateFile = Files.writeString(folder.resolve("tls.crt"), certificate);
        var keyFile = Files.writeString(folder.resolve("tls.key"), key);
        return FileChecks.certificate(Optional.of(certificateFile), Optional.of(keyFile));
    }
}
