package dev.greenroom.net.relay;

import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.net.relay.Dialer.ConnectResult;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// One attempt to reach a peer: decided once, by whichever comes first. Made by the thread that waits for
/// it, which parks here and not in a future: a session keeps as much memory as its stack was deep at the
/// deepest wait.
final class ConnectAttempt {
    private final Thread waiter = Thread.currentThread();
    private final EventLoop loop;
    private final AtomicReference<@Nullable ConnectResult> outcome = new AtomicReference<>();
    private volatile boolean signOfLife;
    /// This and the next are the loop's.
    private @Nullable Channel channel;

    private Runnable whenItLasts = () -> {};
    private volatile long reachedNanos;
    private volatile @Nullable ScheduledFuture<?> deadline;

    /// @param loop where its connection will live
    ConnectAttempt(EventLoop loop) {
        this.loop = loop;
    }

    /// Whether somebody still waits for it. One that is not waited for must not begin.
    boolean isAwaited() {
        return outcome.get() == null;
    }

    /// Called on the loop, which registers it before it does anything else.
    ///
    /// @param lasting tunes it, if it lasts
    void over(Channel dialled, Runnable lasting) {
        channel = dialled;
        whenItLasts = lasting;
    }

    /// There is a connection; the handshake begins.
    void reached() {
        reachedNanos = System.nanoTime();
    }

    void upgraded(ResponseHead answer) {
        var dialled = channel;
        var handshakeNanos = System.nanoTime() - reachedNanos;
        if (dialled == null
                || !decide(new ConnectResult.Upgraded(
                        new OutboundConnection(dialled, answer, handshakeNanos, whenItLasts)))) {
            abandon();
        }
    }

    void answered(ResponseHead head, String body) {
        decide(new ConnectResult.Answered(head, body));
    }

    void failed(String why) {
        decide(new ConnectResult.Failed(why));
    }

    /// The peer is there, and is preparing its answer.
    void preparing() {
        signOfLife = true;
    }

    /// @return whether nothing else had decided it before
    private boolean decide(ConnectResult connectResult) {
        var first = outcome.compareAndSet(null, connectResult);
        LockSupport.unpark(waiter);
        var limit = deadline;
        if (first && limit != null) {
            limit.cancel(false);
        }
        return first;
    }

    /// Has the loop decide that the time is up, unless something else is decided before. The thread that
    /// waits sets no time: that would wake another thread when it begins to wait, and once more when it
    /// ends. Called on the loop.
    ///
    /// @param sign until the peer must have answered or at least be preparing its answer
    /// @param answer until it must have answered, not less
    void limit(Duration sign, Duration answer) {
        if (isAwaited()) {
            deadline = loop.schedule(() -> signTimeIsUp(sign, answer), sign.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void signTimeIsUp(Duration sign, Duration answer) {
        if (!signOfLife) {
            decide(new ConnectResult.Failed("it was silent for " + sign.toMillis() + " ms"));
        } else if (isAwaited()) {
            deadline = loop.schedule(
                    () -> decide(new ConnectResult.Preparing()),
                    answer.minus(sign).toNanos(),
                    TimeUnit.NANOSECONDS);
        }
    }

    /// Waits for the outcome, for as long as [#limit] says; one that nobody waits for any more leaves no
    /// connection behind.
    ConnectResult await() throws InterruptedException {
        var decided = outcome.get();
        while (decided == null) {
            if (Thread.interrupted()) {
                failed("nobody waits any more");
                abandon();
                throw new InterruptedException();
            }
            LockSupport.park(this);
            decided = outcome.get();
        }
        return closedUnlessUpgraded(decided);
    }

    private ConnectResult closedUnlessUpgraded(ConnectResult connectResult) {
        if (!(connectResult instanceof ConnectResult.Upgraded)) {
            abandon();
        }
        return connectResult;
    }

    /// Its connection is closed by the loop, where it has been made, or will not be.
    private void abandon() {
        try {
            loop.execute(this::hangUp);
        } catch (RejectedExecutionException _) {
            // The loop is no more, and so are its connections.
        }
    }

    private void hangUp() {
        var dialled = channel;
        if (dialled != null) {
            dialled.close();
        }
        if (outcome.get() instanceof ConnectResult.Upgraded(var connection)) {
            connection.close();
        }
    }
}
