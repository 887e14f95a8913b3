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

/// Keeps one connection open: opens it, waits until it is lost, and opens the next one, with a backoff between
/// failed attempts. Every attempt resolves the name again, so it follows a failover. Safe for use by many
/// threads.
///
/// @param <C> the open connection, with what was learnt while opening it
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
    private final AtomicReference<Optional<Current<C>>> current = new AtomicReference<>(Optional.empty());
    private volatile Optional<Thread> thread = Optional.empty();

    private final OutageLog outages;

    /// An open connection.
    interface Open {
        StatefulRedisConnection<String, String> connection();
    }

    private record Current<C extends Open>(C open, CountDownLatch lost) {}

    /// @param purpose of the connection, for the log
    /// @param opener opens a connection within its own deadline, or throws
    /// @param onOpen is called with each new connection, after [#open] returns it; must not block
    /// @param others empty for the connection that reports outages; otherwise whether that one is reporting
    ///     an outage now
    ReconnectingConnection(String purpose, Supplier<C> opener, Consumer<C> onOpen, Optional<BooleanSupplier> others) {
        this.purpose = purpose;
        this.opener = opener;
        this.onOpen = onOpen;
        this.outages = new OutageLog(purpose, others, System::nanoTime);
    }

    void start() {
        thread = Optional.of(Thread.ofVirtual().name("redis-" + purpose).start(this::run));
    }

    /// The open connection; empty while there is none. Never waits.
    Optional<C> open() {
        return current.get().map(Current::open);
    }

    /// Waits for the first connection.
    ///
    /// @return whether there has been one
    boolean awaitFirst(Duration limit) throws InterruptedException {
        return openedOnce.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Closes a connection that cannot be used any more; the next one is opened at once.
    void drop(C open) {
        current.get()
                .filter(opened -> opened.open().equals(open))
                .ifPresent(opened -> opened.lost().countDown());
    }

    @Override
    public void close() {
        closed.countDown();
        current.get().ifPresent(opened -> opened.lost().countDown());
        try {
            if (thread.isPresent() && !thread.get().join(CLOSE_DEADLINE)) {
                LOG.atWarn()
                        .addKeyValue("code", "connection-to-redis-was-not-closed-in-time")
                        .addKeyValue("purpose", purpose)
                        .log("Redis connection not closed in time");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        var backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
        try {
            while (closed.getCount() > 0) {
                var opened = tryOpen();
                if (opened.isPresent()) {
                    backoff.succeeded();
                    holdUntilLost(opened.get());
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

    private Optional<Current<C>> tryOpen() {
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
            return Optional.of(new Current<>(open, lost));
        } catch (RuntimeException e) {
            outages.failed(RedisConnectFailure.of(e));
            return Optional.empty();
        }
    }

    /// A failure to close a connection must not end the thread that opens the next one.
    private void close(C open) {
        try {
            if (open.connection().isOpen()) {
                open.connection().close();
            }
        } catch (RuntimeException e) {
            LOG.atDebug()
                    .addKeyValue("code", "a-connection-to-redis-could-not-be-closed")
                    .addKeyValue("purpose", purpose)
                    .setCause(e)
                    .log("Redis connection not closed");
        }
    }

    private void holdUntilLost(Current<C> opened) throws InterruptedException {
        current.set(Optional.of(opened));
        openedOnce.countDown();
        if (closed.getCount() == 0) {
            opened.lost().countDown();
        }
        outages.open();
        try {
            onOpen.accept(opened.open());
            opened.lost().await();
        } catch (RuntimeException e) {
            // Whatever went wrong with this connection, the next one is opened.
            LOG.atError()
                    .addKeyValue("code", "connection-to-redis-given-up")
                    .addKeyValue("purpose", purpose)
                    .setCause(e)
                    .log("Redis connection given up");
        } finally {
            current.set(Optional.empty());
            close(opened.open());
        }
        if (closed.getCount() > 0) {
            outages.lost();
        }
    }
}
