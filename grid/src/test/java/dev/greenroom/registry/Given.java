package dev.greenroom.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.Browser;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.RecycleMode;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionIds;
import dev.greenroom.session.VersionOffer;
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

/// What the registry's tests begin with.
public final class Given {
    public static final Duration HEARTBEAT = Duration.ofSeconds(10);
    public static final Duration WORKER_TTL = Duration.ofSeconds(30);
    public static final Duration LEASE_TTL = Duration.ofSeconds(15);
    public static final Duration ORDER_TTL = Duration.ofSeconds(60);
    private static final SessionIds IDS = new SessionIds(InstantSource.system(), (RandomGenerator)
            () -> ThreadLocalRandom.current().nextLong());

    private Given() {}

    public static RegistryLimits limits(int maxConcurrent, int maxLifetime) {
        return new RegistryLimits(maxConcurrent, maxLifetime, LEASE_TTL, ORDER_TTL);
    }

    public static WorkerId worker(String name) {
        return new WorkerId(Browser.CHROMIUM, name);
    }

    public static SessionId session() {
        return IDS.next();
    }

    public static SlotRequest wish() {
        return wish(session());
    }

    public static SlotRequest wish(SessionId session, WorkerId... excluded) {
        return new SlotRequest(session, Browser.CHROMIUM, Optional.empty(), Set.of(excluded));
    }

    public static SlotRequest wish(String version) {
        return new SlotRequest(session(), Browser.CHROMIUM, PlaywrightVersion.of(version), Set.of());
    }

    /// Sessions that have waited for no time yet.
    public static List<Wait> waits(SlotRequest... wishes) {
        return waits(List.of(wishes));
    }

    public static List<Wait> waits(Collection<SlotRequest> wishes) {
        return wishes.stream().map(wish -> new Wait(wish, Duration.ZERO)).toList();
    }

    /// A worker that is available, with room for 100, in its first incarnation.
    public static Heartbeat beat(String name) {
        return beat(worker(name), name + "-1");
    }

    public static Heartbeat beat(WorkerId worker, String incarnation) {
        return new Heartbeat(
                worker,
                incarnation,
                new Endpoint("127.0.0.1", 3131, "/playwright/" + worker.browser() + "/" + worker.name()),
                WorkerStatus.AVAILABLE,
                Instant.parse("2026-11-20T10:00:00Z"),
                new VersionOffer.Any(),
                100,
                HEARTBEAT,
                WORKER_TTL,
                "greenroom/test");
    }

    public static Heartbeat draining(Heartbeat beat) {
        return beat.with(WorkerStatus.DRAINING);
    }

    public static Heartbeat serving(Heartbeat beat, String versions) {
        return new Heartbeat(
                beat.worker(),
                beat.incarnation(),
                beat.endpoint(),
                beat.status(),
                beat.startedAt(),
                VersionOffer.of(versions).orElseThrow(),
                beat.interval(),
                beat.ttl(),
                beat.software(),
                beat.load(),
                beat.recycling());
    }

    public static Heartbeat roomFor(int sessions, Heartbeat beat) {
        return beat.with(new Heartbeat.Load(OptionalInt.of(sessions), OptionalInt.empty(), 0));
    }

    /// One that renews itself in its process.
    public static Heartbeat renewing(Heartbeat beat) {
        return beat.with(Heartbeat.Recycling.of(RecycleMode.RENEW));
    }

    /// One that has outgrown its memory.
    public static Heartbeat outgrown(Heartbeat beat) {
        return beat.with(new Heartbeat.Recycling(
                beat.recycling().mode(), true, beat.recycling().replaces()));
    }

    /// The next run of the same process, which renews itself.
    public static Heartbeat replacing(String old, Heartbeat beat) {
        return beat.with(new Heartbeat.Recycling(RecycleMode.RENEW, false, Optional.of(worker(old))));
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
