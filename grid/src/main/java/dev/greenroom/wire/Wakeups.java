package dev.greenroom.wire;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Lets threads of sessions go on when their event loop says so, many at once while the loop is busy. Waking one after
/// the other would cost a change of threads each, there and back: where cores are few, who is woken runs at once, and
/// instead of the loop.
///
/// One for each loop, confined to it.
final class Wakeups {
    /// For how long those that are ready wait for others, while others come.
    static final Duration PATIENCE = Duration.ofMillis(2);

    private static final FastThreadLocal<Wakeups> OF_LOOP = new FastThreadLocal<>() {
        @Override
        protected Wakeups initialValue() {
            return new Wakeups();
        }
    };

    private List<Runnable> waiting = new ArrayList<>();
    private long since;

    private Wakeups() {}

    /// Wakes a thread: now, or if this is called by the loop, not later than [#PATIENCE] after it goes on.
    ///
    /// @param wakeup starts or unparks it; must not block or throw
    static void wake(EventLoop loop, Runnable wakeup) {
        if (loop instanceof SingleThreadEventLoop single && single.inEventLoop()) {
            OF_LOOP.get().add(single, wakeup);
        } else {
            wakeup.run();
        }
    }

    private void add(SingleThreadEventLoop loop, Runnable wakeup) {
        waiting.add(wakeup);
        if (waiting.size() == 1) {
            since = System.nanoTime();
            loop.executeAfterEventLoopIteration(() -> waitForMore(loop));
        }
    }

    /// Once more through what the loop finds to do, without resting.
    private void waitForMore(SingleThreadEventLoop loop) {
        var ready = waiting.size();
        loop.execute(() -> {
            if (waiting.size() > ready && System.nanoTime() - since < PATIENCE.toNanos()) {
                loop.executeAfterEventLoopIteration(() -> waitForMore(loop));
            } else {
                wakeAll();
            }
        });
    }

    private void wakeAll() {
        var together = waiting;
        waiting = new ArrayList<>();
        if (together.size() == 1) {
            together.getFirst().run();
        } else {
            Thread.ofVirtual().name("wakeups").start(() -> together.forEach(Runnable::run));
        }
    }
}
