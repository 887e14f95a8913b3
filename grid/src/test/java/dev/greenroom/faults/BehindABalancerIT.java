package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FreePort;
import dev.greenroom.testkit.RawClient;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients that wait behind HAProxy and behind nginx, as the guide configures them.
@Timeout(180)
final class BehindABalancerIT {
    /// Longer than the default timeout of either balancer.
    private static final Duration LONG_WAIT = Duration.ofSeconds(62);

    private static final Duration SOON = Duration.ofSeconds(10);

    private final FaultGrid grid = new FaultGrid(1, 1_000);

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    private void awaitQueue(int length) {
        await(length + " places in the queue")
                .atMost(SOON)
                .until(() -> grid.redis().cli("ZCARD", "grid:queue:chromium").equals(Integer.toString(length)));
    }

    private RawClient waiting(int port) throws Exception {
        var client = grid.closing(RawClient.connect(port).send(RawClient.upgrade("/", "")));
        client.socket().setSoTimeout((int) LONG_WAIT.plus(SOON).toMillis());
        return client;
    }

    @Test
    void a_client_queued_for_over_a_minute_gets_its_session_and_one_that_hangs_up_loses_its_place() throws Exception {
        grid.worker();
        var front = grid.closing(
                ProxyProcess.start(grid.redis().port(), FreePort.next(), Map.of("WORKER_SELECT_TIMEOUT", "5m")));
        var haproxy = grid.closing(GuideBalancer.haproxy(front.port()));
        var nginx = grid.closing(GuideBalancer.nginx(front.port()));
        var holder = front.session();
        var first = waiting(haproxy.port());
        awaitQueue(1);
        var second = waiting(nginx.port());
        awaitQueue(2);

        var impatient = waiting(haproxy.port());
        awaitQueue(3);
        impatient.close();
        awaitQueue(2);
        impatient = waiting(nginx.port());
        awaitQueue(3);
        impatient.close();
        awaitQueue(2);

        var until = System.nanoTime() + LONG_WAIT.toNanos();
        await("a wait that many balancers cut, while the only session goes on")
                .pollInterval(Duration.ofSeconds(5))
                .atMost(LONG_WAIT.plus(SOON))
                .until(() -> {
                    holder.assertEchoes();
                    return System.nanoTime() - until >= 0;
                });
        awaitQueue(2);
        holder.leave();
        for (var client : new RawClient[] {first, second}) {
            assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
            var session = new FaultClient(client);
            session.assertEchoes();
            session.leave();
        }
        grid.assertQuiet();
    }
}
