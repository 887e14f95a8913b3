package dev.greenroom.registry.redis;

import dev.greenroom.schedule.Backoff;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps one connection open: opens it, waits until it is lost, opens the next one, with a growing pause
/// between attempts in vain. Every attempt resolves the address anew, so a failover is followed. Safe for
/// many threads.
///
/// @param <C> what is open, with whatever was learnt while opening it
final class ReconnectingConnection<C extends ReconnectingConnection.Open> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReconnectingConnection.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(3);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final String purpose;
    private final Supplier<C> opener;
    private final Consumer<C> onOpen;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final CountDownLatch openedOnce = new CountDownLatch(1);
    private final AtomicReference<Optional<Kept<C>>> current = new AtomicReference<>(Optional.empty());
    private volatile Optional<Thread> keeper = Optional.empty();

    private final OutageLog report;

    /// Something that holds a connection.
    interface Open {
        StatefulRedisConnection<String, String> connection();
    }

    private record Kept<C extends Open>(C open, CountDownLatch lost) {}

    /// @param purpose for the log
    /// @param opener opens a connection within its own deadline, or throws
    /// @param onOpen is told of each connection as soon as [#open] answers it; must not block
    /// @param others empty for the connection that reports outages; otherwise whether that one reports one
    ///     now
    ReconnectingConnection(String purpose, Supplier<C> opener, Consumer<C> onOpen, Optional<BooleanSupplier> others) {
        this.purpose = purpose;
        this.opener = opener;
        this.onOpen = onOpen;
        this.report = new OutageLog(purpose, others, System::nanoTime);
    }

    void start() {
        keeper = Optional.of(Thread.ofVirtual().name("redis-" + purpose).start(this::keep));
    }

    /// What is open now; empty while there is no connection. Never waits.
    Optional<C> open() {
        return current.get().map(Kept::open);
    }

    /// Waits for the first connection.
    ///
    /// @return whether there has been one
    boolean awaitFirst(Duration limit) throws InterruptedException {
        return openedOnce.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Lets go of a connection that is of no use any more; the next one is opened at once.
    void drop(C open) {
        current.get()
                .filter(kept -> kept.open().equals(open))
                .ifPresent(kept -> kept.lost().countDown());
    }

    @Override
    public void close() {
        closed.countDown();
        current.get().ifPresent(kept -> kept.lost().countDown());
        try {
            if (keeper.isPresent() && !keeper.get().join(CLOSE_DEADLINE)) {
                LOG.atWarn().addKeyValue("purpose", purpose).log("connection to Redis was not closed in time");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void keep() {
        var backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
        try {
            while (closed.getCount() > 0) {
                var kept = tryOpen();
                if (kept.isPresent()) {
                    backoff.succeeded();
                    hold(kept.get());
                }
                // Half of the pause is random, so that many clients do not reconnect at once.
                var pause = backoff.failed().toMillis() / 2;
                var jittered = pause + ThreadLocalRandom.current().nextLong(pause + 1);
                if (closed.await(jittered, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private Optional<Kept<C>> tryOpen() {
        try {
            var open = opener.get();
            var lost = new CountDownLatch(1);
            open.connection().addListener(new RedisConnectionStateListener() {
                @Override
                public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
                    lost.countDown();
                }
            });
            if (!open.connection().isOpen()) {
                lost.countDown();
            }
            return Optional.of(new Kept<>(open, lost));
        } catch (RuntimeException e) {
            report.failed(RedisConnectFailure.of(e));
            return Optional.empty();
        }
    }

    /// A connection that does not even close must not end the keeper.
    private void close(C open) {
        try {
            if (open.connection().isOpen()) {
                open.connection().close();
            }
        } catch (RuntimeException e) {
            LOG.atDebug().addKeyValue("purpose", purpose).setCause(e).log("A connection to Redis could not be closed");
        }
    }

    private void hold(Kept<C> kept) throws InterruptedException {
        current.set(Optional.of(kept));
        openedOnce.countDown();
        if (closed.getCount() == 0) {
            kept.lost().countDown();
        }
        report.open();
        try {
            onOpen.accept(kept.open());
            kept.lost().await();
        } catch (RuntimeException e) {
            // Whatever went wrong with this connection, there has to be a next one.
            LOG.atError().addKeyValue("purpose", purpose).setCause(e).log("connection to Redis given up");
        } finally {
            current.set(Optional.empty());
            close(kept.open());
        }
        if (closed.getCount() > 0) {
            report.lost();
        }
    }
}
