package dev.greenroom.proxy;

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
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What the tests of a proxy begin with.
final class ProxyFixture {
    static final int MAX_QUEUE_SIZE = 3;

    private ProxyFixture() {}

    /// A free port, three places to wait in, 300 ms of grace.
    static ProxySections settings(Duration selectTimeout) {
        return settings(selectTimeout, new ShutdownSettings(Duration.ZERO, Duration.ofMillis(300)));
    }

    static ProxySections settings(Duration selectTimeout, ShutdownSettings shutdown) {
        return settings(selectTimeout, shutdown, AccessSettings.open(), GridSecretSettings.none(), List.of());
    }

    /// The same, closed to some.
    static ProxySections settings(
            Duration selectTimeout,
            ShutdownSettings shutdown,
            AccessSettings access,
            GridSecretSettings secret,
            List<String> addresses) {
        return new ProxySections(
                new ListenSettings(0, "127.0.0.1"),
                new ConnectionSettings(100, 20, List.of()),
                access,
                new QueueSettings(selectTimeout, MAX_QUEUE_SIZE),
                new ClientSettings(BrowserType.CHROMIUM),
                new LeaseSettings(
                        Duration.ofSeconds(15),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(300),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(90)),
                new DialSettings(Duration.ofMillis(500), Duration.ofSeconds(5), addresses),
                secret,
                new RelaySettings(
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(30),
                        Optional.empty(),
                        Optional.empty()),
                shutdown,
                new CdpSettings(Duration.ofMinutes(10), Duration.ofSeconds(2)),
                new HistorySettings(Duration.ofHours(1), 10_000));
    }

    /// The same, somewhere else.
    static Heartbeat at(Heartbeat heartbeat, WorkerEndpoint endpoint) {
        return new Heartbeat(
                heartbeat.worker(),
                heartbeat.incarnation(),
                endpoint,
                heartbeat.status(),
                heartbeat.startedAt(),
                heartbeat.versions(),
                heartbeat.interval(),
                heartbeat.ttl(),
                heartbeat.software(),
                heartbeat.load(),
                heartbeat.recycling());
    }

    /// The sign of life of a worker for two sessions on this machine.
    static Heartbeat heartbeat(String name, int port, SupportedVersions versions) {
        return new Heartbeat(
                new WorkerId(BrowserType.CHROMIUM, name),
                "incarnation-" + name,
                new WorkerEndpoint("127.0.0.1", port, "/playwright/chromium/" + name),
                WorkerStatus.AVAILABLE,
                Instant.EPOCH,
                versions,
                2,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                "test");
    }
}
