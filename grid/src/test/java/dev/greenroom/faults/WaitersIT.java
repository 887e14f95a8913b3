package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.ProxySections.QueueSettings;
import dev.greenroom.proxy.queue.LeaseKeeper;
import dev.greenroom.proxy.queue.SlotFinder;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.Tenant;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Very many clients wait.
@Timeout(120)
final class WaitersIT {
    private static final int WAITERS = 5_000;
    private static final int AT_ONCE = 100;
    private static final int MOST_PER_SECOND = 10;
    private static final Duration MEASURED = Duration.ofSeconds(4);

    /// If this machine was too busy to send heartbeats for 3 s, the queue entries are restored first.
    private static final Duration SETTLED = Duration.ofSeconds(25);

    private static final Duration AGAIN = Duration.ofMillis(100);
    private static final Pattern CALLS = Pattern.compile("cmdstat_eval(?:sha)?:calls=(\\d+)");

    private final FaultGrid grid = new FaultGrid(1, 1_000);
    private final CountDownLatch over = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void close() throws Exception {
        over.countDown();
        threads.shutdownNow();
        grid.close();
    }

    private long scripts() {
        return CALLS.matcher(grid.redis().cli("INFO", "commandstats"))
                .results()
                .mapToLong(result -> Long.parseLong(result.group(1)))
                .sum();
    }

    private double scriptsPerSecond() {
        var before = scripts();
        var began = System.nanoTime();
        await().pollDelay(MEASURED).until(() -> true);
        return (scripts() - before) * 1e9 / (System.nanoTime() - began);
    }

    private int line() {
        return Integer.parseInt(grid.redis().cli("ZCARD", "grid:queue:chromium"));
    }

    @Test
    void FC8_five_thousand_who_wait_cost_redis_no_more_than_a_few_scripts_a_second() throws Exception {
        grid.worker();
        var holder = grid.front().session();
        var settings = Timing.proxy().lease();
        try (var registry = grid.registry(grid.redis().port());
                var leaseKeeper = new LeaseKeeper(registry, settings);
                var slotFinder = selection(registry, leaseKeeper)) {
            leaseKeeper.start("waiters", _ -> {});
            slotFinder.start();
            var waits = enter(slotFinder);

            await("four seconds in which all keep their places")
                    .atMost(SETTLED)
                    .pollDelay(Duration.ZERO)
                    .untilAsserted(() -> {
                        assertThat(scriptsPerSecond()).isLessThan(MOST_PER_SECOND);
                        assertThat(line()).isEqualTo(WAITERS);
                    });
            assertThat(slotFinder.waiting(BrowserType.CHROMIUM)).isEqualTo(WAITERS);
            leave(waits);
        }
        holder.leave();
        grid.assertQuiet();
    }

    private static SlotFinder selection(Registry registry, LeaseKeeper leaseKeeper) {
        return new SlotFinder(
                registry, leaseKeeper, new QueueSettings(Duration.ofSeconds(12), WAITERS), System::nanoTime, "waiters");
    }

    private void leave(List<Future<?>> waits) {
        for (var from = 0; from < WAITERS; from += AT_ONCE) {
            waits.subList(from, from + AT_ONCE).forEach(wait -> wait.cancel(true));
            awaitLine(WAITERS - from - AT_ONCE);
        }
    }

    private void awaitLine(int length) {
        await().atMost(20, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(20)).until(() -> line() == length);
    }

    /// They come and go a hundred at a time: how fast they do is not what is measured.
    private List<Future<?>> enter(SlotFinder slotFinder) {
        var ids = new SessionIdGenerator(InstantSource.system(), new SecureRandom());
        var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(80);
        var gate = new Semaphore(AT_ONCE);
        List<Future<?>> waits = new ArrayList<>();
        for (var n = 0; n < WAITERS; n++) {
            gate.acquireUninterruptibly();
            var request = new SlotRequest(ids.next(), BrowserType.CHROMIUM, Optional.empty(), Set.of());
            waits.add(threads.submit(() -> lease(slotFinder, request, deadline)));
            if (n % AT_ONCE == AT_ONCE - 1) {
                var all = n + 1;
                await().atMost(10, TimeUnit.SECONDS)
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> slotFinder.waiting(BrowserType.CHROMIUM) == all);
                gate.release(AT_ONCE);
            }
        }
        awaitLine(WAITERS);
        return waits;
    }

    /// On a machine that is busy with other things an answer may come too late; who gets none asks again.
    private SlotFinder.SlotResult lease(SlotFinder slotFinder, SlotRequest request, long deadline)
            throws InterruptedException {
        while (true) {
            try {
                return slotFinder.acquire(request, Tenant.EVERYBODY, Duration.ZERO, deadline);
            } catch (RegistryUnavailableException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                over.await(AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }
}
