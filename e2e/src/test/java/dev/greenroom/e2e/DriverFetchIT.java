package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.greenroom.e2e.client.ClientFailedException;
import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.TestSite;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.process.FreePort;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverFetchIT {
    @Test
    void a_version_without_a_driver_is_fetched_on_first_use_and_kept(@TempDir Path store) {
        var client = NodeClient.of("1.52.0");
        try (var site = TestSite.open()) {

            try (var online = UpGrid.start(Map.of("DRIVER_STORE", store.toString(), "WORKER_SELECT_TIMEOUT", "12"))) {
                client.visit(online.url(), site.url()).assertComplete();
            }

            try (var offline = UpGrid.start(offline(store))) {
                client.visit(offline.url(), site.url()).assertComplete();
                assertThatThrownBy(() -> NodeClient.of("1.40.0").visit(offline.url(), site.url()))
                        .isInstanceOf(ClientFailedException.class)
                        .hasMessageContaining("428")
                        .hasMessageContaining("Playwright version mismatch")
                        .hasMessageContaining("client version: v1.40")
                        .hasMessageContaining("v1.52")
                        .hasMessageContaining("v1.62");
            }
        }
    }

    @Test
    void a_list_of_versions_is_a_promise_that_no_other_is_fetched() {
        try (var grid = UpGrid.start(Map.of("PLAYWRIGHT_VERSIONS", "1.62"));
                var site = TestSite.open()) {
            var client = NodeClient.of("1.40.0");

            assertThatThrownBy(() -> client.visit(grid.url(), site.url()))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("428")
                    .hasMessageContaining("server version: v1.62")
                    .hasMessageContaining("client version: v1.40");
            assertThat(grid.program().isAlive()).isTrue();
        }
    }

    /// Nobody answers where the npm registry ought to be.
    private static Map<String, String> offline(Path store) {
        return Map.of(
                "DRIVER_STORE", store.toString(), "NPM_CONFIG_REGISTRY", "http://127.0.0.1:" + FreePort.find() + "/");
    }
}
