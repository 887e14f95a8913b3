package dev.greenroom.app;

import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// Handles SIGINT and SIGTERM: the first signal drains, the second one exits. A shutdown hook is not
/// enough, because the JVM runs it for the first signal only.
///
/// The JDK's signal class is not public API, so it is called by reflection. Where that fails, a
/// shutdown hook runs the action and the JVM exits at the first signal.
final class StopSignals {
    private static final int EXIT_FORCED = 130;

    private StopSignals() {}

    /// Runs the action at the first signal, on a new virtual thread. The second signal halts the process.
    static void onFirst(Runnable action) {
        var received = new AtomicInteger();
        Consumer<String> listener = name -> {
            if (received.incrementAndGet() == 1) {
                Thread.ofVirtual().name("signal-" + name).start(action);
            } else {
                Runtime.getRuntime().halt(EXIT_FORCED);
            }
        };
        for (var name : Set.of("INT", "TERM")) {
            handle(name, listener);
        }
    }

    private static void handle(String name, Consumer<String> listener) {
        try {
            var signal = Class.forName("sun.misc.Signal");
            var handler = Class.forName("sun.misc.SignalHandler");
            var proxy =
                    Proxy.newProxyInstance(StopSignals.class.getClassLoader(), new Class<?>[] {handler}, (_, _, _) -> {
                        listener.accept(name);
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ReflectiveOperationException | IllegalArgumentException _) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> listener.accept(name)));
        }
    }
}
