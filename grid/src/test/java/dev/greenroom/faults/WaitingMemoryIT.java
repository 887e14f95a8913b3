package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FreePort;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a client that waits for a slot costs its proxy.
@Timeout(120)
final class WaitingMemoryIT {

    /// The stack of a thread that waits is twice as large while its code is interpreted.
    private static final int WARM_UP = 1_000;

    private static final int MANY = 2_000;
    private static final int AT_ONCE = 50;
    private static final long MOST_BYTES_EACH = 11 * 1_024;
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Pattern TOTAL = Pattern.compile("Total +\\d+ +(\\d+)");

    private static final String PLAYWRIGHT = """
            User-Agent: Playwright/1.62.1 (x64; debian 12) node/22\r
            x-playwright-browser: chromium\r
            x-playwright-launch-options: {"headless":true}\r
            Authorization: Bearer 0123456789abcdef0123456789abcdef\r
            """;

    private final FaultGrid grid = new FaultGrid(1, 1_000);
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
        clients.clear();
    }

    private int queue() {
        return Integer.parseInt(grid.redis().cli("ZCARD", "grid:queue:chromium"));
    }

    private void awaitEmptyQueue() {
        await("an empty queue").atMost(LIMIT).until(() -> queue() == 0);
    }

    /// They come a few at a time: how fast they do is not what is measured. On a busy machine Redis may
    /// answer one too late, who is refused then; others come in its place.
    private void fillQueue(int port, int count) throws IOException {
        for (var queue = 0; queue < count; ) {
            var before = queue;
            for (var n = 0; n < AT_ONCE; n++) {
                clients.add(RawClient.connect(port).send(RawClient.upgrade("/", PLAYWRIGHT)));
            }
            await("more clients wait").atMost(LIMIT).until(() -> queue() > before + AT_ONCE / 2);
            queue = queue();
        }
    }

    /// What is alive in the heap of a process, which collects its garbage for that.
    private static long liveBytes(ProxyProcess proxy) throws IOException {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var asked = new ProcessBuilder(jcmd, Long.toString(proxy.process().pid()), "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        var total = TOTAL.matcher(new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertThat(total.find()).as("a histogram of the heap").isTrue();
        return Long.parseLong(total.group(1));
    }

    @Test
    void a_queued_client_uses_eleven_kilobytes_at_most_and_nothing_after_it_left() throws Exception {
        var settings = Map.of(
                "WORKER_SELECT_TIMEOUT", "10m", "MAX_QUEUE_SIZE", "5000", "MAX_CONNECTIONS_PER_ADDRESS", "10000");
        try (var proxy = ProxyProcess.start(grid.redis().port(), FreePort.next(), settings)) {
            fillQueue(proxy.port(), WARM_UP);
            leave();
            awaitEmptyQueue();
            var before = liveBytes(proxy);

            fillQueue(proxy.port(), MANY);
            var during = liveBytes(proxy);
            leave();
            awaitEmptyQueue();
            var after = liveBytes(proxy);

            assertThat((during - before) / MANY).as("bytes for each client").isLessThan(MOST_BYTES_EACH);
            assertThat(after - before).as("bytes that are left").isLessThan(MANY * MOST_BYTES_EACH / 10);
        }
    }
}
