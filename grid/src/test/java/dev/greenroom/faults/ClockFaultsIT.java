package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.session.BrowserType;
import dev.greenroom.testkit.FakeClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clocks on walls that are wrong, or jump.
@Timeout(60)
final class ClockFaultsIT {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final int SLOTS = 2;

    private final FaultGrid grid = new FaultGrid(SLOTS, 1_000);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() throws Exception {
        threads.shutdownNow();
        grid.close();
    }

    private static InstantSource offBy(Duration offset) {
        return () -> Instant.now().plus(offset);
    }

    private void awaitRenewals(int leases) {
        await().pollDelay(Timing.LEASE_TTL.plus(Timing.LEASE_RENEWAL))
                .atMost(Timing.LEASE_TTL.multipliedBy(2))
                .untilAsserted(() -> assertThat(grid.leases()).isEqualTo(leases));
    }

    @Test
    void FR10_hosts_whose_clocks_differ_by_hours_share_slots_and_the_queue() throws Exception {
        grid.worker(grid.redis().port(), offBy(HOUR.negated()));
        var ahead = grid.front(Timing.proxy(), grid.redis().port(), offBy(HOUR));
        var behind = grid.front(Timing.proxy(), grid.redis().port(), offBy(HOUR.negated()));
        List<FaultClient> holders = new ArrayList<>(List.of(ahead.session(), behind.session()));
        awaitRenewals(SLOTS);

        var order = new ArrayList<String>();
        var first = waiting(ahead, "ahead", order);
        var second = waiting(behind, "behind", order);
        holders.removeFirst().leave();
        first.get(5, TimeUnit.SECONDS);
        holders.removeFirst().leave();
        second.get(5, TimeUnit.SECONDS);

        assertThat(order).as("first come, first served").containsExactly("ahead", "behind");
        first.join().leave();
        second.join().leave();
        grid.assertQuiet();
    }

    private CompletableFuture<FaultClient> waiting(FaultGrid.Front front, String name, List<String> order) {
        var session = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        var got = front.session();
                        synchronized (order) {
                            order.add(name);
                        }
                        return got;
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                threads);
        await().until(() -> front.proxy().waiting(BrowserType.CHROMIUM) == 1);
        return session;
    }

    @Test
    void FP20_a_wall_clock_that_jumps_moves_no_deadline() throws Exception {
        var clock = new FakeClock(Instant.now());
        grid.worker(grid.redis().port(), clock);
        var front = grid.front(Timing.proxy(), grid.redis().port(), clock);
        var session = front.session();

        clock.advance(HOUR.multipliedBy(24));
        session.assertEchoes();
        assertThat(FaultClient.status(front.port())).isEqualTo(101);
        clock.advance(HOUR.multipliedBy(-48));
        assertThat(FaultClient.status(front.port())).isEqualTo(101);
        awaitRenewals(1);

        session.assertEchoes();
        session.leave();
        grid.assertQuiet();
    }
}
