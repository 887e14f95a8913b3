package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A proxy gets the processor for a moment now and then only.
@Timeout(90)
final class StarvedProxyIT {
    private static final Duration WITHOUT_PROCESSOR = Duration.ofSeconds(1);
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final FaultGrid grid = new FaultGrid(10, 1_000);

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    /// What a client is answered that came while the proxy stood still.
    private static String answer(ProxyProcess proxy) throws IOException {
        proxy.signal("STOP");
        try (var late = RawClient.connect(proxy.port()).send(RawClient.upgrade("/", ""))) {
            await().pollDelay(WITHOUT_PROCESSOR).until(() -> true);
            proxy.signal("CONT");
            var head = late.readHead();
            return head.startsWith("HTTP/1.1 503 ") ? head + late.readAll() : head;
        } finally {
            proxy.signal("CONT");
        }
    }

    @Test
    void FP11_a_proxy_that_is_late_refuses_newcomers_keeps_its_sessions_and_recovers() throws Exception {
        grid.worker();
        var proxy = grid.closing(ProxyProcess.start(grid.redis().port()));
        var early = proxy.session();

        await("a newcomer is refused").atMost(LIMIT).until(() -> {
            var answer = answer(proxy);
            assertThat(answer).matches("(?s)HTTP/1.1 (101|503) .*");
            return answer.contains("this proxy is overloaded") && answer.contains("Retry-After: ");
        });

        await("newcomers are served again").atMost(LIMIT).until(() -> FaultClient.status(proxy.port()) == 101);
        early.assertEchoes();
        early.leave();
        grid.assertQuiet();
    }
}
