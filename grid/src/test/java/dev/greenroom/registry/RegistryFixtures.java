package dev.greenroom.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.QueueWait;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// Ids, limits, heartbeats and requests for tests of the registry.
public final class RegistryFixtures {
    public static final Duration HEARTBEAT = Duration.ofSeconds(10);
    public static final Duration WORKER_TTL = Duration.ofSeconds(30);
    public static final Duration LEASE_TTL = Duration.ofSeconds(15);
    public static final Duration ORDER_TTL = Duration.ofSeconds(60);
    private static final SessionIdGenerator IDS = new SessionIdGenerator(InstantSource.system(), (RandomGenerator)
            () -> ThreadLocalRandom.current().nextLong());

    private RegistryFixtures() {}

    public static RegistryLimits limits(int maxConcurrent, int maxLifetime) {
        return new RegistryLimits(maxConcurrent, maxLifetime, LEASE_TTL, ORDER_TTL);
    }

    public static WorkerId worker(String name) {
        return new WorkerId(BrowserType.CHROMIUM, name);
    }

    public static SessionId session() {
        return IDS.next();
    }

    public static SlotRequest request() {
        return request(session());
    }

    public static SlotRequest request(SessionId session, WorkerId... excluded) {
        return new SlotRequest(session, BrowserType.CHROMIUM, Optional.empty(), Set.of(excluded));
    }

    public static SlotRequest request(String version) {
        return new SlotRequest(session(), BrowserType.CHROMIUM, PlaywrightVersion.of(version), Set.of());
    }

    /// Sessions that have waited for no time yet.
    public static List<QueueWait> waits(SlotRequest... requests) {
        return waits(List.of(requests));
    }

    public static List<QueueWait> waits(Collection<SlotRequest> requests) {
        return requests.stream()
                .map(request -> new QueueWait(request, Duration.ZERO))
                .toList();
    }

    /// A worker that is available, with room for 100, in its first incarnation.
    public static Heartbeat beat(String name) {
        return beat(worker(name), name + "-1");
    }

    public static Heartbeat beat(WorkerId worker, String incarnation) {
        return new Heartbeat(
                worker,
                incarnation,
                new WorkerEndpoint("127.0.0.1", 3131, "/playwright/" + worker.browser() + "/" + worker.name()),
                WorkerStatus.AVAILABLE,
                Instant.parse("2026-11-20T10:00:00Z"),
                new SupportedVersions.Any(),
                100,
                HEARTBEAT,
                WORKER_TTL,
                "greenroom/test");
    }

    public static Heartbeat draining(Heartbeat heartbeat) {
        return heartbeat.with(WorkerStatus.DRAINING);
    }

    public static Heartbeat serving(Heartbeat heartbeat, String versions) {
        return new Heartbeat(
                heartbeat.worker(),
                heartbeat.incarnation(),
                heartbeat.endpoint(),
                heartbeat.status(),
                heartbeat.startedAt(),
                SupportedVersions.of(versions).orElseThrow(),
                heartbeat.interval(),
                heartbeat.ttl(),
                heartbeat.software(),
                heartbeat.load(),
                heartbeat.recycling());
    }

    public static Heartbeat roomFor(int sessions, Heartbeat heartbeat) {
        return heartbeat.with(new Heartbeat.Load(
                OptionalInt.of(sessions), OptionalInt.empty(), 0, 0, WorkerRecord.BrowsersTaken.NONE));
    }

    /// One that renews itself in its process.
    public static Heartbeat renewing(Heartbeat heartbeat) {
        return heartbeat.with(Heartbeat.RecycleRequest.of(RecycleMode.RENEW));
    }

    /// One that has outgrown its memory.
    public static Heartbeat outgrown(Heartbeat heartbeat) {
        return heartbeat.with(new Heartbeat.RecycleRequest(
                heartbeat.recycling().mode(), true, heartbeat.recycling().replaces()));
    }

    /// The next run of the same process, which renews itself.
    public static Heartbeat replacing(String old, Heartbeat heartbeat) {
        return heartbeat.with(new Heartbeat.RecycleRequest(RecycleMode.RENEW, false, Optional.of(worker(old))));
    }

    /// A reply that lets a worker go on with so many sessions, now and in all.
    public static Consumer<HeartbeatReply> continues(int active, int lifetime) {
        return reply -> assertThat(reply)
                .isInstanceOfSatisfying(
                        HeartbeatReply.Continue.class,
                        it -> assertThat(it.standing())
                                .returns(active, HeartbeatReply.Standing::active)
                                .returns(lifetime, HeartbeatReply.Standing::lifetime));
    }
}
