package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A proxy, as a process, that has little memory for many sessions.
@Timeout(90)
final class MemoryIT {
    private static final int SLOTS = 2_000;
    private static final int MOST_FLOODS = 800;
    private static final String LITTLE = "-XX:MaxDirectMemorySize=24m";
    private static final byte[] FRAME = RawClient.unmasked(2, new byte[1024 * 1024]);
    private static final byte[] BEGIN = RawClient.masked(1, "flood".getBytes(StandardCharsets.US_ASCII));
    private static final int EXIT_ON_OUT_OF_MEMORY = 3;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final FaultGrid grid = new FaultGrid(SLOTS, 100_000);
    private final List<RawClient> clients = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        leave();
        grid.close();
    }

    private void leave() throws IOException {
        for (var client : clients) {
            client.close();
        }
    }

    /// A worker that sends back what it is sent, but a gigabyte to whoever asks for a flood.
    private void worker() throws Exception {
        var worker = grid.closing(FakeWorker.start(peer -> {
            peer.accept();
            peer.socket().setSendBufferSize(64 * 1024);
            for (var frame = peer.readFrame(); frame.opcode() != 8; frame = peer.readFrame()) {
                if (frame.payload().equals("flood")) {
                    for (var n = 0; n < 1_000; n++) {
                        peer.send(FRAME);
                    }
                }
                peer.send(RawClient.unmasked(frame.opcode(), frame.payload().getBytes(StandardCharsets.ISO_8859_1)));
            }
            peer.send(RawClient.unmasked(8, RawClient.close(1000, "")));
        }));
        grid.register("flood", worker.port(), SLOTS);
    }

    private LoneProxy proxy(String... flags) throws IOException {
        var settings = Map.of(
                "MAX_CONCURRENT_SESSIONS",
                Integer.toString(SLOTS),
                "MAX_CONNECTIONS_PER_ADDRESS",
                "10000",
                "MAX_LIFETIME_SESSIONS",
                "100000",
                "LEASE_TTL",
                Timing.LEASE_TTL.toSeconds() + "s",
                "LEASE_RENEW_INTERVAL",
                Timing.LEASE_RENEWAL.toSeconds() + "s");
        return LoneProxy.start(grid.redis().port(), List.of(), List.of(flags), settings);
    }

    /// Has a session, asks for a flood and never reads of it; nothing when the proxy takes nobody now.
    private boolean flooded(LoneProxy proxy) throws IOException {
        var client = RawClient.connect(proxy.port()).send(RawClient.upgrade("/", ""));
        clients.add(client);
        var head = client.readHead();
        if (head.startsWith("HTTP/1.1 101 ")) {
            client.socket().setReceiveBufferSize(4 * 1024);
            client.send(BEGIN);
            return true;
        }
        assertThat(head).startsWith("HTTP/1.1 503 ");
        assertThat(client.readAll()).contains("this proxy is overloaded");
        return false;
    }

    @Test
    void FP12_a_proxy_with_little_direct_memory_stays_within_it_under_a_flood_and_goes_on_serving() throws Exception {
        worker();
        try (var proxy = proxy(LITTLE)) {
            var early = FaultClient.open(proxy.port());
            var floods = 0;

            while (floods < MOST_FLOODS && flooded(proxy)) {
                floods++;
                early.assertEchoes();
            }

            early.assertEchoes();
            assertThat(floods).as("floods until newcomers are refused").isBetween(100, MOST_FLOODS - 1);
            leave();
            await().atMost(LIMIT).ignoreExceptions().until(() -> FaultClient.status(proxy.port()) == 101);
            early.assertEchoes();
            early.leave();
            assertThat(proxy.log()).contains("DIRECT_MEMORY_SCARCE");
            assertThat(proxy.log()).doesNotContain("OutOfMemoryError", "SESSION_FAILED", "CHANNEL_FAILED");
            grid.assertQuiet();
        }
    }

    @Test
    void FP12_a_proxy_whose_heap_is_used_up_ends_and_its_slots_are_back() throws Exception {
        worker();
        var other = grid.front();
        try (var proxy = proxy("-Xmx18m", "-XX:MaxNewSize=4m")) {
            assertThatThrownBy(() -> {
                        while (clients.size() < SLOTS) {
                            clients.add(FaultClient.open(proxy.port()).raw());
                        }
                    })
                    .isInstanceOf(IOException.class);

            assertThat(proxy.process().waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(proxy.process().exitValue()).as(proxy.log()).isEqualTo(EXIT_ON_OUT_OF_MEMORY);
        }
        await("all slots are back").atMost(LIMIT).until(() -> {
            assertThat(FaultClient.status(other.port())).isEqualTo(101);
            return grid.leases() == 0;
        });
        grid.assertQuiet();
    }
}
