package dev.greenroom.faults;

import dev.greenroom.config.ProxySections;
import dev.greenroom.config.ProxySections.AccessSettings;
import dev.greenroom.config.ProxySections.CdpSettings;
import dev.greenroom.config.ProxySections.ClientSettings;
import dev.greenroom.config.ProxySections.ConnectionSettings;
import dev.greenroom.config.ProxySections.DialSettings;
import dev.greenroom.config.ProxySections.HistorySettings;
import dev.greenroom.config.ProxySections.LeaseSettings;
import dev.greenroom.config.ProxySections.ListenSettings;
import dev.greenroom.config.ProxySections.QueueSettings;
import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.config.ProxySections.ShutdownSettings;
import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.config.WorkerSections;
import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.config.WorkerSections.CapacitySettings;
import dev.greenroom.config.WorkerSections.DrainSettings;
import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.config.WorkerSections.MemorySettings;
import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.PoolSettings.DriverIsolation;
import dev.greenroom.config.WorkerSections.PoolSettings.Isolation;
import dev.greenroom.config.WorkerSections.RegistrationSettings;
import dev.greenroom.config.WorkerSections.SandboxSettings;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionLimit.RecycleMode;
import dev.greenroom.testkit.Budgets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The settings of a grid that is in more of a hurry than a real one: every time is about a fifth.
final class Timing {
    static final Duration LEASE_TTL = Duration.ofSeconds(3);
    static final Duration LEASE_RENEWAL = Duration.ofSeconds(1);
    static final Duration HEARTBEAT = Duration.ofSeconds(1);
    static final Duration WORKER_TTL = Duration.ofSeconds(3);
    static final Duration UNACKNOWLEDGED = Duration.ofSeconds(3);
    static final Duration PEER_TIMEOUT = Duration.ofSeconds(3);

    /// One lease TTL plus 2 s: then the grid is quiet after any fault. And 3 s for a machine that stands
    /// still.
    static final Duration QUIET = LEASE_TTL.plusSeconds(2 + 3);

    private static final Duration REAPER_INTERVAL = Duration.ofSeconds(1);
    private static final Duration ORDER_TTL = Duration.ofSeconds(10);
    private static final RelaySettings PATIENT = relay(Duration.ofSeconds(20), Duration.ofSeconds(60));
    private static final RelaySettings IMPATIENT = relay(Duration.ofSeconds(1), PEER_TIMEOUT);

    private Timing() {}

    private static RelaySettings relay(Duration pingInterval, Duration peerTimeout) {
        return new RelaySettings(pingInterval, peerTimeout, Duration.ofSeconds(5), Optional.empty(), Optional.empty());
    }

    static RegistryLimits limits(int slots, int lifetime) {
        return new RegistryLimits(slots, lifetime, LEASE_TTL, ORDER_TTL);
    }

    static ProxySections proxy() {
        return proxy(PATIENT);
    }

    /// One that pings every second and gives a peer up after three.
    static ProxySections impatientProxy() {
        return proxy(IMPATIENT);
    }

    /// One whose clients wait for as long as they may, and that dials for as long.
    static ProxySections patientProxy() {
        var longest = Duration.ofSeconds(12);
        return proxy(
                "127.0.0.1", PATIENT, new QueueSettings(longest, 1_000), new DialSettings(longest, longest, List.of()));
    }

    /// One that gives a worker up after that time without a word, and others patience.
    static ProxySections hastyProxy(Duration dialTimeout) {
        return proxy(
                "127.0.0.1",
                PATIENT,
                new QueueSettings(Duration.ofSeconds(10), 1_000),
                new DialSettings(dialTimeout, Duration.ofSeconds(10), List.of()));
    }

    /// One that ends sessions after that time.
    static ProxySections proxyWithLimit(Duration sessionTimeout) {
        return proxy(new RelaySettings(
                Duration.ofSeconds(1),
                Duration.ofSeconds(60),
                Duration.ofSeconds(5),
                Optional.of(sessionTimeout),
                Optional.empty()));
    }

    private static ProxySections proxy(RelaySettings relay) {
        return proxy("127.0.0.1", relay);
    }

    /// A proxy on every address of this machine that pings every second.
    static ProxySections proxyEverywhere(Duration peerTimeout) {
        return proxy("0.0.0.0", relay(Duration.ofSeconds(1), peerTimeout));
    }

    /// A proxy on every address of this machine whose clients wait for as long as the test lasts.
    static ProxySections proxyEverywhereWithAQueue() {
        return proxy(
                "0.0.0.0",
                PATIENT,
                new QueueSettings(Duration.ofMinutes(5), 1_000),
                new DialSettings(Duration.ofMillis(500), Duration.ofSeconds(2), List.of()));
    }

    private static ProxySections proxy(String address, RelaySettings relay) {
        return proxy(
                address,
                relay,
                new QueueSettings(Duration.ofSeconds(5), 1_000),
                new DialSettings(Duration.ofMillis(500), Duration.ofSeconds(2), List.of()));
    }

    private static ProxySections proxy(String address, RelaySettings relay, QueueSettings queue, DialSettings dial) {
        return new ProxySections(
                new ListenSettings(0, address),
                new ConnectionSettings(20_000, 20_000, List.of()),
                AccessSettings.open(),
                queue,
                new ClientSettings(BrowserType.CHROMIUM),
                new LeaseSettings(LEASE_TTL, LEASE_RENEWAL, REAPER_INTERVAL, ORDER_TTL, Duration.ofSeconds(90)),
                dial,
                GridSecretSettings.none(),
                relay,
                new ShutdownSettings(Duration.ZERO, Duration.ofMillis(300)),
                new CdpSettings(Duration.ofMinutes(10), Duration.ofSeconds(2)),
                new HistorySettings(Duration.ofHours(1), 100));
    }

    static WorkerSections worker(int slots, int lifetime) {
        return worker("127.0.0.1", slots, lifetime);
    }

    /// @param address where it is
    static WorkerSections worker(String address, int slots, int lifetime) {
        return new WorkerSections(
                new RegistrationSettings(0, Optional.of(address), HEARTBEAT, WORKER_TTL, 5, Duration.ofSeconds(1)),
                GridSecretSettings.none(),
                new CapacitySettings(slots, lifetime),
                new BrowserSettings(
                        BrowserType.CHROMIUM,
                        true,
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        BrowserSettings.Sandbox.FALSE,
                        BrowserSettings.LaunchProfile.LEAN,
                        BrowserSettings.AUTO),
                new PoolSettings(Isolation.SESSION, 0, 1, Duration.ofSeconds(5), DriverIsolation.TENANT, 0, 0),
                new MemorySettings(Optional.empty(), 100),
                new DriverSettings(
                        new SupportedVersions.Any(),
                        Path.of("unused"),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(10),
                        Optional.empty()),
                new SandboxSettings(false),
                Budgets.usual(),
                PATIENT,
                new DrainSettings(Duration.ofSeconds(5), RecycleMode.EXIT, Optional.empty()));
    }

    /// A worker that gives launches, and drivers that have to be fetched, only so long.
    static WorkerSections impatientWorker(Duration launchTimeout) {
        var usual = worker(5, 100);
        return new WorkerSections(
                usual.presence(),
                usual.secret(),
                usual.capacity(),
                usual.browser(),
                new PoolSettings(Isolation.SESSION, 0, 1, launchTimeout, DriverIsolation.TENANT, 0, 0),
                usual.memory(),
                usual.driver(),
                usual.sandbox(),
                usual.budgets(),
                usual.relay(),
                usual.drain());
    }
}
