package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A proxy, as a process, that is short of descriptors, of its port, or of sense in its settings.
@Timeout(120)
final class ShortageIT {
    private static final Duration RECOVERY = Duration.ofSeconds(20);

    private final FaultGrid grid = new FaultGrid(10, 1_000);
    private final List<RawClient> clients = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (var client : clients) {
            client.close();
        }
        grid.close();
    }

    @Test
    void FP8_a_proxy_without_descriptors_makes_clients_wait_and_recovers() throws Exception {
        grid.worker();
        try (var proxy = LoneProxy.start(
                grid.redis().port(), List.of("prlimit", "--nofile=256:256", "--"), List.of(), Map.of())) {
            var early = FaultClient.open(proxy.port());

            for (var i = 0; i < 400; i++) {
                clients.add(RawClient.connect(proxy.port()).send(RawClient.upgrade("/", "")));
            }

            await().atMost(RECOVERY).until(() -> proxy.log().contains("ACCEPTING_PAUSED"));
            early.assertEchoes();
            assertThat(proxy.process().isAlive()).isTrue();
            for (var client : clients) {
                client.close();
            }
            await().atMost(RECOVERY).ignoreExceptions().until(() -> FaultClient.status(proxy.port()) == 101);
            early.assertEchoes();
            early.leave();
            assertThat(proxy.log()).doesNotContain("Too many open files").doesNotContain("CHANNEL_FAILED");
            grid.assertQuiet();
        }
    }

    @Test
    void FP18_a_port_in_use_is_reported_in_one_sentence_with_exit_code_1() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var port = Integer.toString(taken.getLocalPort());

            var proxy = end(Map.of("PORT", port), 1);

            assertThat(proxy).contains("cannot listen on 127.0.0.1:" + port);
        }
    }

    @Test
    void FP19_all_bad_settings_are_named_at_once_and_nothing_starts() throws Exception {
        var proxy = end(Map.of("LEASE_TTL", "2s", "PORT", "http", "TLS_KEY_FILE", "/tls.key"), 2);

        assertThat(proxy)
                .contains("3 settings are wrong, nothing was started")
                .contains("LEASE_TTL=2s: must be at least 3 \\u00D7 LEASE_RENEW_INTERVAL")
                .contains("PORT=http: ")
                .contains("TLS_KEY_FILE=/tls.key: needs TLS_CERT_FILE");
    }

    private String end(Map<String, String> settings, int code) throws IOException, InterruptedException {
        try (var proxy = LoneProxy.launch(grid.redis().port(), List.of(), List.of(), settings)) {
            assertThat(proxy.process().waitFor(40, TimeUnit.SECONDS)).isTrue();
            assertThat(proxy.process().exitValue()).as(proxy.log()).isEqualTo(code);
            return proxy.log();
        }
    }
}
