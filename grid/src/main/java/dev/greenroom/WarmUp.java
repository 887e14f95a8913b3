package dev.greenroom;

import dev.greenroom.config.ProxySections;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sessions of our own through the real pipeline, on the loopback interface: a proxy that has never served is three
/// times slower than one that has. Nothing of it is seen from outside.
final class WarmUp implements AutoCloseable {
    /// How long it goes on, at the most.
    static final Duration BEFORE_READY = Duration.ofMillis(100);

    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final int MOST_SESSIONS = 300;

    private final Grounds grounds;
    private final ProxySections settings;
    private final Thread thread = Thread.ofPlatform().daemon().name("warm-up").unstarted(this::run);
    private volatile boolean waitedFor;

    private final AtomicInteger sessions = new AtomicInteger();

    private WarmUp(Grounds grounds, ProxySections settings) {
        this.grounds = grounds;
        this.settings = settings;
    }

    /// Begins to run sessions one after the other while the caller does something else: until that waits for it, for
    /// [#BEFORE_READY] at most, and one of them at least. Whoever reads debug lines would take them for sessions of
    /// clients, so there are none then. A warm-up that fails delays nothing.
    ///
    /// @param settings of the proxy; its address and port are not used
    static WarmUp begin(Grounds grounds, ProxySections settings) {
        var warmUp = new WarmUp(grounds, settings);
        if (!LOG.isDebugEnabled()) {
            warmUp.thread.start();
        }
        return warmUp;
    }

    /// Has it end with the session that is under way, and waits for that.
    void await() throws InterruptedException {
        waitedFor = true;
        thread.join();
    }

    /// How many sessions it has run so far.
    int sessions() {
        return sessions.get();
    }

    /// Ends it, if it still goes on.
    @Override
    public void close() {
        thread.interrupt();
    }

    private void run() {
        try {
            run(System.nanoTime() + BEFORE_READY.toNanos());
        } catch (IOException e) {
            failed(e);
        } catch (InterruptedException _) {
            // Nobody waits for it any more.
        }
    }

    /// Says that there was no warm-up.
    static void failed(IOException why) {
        LOG.atInfo()
                .addKeyValue("code", "NOT_WARMED_UP")
                .addKeyValue("cause", why.getMessage())
                .log("The first sessions will take longer to begin");
    }

    private void run(long deadline) throws IOException, InterruptedException {
        try (var grid = StandInGrid.proxy(grounds, settings)) {
            do {
                grid.session();
            } while (sessions.incrementAndGet() < MOST_SESSIONS && !waitedFor && System.nanoTime() < deadline);
        }
    }
}
