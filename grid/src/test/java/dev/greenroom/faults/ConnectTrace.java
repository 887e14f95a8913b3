package dev.greenroom.faults;

import io.netty.channel.Channel;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// What [TracedClasses] report while a connect is traced: which methods were entered on which thread, and
/// where one thread woke another. Shared by all class loaders.
public final class ConnectTrace {
    private static final Set<Thread> BACKGROUND = ConcurrentHashMap.newKeySet();
    private static final List<Event> EVENTS = new ArrayList<>();
    private static volatile boolean recording;

    private ConnectTrace() {}

    /// @param side which class loader it came from
    /// @param type the class, or the one that it is nested in, with its package
    /// @param method that was entered; for a hand-over the one that was called
    /// @param handOver whether another thread was woken
    record Event(String side, Thread thread, String type, String method, boolean handOver) {
        boolean isOf(Class<?> other) {
            return type.equals(other.getName());
        }
    }

    static void start() {
        synchronized (EVENTS) {
            EVENTS.clear();
            recording = true;
        }
    }

    /// Those on threads that do periodic work are left out.
    static List<Event> stop() {
        synchronized (EVENTS) {
            recording = false;
            return EVENTS.stream()
                    .filter(event -> !BACKGROUND.contains(event.thread()))
                    .toList();
        }
    }

    /// Called by traced classes at the beginning of each method.
    public static void entered(String side, String type, String method) {
        if (type.endsWith(".PeriodicTask") && method.equals("runUntilClosed")) {
            BACKGROUND.add(Thread.currentThread());
        }
        add(side, type, method, false);
    }

    /// Called by traced classes before a call that may wake another thread.
    ///
    /// @param target what is called, or the first argument of a static method
    public static void calls(String side, String type, String method, @Nullable Object target) {
        if (recording && wakesAnother(target)) {
            add(side, type, method, true);
        }
    }

    private static boolean wakesAnother(@Nullable Object target) {
        return switch (target) {
            case EventExecutor loop -> !loop.inEventLoop();
            case Channel channel ->
                channel.isRegistered() && !channel.eventLoop().inEventLoop();
            case CompletableFuture<?> future -> !future.isDone() && future.getNumberOfDependents() > 0;
            case Thread thread -> !thread.equals(Thread.currentThread());
            case null -> false;
            case Map<?, ?> _ -> false;
            case Collection<?> queue -> queue instanceof BlockingQueue;
            // Sets a time, and wakes nobody now.
            case Executor later -> !later.getClass().getSimpleName().equals("DelayedExecutor");
            default -> true;
        };
    }

    private static void add(String side, String type, String method, boolean handOver) {
        if (recording) {
            synchronized (EVENTS) {
                if (recording) {
                    EVENTS.add(new Event(side, Thread.currentThread(), type, method, handOver));
                }
            }
        }
    }
}
