package dev.greenroom.bench;

import dev.greenroom.config.LeaseSettings;
import dev.greenroom.config.QueueSettings;
import dev.greenroom.config.RedisSettings;
import dev.greenroom.proxy.selection.Leases;
import dev.greenroom.proxy.selection.Selection;
import dev.greenroom.registry.Acquisition;
import dev.greenroom.registry.Heartbeat;
import dev.greenroom.registry.HeldLease;
import dev.greenroom.registry.RegistryLimits;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.registry.WorkerStatus;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.Browser;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionIds;
import dev.greenroom.session.Tenant;
import dev.greenroom.session.VersionOffer;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;

/// Workers that are but records, and a proxy's way to their slots: the registry, the selection and the leases as
/// shipped, one connection to Redis for all clients.
final class RegistryGrid implements AutoCloseable {
    private static final Duration LONG = Duration.ofMinutes(30);
    private static final int MANY_LIFETIMES = 1_000_000;
    private static final int THREADS = 50;

    private final SessionIds ids = new SessionIds(InstantSource.system(), (RandomGenerator)
            () -> ThreadLocalRandom.current().nextLong());
    private final RedisRegistry registry;
    private final Leases leases;
    private final Selection selection;

    private RegistryGrid(RedisRegistry registry) {
        var held = new LeaseSettings(LONG, LONG.dividedBy(3), LONG, Duration.ofSeconds(60));
        this.registry = registry;
        this.leases = new Leases(registry, held);
        this.selection =
                new Selection(registry, leases, new QueueSettings(Duration.ofSeconds(12), 1_000), System::nanoTime);
    }

    static RegistryGrid of(int redisPort, int workers, int slots) throws InterruptedException, ExecutionException {
        var settings = new RedisSettings(
                Optional.empty(), Optional.of("127.0.0.1"), redisPort, Optional.empty(), Optional.empty());
        var limits = new RegistryLimits(slots, MANY_LIFETIMES, LONG, Duration.ofSeconds(60));
        var grid = new RegistryGrid(RedisRegistry.connect(settings, limits, Duration.ofSeconds(5)));
        var next = new AtomicInteger();
        inParallel(() -> {
            for (var n = next.getAndIncrement(); n < workers; n = next.getAndIncrement()) {
                grid.registry.heartbeat(beat(n, slots));
            }
        });
        grid.leases.start("bench", _ -> {});
        grid.selection.start();
        return grid;
    }

    private static Heartbeat beat(int n, int slots) {
        return new Heartbeat(
                new WorkerId(Browser.CHROMIUM, "worker-" + n),
                "incarnation-" + n,
                new Endpoint("10.1." + n / 250 + "." + n % 250, 3131, "/playwright/chromium/0123456789abcdef"),
                WorkerStatus.AVAILABLE,
                Instant.EPOCH,
                new VersionOffer.Any(),
                slots,
                Duration.ofSeconds(10),
                LONG,
                "greenroom/bench");
    }

    /// Lets 50 clients lease and release, one slot at a time each.
    ///
    /// @return how many slots they had
    long leaseAndRelease(Duration time) throws InterruptedException, ExecutionException {
        var done = new LongAdder();
        var end = System.nanoTime() + time.toNanos();
        inParallel(() -> {
            while (System.nanoTime() < end) {
                switch (selection.lease(
                        wish(), Tenant.EVERYBODY, end + Duration.ofSeconds(5).toNanos())) {
                    case Selection.Outcome.Leased(var lease, var _, var _) -> {
                        lease.close();
                        done.increment();
                    }
                    case Selection.Outcome.None(var why) -> throw new IllegalStateException("no slot: " + why);
                }
            }
        });
        return done.sum();
    }

    /// Leases so many slots and keeps them.
    List<HeldLease> hold(int sessions) throws InterruptedException, ExecutionException {
        Queue<HeldLease> held = new ConcurrentLinkedQueue<>();
        var next = new AtomicInteger();
        inParallel(() -> {
            while (next.getAndIncrement() < sessions) {
                switch (registry.acquire(wish())) {
                    case Acquisition.Granted granted -> held.add(granted.lease());
                    case Acquisition.AllTaken(), Acquisition.NoWorkers() ->
                        throw new IllegalStateException("there are too few slots");
                }
            }
        });
        return new ArrayList<>(held);
    }

    void renew(Collection<HeldLease> held) {
        registry.renew(held);
    }

    private SlotRequest wish() {
        SessionId session = ids.next();
        return new SlotRequest(session, Browser.CHROMIUM, Optional.empty(), Set.of());
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private static void inParallel(Work work) throws InterruptedException, ExecutionException {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (var n = 0; n < THREADS; n++) {
                all.add(threads.submit(() -> {
                    work.run();
                    return true;
                }));
            }
            for (var each : all) {
                each.get();
            }
        }
    }

    @Override
    public void close() {
        selection.close();
        leases.close();
        registry.close();
    }
}
