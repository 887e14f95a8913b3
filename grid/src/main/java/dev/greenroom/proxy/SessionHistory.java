package dev.greenroom.proxy;

import dev.greenroom.config.ProxySections.HistorySettings;
import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.ClientConnection.ClientRequest;
import dev.greenroom.proxy.client.SessionLog.Connect;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.SessionList.EndedSession;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps in the registry what became of the sessions of this proxy: once a second, behind their ends. While the
/// registry does not answer, the newest ones wait. Thread-safe.
final class SessionHistory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SessionHistory.class);
    private static final Duration WRITE_INTERVAL = Duration.ofSeconds(1);
    private static final Duration FINAL_WRITE_TIMEOUT = Duration.ofSeconds(2);

    private final Registry registry;
    private final HistorySettings settings;
    private final InstantSource clock;
    private final LinkedBlockingDeque<EndedSession> unwritten;
    private final Queue<PeriodicTask> tasks = new ArrayDeque<>();
    private volatile String proxy = "";

    SessionHistory(Registry registry, HistorySettings settings, InstantSource clock) {
        this.registry = registry;
        this.settings = settings;
        this.clock = clock;
        this.unwritten = new LinkedBlockingDeque<>(Math.max(1, settings.most()));
    }

    /// @param name of this proxy in the list of sessions
    void start(String name) {
        proxy = name;
        if (settings.isOn()) {
            tasks.add(PeriodicTask.every(WRITE_INTERVAL, "session-history", this::write));
        }
    }

    /// Keeps a session that has ended. Never blocks.
    void add(ClientConnection client, ClientRequest request, WorkerId worker, Connect connect, RelayResult result) {
        if (!settings.isOn()) {
            return;
        }
        var who = new LiveSession.Client(
                request.version(),
                client.remote().getAddress().getHostAddress(),
                client.tenant().orElse(""),
                client.protocol(),
                client.labels());
        var ended = new EndedSession(
                new LiveSession(client.session(), worker, proxy, who),
                client.ownRequestId().orElse(""),
                clock.instant(),
                result.ending().cause().words(),
                result.ending().close().map(SessionEnding.Close::reason).orElse(""),
                Duration.ofNanos(connect.queueNanos()),
                Duration.ofNanos(connect.selectNanos() + connect.dialNanos() + connect.upgradeNanos()),
                result.traffic().bytesFromClient(),
                result.traffic().bytesFromWorker());
        while (!unwritten.offerLast(ended)) {
            unwritten.pollFirst();
        }
    }

    private void write() {
        List<EndedSession> batch = new ArrayList<>();
        while (unwritten.drainTo(batch, Registry.MAX_BATCH) > 0) {
            try {
                registry.sessions().keepEnded(batch, settings.time(), settings.most());
            } catch (RegistryUnavailableException e) {
                // Where newer ones have taken the room meanwhile, the oldest of these are given up.
                for (var ended : batch.reversed()) {
                    if (!unwritten.offerFirst(ended)) {
                        break;
                    }
                }
                LOG.atDebug()
                        .addKeyValue("code", "could-not-keep-what-became-of-sessions-trying-again")
                        .addKeyValue("cause", e.getMessage())
                        .log("Ended sessions not kept; retrying");
                return;
            }
            batch.clear();
        }
    }

    /// Writes what is left. Waits for a running write, for 2 s at most.
    @Override
    public void close() {
        PeriodicTask.closeAll(tasks, FINAL_WRITE_TIMEOUT);
        write();
    }
}
