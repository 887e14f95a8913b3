package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.greenroom.e2e.client.ClientFailedException;
import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.testkit.TestCertificate;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsIT {
    @TempDir
    private Path folder;

    @Test
    void playwright_as_it_is_works_over_wss_once_it_trusts_the_certificate() throws Exception {
        var certificate = folder.resolve("tls.crt");
        var key = folder.resolve("tls.key");
        TestCertificate.ec().write(certificate, key);
        // A driver that is not in the store yet is fetched while the client waits.
        var settings = Map.of(
                "TLS_CERT_FILE", certificate.toString(),
                "TLS_KEY_FILE", key.toString(),
                "WORKER_SELECT_TIMEOUT", "12");
        try (var site = TestSite.open();
                var grid = UpGrid.start(settings)) {
            var client = NodeClient.newest();

            client.trusting(certificate).visit(grid.url(), site.url()).assertComplete();

            assertThatThrownBy(() -> client.visit(grid.url(), site.url()))
                    .as("a client that does not trust the certificate")
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("self-signed certificate");
        }
    }
}
