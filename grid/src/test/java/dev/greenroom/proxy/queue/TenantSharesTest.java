package dev.greenroom.proxy.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.ProxySections.LeaseSettings;
import dev.greenroom.config.ProxySections.QueueSettings;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.Tenant;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TenantSharesTest {
    private static final int FLOOD = 200;
    private static final Tenant FLOODER = new Tenant("flooder", OptionalInt.empty(), true);
    private static final Tenant NEIGHBOUR = new Tenant("neighbour", OptionalInt.empty(), true);

    @Test
    void a_single_tenant_may_take_every_place() throws Exception {
        var tenantShares = new TenantShares(10);

        assertThat(take(tenantShares, Tenant.EVERYBODY)).hasSize(10);
        assertThat(tenantShares.take(NEIGHBOUR)).isEmpty();
    }

    @Test
    void a_tenant_leaves_places_for_other_tenants() throws Exception {
        var tenantShares = new TenantShares(12);

        assertThat(take(tenantShares, FLOODER)).hasSize(6);
        assertThat(take(tenantShares, NEIGHBOUR)).hasSize(3);
        assertThat(take(tenantShares, new Tenant("third", OptionalInt.empty(), true)))
                .isNotEmpty();
    }

    @Test
    void a_tenant_takes_no_more_places_than_its_limit_and_releases_them() throws Exception {
        var tenantShares = new TenantShares(12);
        var limited = new Tenant("limited", OptionalInt.of(2), true);
        var taken = take(tenantShares, limited);

        assertThat(taken).hasSize(2);
        taken.forEach(TenantShares.TenantPlace::close);
        assertThat(take(tenantShares, limited)).hasSize(2);
        assertThat(tenantShares.take(new Tenant("never", OptionalInt.of(0), true)))
                .isEmpty();
    }

    @Test
    void S29_a_client_that_queues_behind_a_flood_of_another_tenant_waits_only_for_the_share_of_that_tenant()
            throws Exception {
        var limits = new RegistryLimits(1, 1_000, Duration.ofSeconds(15), Duration.ofSeconds(60));
        try (var registry = new MemoryRegistry(limits, InstantSource.system(), System::nanoTime);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var leaseKeeper = new LeaseKeeper(
                    registry,
                    new LeaseSettings(
                            Duration.ofSeconds(15),
                            Duration.ofSeconds(5),
                            Duration.ofSeconds(300),
                            Duration.ofSeconds(60),
                            Duration.ofSeconds(90)));
            var settings = new QueueSettings(Duration.ofSeconds(12), 1_000);
            try (var slotFinder = new SlotFinder(registry, leaseKeeper, settings, System::nanoTime, "one")) {
                registry.heartbeat(worker());
                leaseKeeper.start("shares", _ -> {});
                slotFinder.start();
                var ids = new SessionIdGenerator(InstantSource.system(), new SecureRandom());
                var served = new ConcurrentLinkedQueue<Tenant>();
                var held = (SlotFinder.SlotResult.Leased)
                        slotFinder.acquire(request(ids), NEIGHBOUR, Duration.ZERO, deadline());
                List<Future<?>> flood = new ArrayList<>();
                for (var n = 0; n < FLOOD; n++) {
                    flood.add(threads.submit(() -> serve(slotFinder, ids, FLOODER, served)));
                }
                await().until(() -> slotFinder.waiting(BrowserType.CHROMIUM) == FLOOD);

                var neighbour = threads.submit(() -> serve(slotFinder, ids, NEIGHBOUR, served));
                await().until(() -> slotFinder.waiting(BrowserType.CHROMIUM) == FLOOD + 1);
                held.lease().close();
                neighbour.get(30, TimeUnit.SECONDS);
                var before = List.copyOf(served).indexOf(NEIGHBOUR);
                for (var each : flood) {
                    each.get(30, TimeUnit.SECONDS);
                }

                assertThat(before).isLessThanOrEqualTo(TenantShares.MAX_IN_GRID_QUEUE);
                assertThat(served).hasSize(FLOOD + 1);
            } finally {
                leaseKeeper.close();
            }
        }
    }

    private static Void serve(
            SlotFinder slotFinder, SessionIdGenerator ids, Tenant tenant, ConcurrentLinkedQueue<Tenant> served)
            throws InterruptedException {
        if (slotFinder.acquire(request(ids), tenant, Duration.ZERO, deadline())
                instanceof SlotFinder.SlotResult.Leased(var lease, var _, var _)) {
            served.add(tenant);
            lease.close();
        }
        return null;
    }

    private static long deadline() {
        return System.nanoTime() + Duration.ofSeconds(20).toNanos();
    }

    private static SlotRequest request(SessionIdGenerator ids) {
        return new SlotRequest(ids.next(), BrowserType.CHROMIUM, Optional.empty(), Set.of());
    }

    private static Heartbeat worker() {
        return new Heartbeat(
                new WorkerId(BrowserType.CHROMIUM, "one"),
                "incarnation",
                new WorkerEndpoint("127.0.0.1", 1, "/one"),
                WorkerStatus.AVAILABLE,
                Instant.EPOCH,
                new SupportedVersions.Any(),
                1,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                "test");
    }

    private static List<TenantShares.TenantPlace> take(TenantShares tenantShares, Tenant tenant) {
        List<TenantShares.TenantPlace> taken = new ArrayList<>();
        for (var place = tenantShares.take(tenant); place.isPresent(); place = tenantShares.take(tenant)) {
            taken.add(place.get());
        }
        return taken;
    }
}
