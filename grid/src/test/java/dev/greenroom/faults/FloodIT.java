package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Workers send more than their clients take, through a proxy that is a process of its own.
@Timeout(120)
final class FloodIT {
    private static final int SLOTS = 500;
    private static final int MEGABYTE = 1024 * 1024;
    private static final long FLOOD_BYTES = 1_000L * MEGABYTE;
    private static final int WARM_UP_BYTES = 64 * MEGABYTE;
    private static final int BUFFER_BYTES = 4 * 1024;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final FaultGrid grid = new FaultGrid(SLOTS, 100_000);
    private final AtomicLong sent = new AtomicLong();
    private final List<RawClient> clients = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (var client : clients) {
            client.close();
        }
        grid.close();
    }

    private LoneProxy proxy() throws Exception {
        var frame = RawClient.unmasked(2, new byte[MEGABYTE]);
        var worker = grid.closing(FakeWorker.start(peer -> {
            peer.accept();
            peer.socket().setSendBufferSize(16 * BUFFER_BYTES);
            for (var left = FLOOD_BYTES; left > 0; left -= MEGABYTE) {
                peer.send(frame);
                sent.addAndGet(MEGABYTE);
            }
        }));
        grid.register("flood", worker.port(), SLOTS);
        var settings = Map.of(
                "MAX_CONCURRENT_SESSIONS",
                Integer.toString(SLOTS),
                "MAX_LIFETIME_SESSIONS",
                "100000",
                "LEASE_TTL",
                Timing.LEASE_TTL.toSeconds() + "s",
                "LEASE_RENEW_INTERVAL",
                Timing.LEASE_RENEWAL.toSeconds() + "s",
                "PING_INTERVAL",
                "1s",
                "WRITE_TIMEOUT",
                "3s");
        return LoneProxy.start(grid.redis().port(), List.of(), List.of(), settings);
    }

    private void neverRead(LoneProxy proxy) throws IOException {
        var client = FaultClient.open(proxy.port()).raw();
        client.socket().setReceiveBufferSize(BUFFER_BYTES);
        clients.add(client);
    }

    /// Code that is compiled and buffers that are kept are not what a client costs.
    private static void warmUp(LoneProxy proxy) throws IOException {
        try (var client = FaultClient.open(proxy.port())) {
            client.raw().in().skipNBytes(WARM_UP_BYTES);
        }
    }

    private static long stalled(LoneProxy proxy) {
        return proxy.log()
                .lines()
                .filter(line -> line.contains("write stalled"))
                .count();
    }

    /// The most memory that is resident until that many sessions have ended for not being read.
    private static long peakUntilStalled(LoneProxy proxy, int sessions) {
        var peak = new AtomicLong();
        await(sessions + " stalled sessions")
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    peak.accumulateAndGet(proxy.megabytes(), Math::max);
                    return stalled(proxy) == sessions;
                });
        return peak.get();
    }

    @Test
    void FC4_a_client_that_never_reads_a_gigabyte_costs_a_proxy_less_than_twenty_megabytes() throws Exception {
        try (var proxy = proxy()) {
            warmUp(proxy);
            var before = proxy.megabytes();

            sent.set(0);

            neverRead(proxy);

            assertThat(peakUntilStalled(proxy, 1) - before).as("megabytes").isLessThanOrEqualTo(20);
            assertThat(sent).as("what the worker got rid of").hasValueLessThan(100L * MEGABYTE);
            grid.assertQuiet();
        }
    }

    @Test
    void FC4_five_hundred_clients_that_never_read_cost_a_proxy_less_than_200_megabytes() throws Exception {
        try (var proxy = proxy()) {
            warmUp(proxy);
            var before = proxy.megabytes();

            for (var n = 0; n < SLOTS; n++) {
                neverRead(proxy);
            }

            assertThat(peakUntilStalled(proxy, SLOTS) - before).as("megabytes").isLessThan(200);
            grid.assertQuiet();
        }
    }
}
