package dev.greenroom.worker.gateway;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.Dialer;
import dev.greenroom.net.relay.OutboundConnection;
import dev.greenroom.net.relay.Dialer.PreconnectedDriver;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
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

/// Lines to the drivers of browsers that wait for sessions, one each: a session does not have to wait for
/// its upgrade where that can be done before it comes. Safe for use by many threads.
///
/// A line fits clients that offer the same WebSocket extensions as the last one of their version did. For
/// others, and where a session comes sooner than the line is ready, the driver is dialled as ever.
final class PreconnectedDrivers implements AutoCloseable {
    private static final Duration HANDSHAKE = Duration.ofSeconds(5);

    /// A driver that is shared has the session that has just come to see to first.
    private static final Duration AFTER_TAKE = Duration.ofMillis(50);

    private final Dialer dialer;
    private final EventLoopGroup loops;
    private final BrowserType type;
    private final RandomGenerator random = new SecureRandom();

    /// By the path of the browser's server. A browser that has ended has no place.
    private final Map<String, ConnectionSlot> places = new ConcurrentHashMap<>();

    /// What clients offer; by version, of which a worker has few.
    private final Map<PlaywrightVersion, Optional<String>> offers = new ConcurrentHashMap<>();

    private volatile Optional<String> lastOffer = Optional.empty();

    PreconnectedDrivers(Dialer dialer, EventLoopGroup loops, BrowserType type) {
        this.dialer = dialer;
        this.loops = loops;
        this.type = type;
    }

    /// Where the line of one browser is kept until a session comes.
    private static final class ConnectionSlot {
        private final LaunchedBrowser browser;
        private @Nullable PreconnectedDriver line;

        /// Whether one is being dialled for whoever comes next.
        private boolean awaited;

        ConnectionSlot(LaunchedBrowser browser) {
            this.browser = browser;
        }

        /// @return whether it is to be dialled now
        synchronized boolean await() {
            var missing = !awaited && line == null && browser.alive();
            awaited |= missing;
            return missing;
        }

        synchronized void put(PreconnectedDriver fresh) {
            if (awaited && browser.alive()) {
                line = fresh;
                awaited = false;
            } else {
                fresh.close();
            }
        }

        synchronized boolean isReady() {
            return line != null && line.isOpen();
        }

        /// Whoever comes next has come, or never will.
        synchronized Optional<PreconnectedDriver> take() {
            var ready = Optional.ofNullable(line);
            awaited = false;
            line = null;
            return ready;
        }
    }

    /// Dials the driver of a browser that waits; returns at once.
    void open(LaunchedBrowser browser) {
        var place = new ConnectionSlot(browser);
        var path = browser.address().wsPath();
        places.put(path, place);
        browser.onEnd(() -> {
            places.remove(path);
            place.take().ifPresent(PreconnectedDriver::close);
        });
        dial(place);
    }

    /// Dials it once more for the next session, where a browser is for several; returns at once.
    ///
    /// @param path of the browser's server
    void openAgain(String path) {
        var place = places.get(path);
        if (place != null) {
            var _ = loops.next().schedule(() -> dial(place), AFTER_TAKE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void dial(ConnectionSlot place) {
        if (place.await()) {
            Thread.ofVirtual().name("ready-line").start(() -> fill(place));
        }
    }

    private void fill(ConnectionSlot place) {
        var browser = place.browser;
        var upgrade = UpgradeRequest.of(offers.getOrDefault(browser.version(), lastOffer), random);
        var headers = List.of(
                new HttpHeader("User-Agent", "Playwright/" + browser.version() + ".0"),
                new HttpHeader("x-playwright-browser", type.wireName()));
        var target = new Dialer.Target("localhost", browser.address().wsPath(), upgrade, headers);
        try {
            dialer.dialAhead(loops.next(), browser.address().socket(), target, HANDSHAKE)
                    .ifPresentOrElse(place::put, place::take);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// The line of a browser, if it is ready and fits.
    ///
    /// @param path of the browser's server
    /// @param client who offers what those of its version may be expected to offer from now on
    Optional<OutboundConnection> take(String path, UpgradeRequest client) {
        var place = places.get(path);
        if (place == null) {
            return Optional.empty();
        }
        lastOffer = client.extensions();
        offers.put(place.browser.version(), client.extensions());
        var line = place.take();
        return line.isPresent() ? line.get().handOverTo(client) : Optional.empty();
    }

    /// How many wait for a session.
    int ready() {
        return (int) places.values().stream().filter(ConnectionSlot::isReady).count();
    }

    /// Closes those that nobody took.
    @Override
    public void close() {
        places.values().forEach(place -> place.take().ifPresent(PreconnectedDriver::close));
        places.clear();
    }
}
