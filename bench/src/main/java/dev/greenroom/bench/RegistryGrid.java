package dev.greenroom.bench;

import dev.greenroom.config.ProxySections.LeaseSettings;
import dev.greenroom.config.ProxySections.QueueSettings;
import dev.greenroom.config.RedisSettings;
import dev.greenroom.proxy.queue.LeaseKeeper;
import dev.greenroom.proxy.queue.SlotFinder;
import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.Tenant;
import dev.greenroom.session.WorkerEndpoint;
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

/// Workers that exist in the registry only, and two proxies that lease their slots. Registry, selection and
/// leases are production code; each proxy has one connection to Redis.
final class RegistryGrid implements AutoCloseable {
    private static final Duration LONG = Duration.ofMinutes(30);
    private static final int MANY_LIFETIMES = 1_000_000;
    private static final int THREADS = 50;
    private static final int PROXIES = 2;

    private final SessionIdGenerator ids = new SessionIdGenerator(InstantSource.system(), (RandomGenerator)
            () -> ThreadLocalRandom.current().nextLong());
    private final List<Proxy> proxies = new ArrayList<>();

    private record Proxy(RedisRegistry registry, LeaseKeeper leases, SlotFinder slotFinder) {
        static Proxy of(RedisRegistry registry) {
            var held = new LeaseSettings(LONG, LONG.dividedBy(3), LONG, Duration.ofSeconds(60), LONG);
            var leases = new LeaseKeeper(registry, held);
            return new Proxy(
                    registry,
                    leases,
                    new SlotFinder(
                            registry,
                            leases,
                            new QueueSettings(Duration.ofSeconds(12), 1_000),
                            System::nanoTime,
                            "bench"));
        }
    }

    static RegistryGrid of(int redisPort, int workers, int slots) throws InterruptedException, ExecutionException {
        var settings = new RedisSettings(
                Optional.empty(), Optional.of("127.0.0.1"), redisPort, Optional.empty(), Optional.empty());
        var limits = new RegistryLimits(slots, MANY_LIFETIMES, LONG, Duration.ofSeconds(60));
        var grid = new RegistryGrid();
        for (var n = 0; n < PROXIES; n++) {
            grid.proxies.add(Proxy.of(RedisRegistry.connect(settings, limits, Duration.ofSeconds(5))));
        }
        var next = new AtomicInteger();
        inParallel(_ -> {
            for (var n = next.getAndIncrement(); n < workers; n = next.getAndIncrement()) {
                grid.proxies.getFirst().registry().heartbeat(beat(n, slots));
            }
        });
        for (var proxy : grid.proxies) {
            proxy.leases().start("bench-" + grid.proxies.indexOf(proxy), _ -> {});
            proxy.slotFinder().start();
        }
        return grid;
    }

    private static Heartbeat beat(int n, int slots) {
        return new Heartbeat(
                new WorkerId(BrowserType.CHROMIUM, "worker-" + n),
                "incarnation-" + n,
                new WorkerEndpoint("10.1." + n / 250 + "." + n % 250, 3131, "/playwright/chromium/0123456789abcdef"),
                WorkerStatus.AVAILABLE,
                Instant.EPOCH,
                new SupportedVersions.Any(),
                slots,
                Duration.ofSeconds(10),
                LONG,
                "greenroom/bench");
    }

    /// Lets 50 clients lease and release slots, each one slot at a time.
    ///
    /// @return how many slots they leased
    long leaseAndRelease(Duration time) throws InterruptedException, ExecutionException {
        var done = new LongAdder();
        var end = System.nanoTime() + time.toNanos();
        inParallel(client -> {
            var slotFinder = proxies.get(client % proxies.size()).slotFinder();
            while (System.nanoTime() < end) {
                switch (slotFinder.acquire(
                        wish(),
                        Tenant.EVERYBODY,
                        Duration.ZERO,
                        end + Duration.ofSeconds(5).toNanos())) {
                    case SlotFinder.SlotResult.Leased(var lease, var _, var _) -> {
                        lease.close();
                        done.increment();
                    }
                    case SlotFinder.SlotResult.None(var why) -> throw new IllegalStateException("no slot: " + why);
                }
            }
        });
        return done.sum();
    }

    /// Leases slots and keeps them.
    List<HeldLease> hold(int sessions) throws InterruptedException, ExecutionException {
        Queue<HeldLease> held = new ConcurrentLinkedQueue<>();
        var next = new AtomicInteger();
        inParallel(_ -> {
            while (next.getAndIncrement() < sessions) {
                switch (proxies.getFirst().registry().acquire(wish())) {
                    case Acquisition.Granted granted -> held.add(granted.lease());
                    case Acquisition.AllTaken(), Acquisition.NoWorkers() ->
                        throw new IllegalStateException("there are too few slots");
                }
            }
        });
        return new ArrayList<>(held);
    }

    void renew(Collection<HeldLease> held) {
        proxies.getFirst().registry().renew(held);
    }

    private SlotRequest wish() {
        SessionId session = ids.next();
        return new SlotRequest(session, BrowserType.CHROMIUM, Optional.empty(), Set.of());
    }

    private interface Work {
        void run(int client) throws InterruptedException;
    }

    private static void inParallel(Work work) throws InterruptedException, ExecutionException {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (var n = 0; n < THREADS; n++) {
                var client = n;
                all.add(threads.submit(() -> {
                    work.run(client);
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
        for (var proxy : proxies) {
            proxy.slotFinder().close();
            proxy.leases().close();
            proxy.registry().close();
        }
    }
}
