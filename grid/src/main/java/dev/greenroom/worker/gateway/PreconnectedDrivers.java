package dev.greenroom.worker.gateway;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.Dialer.PreconnectedDriver;
import dev.greenroom.net.relay.OutboundConnection;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.driver.LaunchedBrowser;
import io.netty.channel.EventLoopGroup;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Open connections to the drivers of browsers that wait for sessions, one each: a session need not wait
/// for its upgrade when that was done before it came. Safe for use by many threads.
///
/// For a session that arrives before the connection is ready, the driver is dialled as usual.
final class PreconnectedDrivers implements AutoCloseable {
    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(5);

    /// A shared driver serves the session that has just arrived first.
    private static final Duration PAUSE_AFTER_TAKE = Duration.ofMillis(50);

    private final Dialer dialer;
    private final EventLoopGroup loops;
    private final BrowserType type;
    private final RandomGenerator random = new SecureRandom();

    /// By the path of the browser's server. A browser that has ended has none.
    private final Map<String, ConnectionSlot> connections = new ConcurrentHashMap<>();

    PreconnectedDrivers(Dialer dialer, EventLoopGroup loops, BrowserType type) {
        this.dialer = dialer;
        this.loops = loops;
        this.type = type;
    }

    /// Keeps the connection to one browser until a session takes it.
    private static final class ConnectionSlot {
        private final LaunchedBrowser browser;
        private @Nullable PreconnectedDriver connection;

        /// Whether one is being dialled for the next session.
        private boolean connecting;

        ConnectionSlot(LaunchedBrowser browser) {
            this.browser = browser;
        }

        /// @return whether it is to be dialled now
        synchronized boolean startConnecting() {
            var missing = !connecting && connection == null && browser.alive();
            connecting |= missing;
            return missing;
        }

        synchronized void put(PreconnectedDriver fresh) {
            if (connecting && browser.alive()) {
                connection = fresh;
                connecting = false;
            } else {
                fresh.close();
            }
        }

        synchronized boolean isReady() {
            return connection != null && connection.isOpen();
        }

        /// Empties the slot; a connection that is still being dialled is closed when it is there.
        synchronized Optional<PreconnectedDriver> take() {
            var ready = Optional.ofNullable(connection);
            connecting = false;
            connection = null;
            return ready;
        }
    }

    /// Dials the driver of a waiting browser, unless it is connected already; returns at once.
    void connect(LaunchedBrowser browser) {
        var slot = new ConnectionSlot(browser);
        var path = browser.address().wsPath();
        var known = connections.putIfAbsent(path, slot);
        if (known != null) {
            dial(known);
            return;
        }
        browser.onEnd(() -> {
            connections.remove(path);
            slot.take().ifPresent(PreconnectedDriver::close);
        });
        dial(slot);
    }

    /// Dials the driver of a shared browser once more, for the next session; returns at once.
    ///
    /// @param path of the browser's server
    void connectAgain(String path) {
        var slot = connections.get(path);
        if (slot != null) {
            var _ = loops.next().schedule(() -> dial(slot), PAUSE_AFTER_TAKE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void dial(ConnectionSlot slot) {
        if (slot.startConnecting()) {
            Thread.ofVirtual().name("preconnect").start(() -> fill(slot));
        }
    }

    private void fill(ConnectionSlot slot) {
        var browser = slot.browser;
        var upgrade = UpgradeRequest.of(random);
        var headers = List.of(
                new HttpHeader("User-Agent", "Playwright/" + browser.version() + ".0"),
                new HttpHeader("x-playwright-browser", type.wireName()));
        var target = new Dialer.Target("localhost", browser.address().wsPath(), upgrade, headers);
        try {
            dialer.preconnect(loops.next(), browser.address().socket(), target, HANDSHAKE_TIMEOUT)
                    .ifPresentOrElse(slot::put, slot::take);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// The connection to a browser, if it is ready.
    ///
    /// @param path of the browser's server
    Optional<OutboundConnection> take(String path, UpgradeRequest client) {
        var slot = connections.get(path);
        if (slot == null) {
            return Optional.empty();
        }
        var connection = slot.take();
        return connection.isPresent() ? connection.get().handOverTo(client) : Optional.empty();
    }

    /// The number of connections that wait for a session.
    int ready() {
        return (int)
                connections.values().stream().filter(ConnectionSlot::isReady).count();
    }

    /// Closes the connections that no session took.
    @Override
    public void close() {
        connections.values().forEach(slot -> slot.take().ifPresent(PreconnectedDriver::close));
        connections.clear();
    }
}
